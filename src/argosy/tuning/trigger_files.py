"""The files that match a trigger, as workers of each machine saw them last, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

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
    """A file as it was found; what its content is, nobody has looked at."""

    path: str
    """In the project's folder."""
    size: int
    modified: int
    """In nanoseconds since 1970."""


@dataclass(frozen=True)
class KnownFile:
    """A file as its row was read."""

    file: TriggerFile
    state: FileState


@dataclass(frozen=True)
class BrokenFile:
    """A file that was not imported."""

    machine: str
    path: str
    problem: str
    since: float


@dataclass(frozen=True)
class FilePlace:
    """Which trigger's files, on which machine."""

    plan: str
    name: str
    machine: str

    def known(self, transaction: Transaction) -> dict[str, KnownFile]:
        """By path."""
        rows = transaction.execute(sql.FILES, vars(self))
        return {row[0]: KnownFile(TriggerFile(*row[:3]), FileState(row[3])) for row in rows}

    def state(self, transaction: Transaction, file: TriggerFile) -> FileState | None:
        """Of a file as it was found; None where it is another by now."""
        rows = transaction.execute(sql.STATE_OF_FILE, {**vars(self), **vars(file)})
        return FileState(rows[0][0]) if rows else None

    def put(self, transaction: Transaction, file: TriggerFile, state: FileState, problem: str = "") -> None:
        """A file as it is now."""
        row = {**vars(self), **vars(file), "state": state.value, "problem": problem, "now": transaction.now()}
        transaction.execute(sql.PUT_FILE, row)

    def set(self, transaction: Transaction, file: TriggerFile, state: FileState, problem: str = "") -> None:
        """What became of a file, unless it is another by now."""
        row = {**vars(self), **vars(file), "state": state.value, "problem": problem, "now": transaction.now()}
        transaction.execute(sql.SET_FILE_STATE, row)

    def forget(self, transaction: Transaction, paths: Iterable[str]) -> None:
        """They are not there any more."""
        for path in paths:
            transaction.execute(sql.FORGET_FILE, {**vars(self), "path": path})


def count_files(transaction: Transaction, key: Mapping[str, str]) -> dict[str, int]:
    """How many files of a trigger there are, by state, on all machines."""
    return {row[0]: row[1] for row in transaction.execute(sql.FILE_STATES, key)}


def broken_files(transaction: Transaction, key: Mapping[str, str], most: int) -> list[BrokenFile]:
    """The newest of a trigger's files that were not imported."""
    return [BrokenFile(*row) for row in transaction.execute(sql.BROKEN_FILES, {**key, "most": most})]
