"""The files that match a trigger, as workers of each place last saw them, with the result for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from argosy.database import Transaction
from argosy.tuning import trigger_statements as sql


class FileState(StrEnum):
    """What became of a file, for as long as its size and time stay as they are."""

    SEEN = "seen"
    """Once: whether it is complete, the next look shows."""
    QUEUED = "queued"
    READING = "reading"
    IMPORTED = "imported"
    KNOWN = "known"
    """Its content was imported before."""
    BROKEN = "broken"


@dataclass(frozen=True)
class TriggerFile:
    """A file as it was found; its content was not read yet."""

    path: str
    """In the project's folder."""
    size: int
    modified: int
    """In nanoseconds since 1970."""


@dataclass(frozen=True)
class NotedFile:
    """A file, and what became of it."""

    file: TriggerFile
    state: FileState
    problem: str = ""
    """Why it is broken."""


@dataclass(frozen=True)
class BrokenFile:
    """A file that was not imported."""

    place: str
    """HOST:FOLDER."""
    path: str
    problem: str
    since: float


@dataclass(frozen=True)
class FilePlace:
    """Which trigger's files, in which project's folder."""

    plan: str
    name: str
    machine: str
    """HOST:FOLDER: several folders of one host are as several machines."""

    def known(self, transaction: Transaction) -> dict[str, NotedFile]:
        """By path."""
        rows = transaction.execute(sql.FILES, vars(self))
        return {row[0]: NotedFile(TriggerFile(*row[:3]), FileState(row[3])) for row in rows}

    def state(self, transaction: Transaction, file: TriggerFile) -> FileState | None:
        """Of a file as it was found; None where it is another by now."""
        rows = transaction.execute(sql.STATE_OF_FILE, {**vars(self), **vars(file)})
        return FileState(rows[0][0]) if rows else None

    def put(self, transaction: Transaction, noted: Iterable[NotedFile]) -> None:
        """Files as they are now."""
        transaction.execute_many(sql.PUT_FILE, self._rows(transaction, noted))

    def set(self, transaction: Transaction, noted: Iterable[NotedFile]) -> None:
        """What became of files, unless they are others by now."""
        transaction.execute_many(sql.SET_FILE_STATE, self._rows(transaction, noted))

    def forget(self, transaction: Transaction, paths: Iterable[str]) -> None:
        """They are not there any more."""
        transaction.execute_many(sql.FORGET_FILE, [{**vars(self), "path": path} for path in paths])

    def _rows(self, transaction: Transaction, noted: Iterable[NotedFile]) -> list[dict[str, Any]]:
        now = transaction.now()
        return [
            {**vars(self), **vars(one.file), "state": one.state.value, "problem": one.problem, "now": now}
            for one in noted
        ]


def count_files(transaction: Transaction, key: Mapping[str, str]) -> dict[str, int]:
    """How many files of a trigger there are, by state, at all places."""
    return {row[0]: row[1] for row in transaction.execute(sql.FILE_STATES, key)}


def broken_files(transaction: Transaction, key: Mapping[str, str], most: int) -> list[BrokenFile]:
    """The newest of a trigger's files that were not imported."""
    return [BrokenFile(*row) for row in transaction.execute(sql.BROKEN_FILES, {**key, "most": most})]
