"""A duty of the workers of each project's folder: checking its files that match a trigger."""

from __future__ import annotations

from functools import partial
from typing import Final

from argosy.backends import Backends
from argosy.database import Transaction
from argosy.definitions.plan_triggers import FilesTrigger
from argosy.jobs.duties import DutyTurn
from argosy.telemetry import logger
from argosy.triggers.decisions import FileDecisions, file_decisions, files_reason
from argosy.triggers.firing import fire, is_submitting
from argosy.triggers.matching import Matches, matching_files
from argosy.triggers.turns import as_it_is, look_at_one
from argosy.tuning.plan_triggers import RegisteredTrigger, registered_triggers, set_problem
from argosy.tuning.trigger_files import FilePlace, FileState, NotedFile

MOST_AT_ONCE: Final = 1000
"""Files that one job imports."""
_log = logger("argosy.triggers")


class FileLooks:
    """The looks of one worker."""

    def __init__(self, backends: Backends, place: str) -> None:
        self._root, self._database, self._queue = backends.root, backends.database, backends.queue
        self._place = place

    def is_wanted(self, transaction: Transaction) -> bool:
        """Whether any trigger is on files."""
        return bool(_on_files(transaction))

    def look(self, turn: DutyTurn) -> None:
        """Note what is new or has changed, and fire for what has not since the last look."""
        with self._database.read() as transaction:
            watching = _on_files(transaction)
        for one, trigger in watching:
            look_at_one(self._database, turn, one, partial(self._look_at, turn, one, trigger.pattern))

    def _look_at(self, turn: DutyTurn, one: RegisteredTrigger, pattern: str) -> None:
        found, place = matching_files(self._root, pattern), FilePlace(one.plan, one.name, self._place)
        with self._database.read() as transaction:
            if _decisions(transaction, place, found).is_nothing and not one.problem:
                return
        with self._database.write() as transaction:
            now = as_it_is(transaction, turn, one)
            if now is not None:
                set_problem(transaction, now, "")
                self._act(transaction, now, place, _decisions(transaction, place, found))

    def _act(
        self, transaction: Transaction, one: RegisteredTrigger, place: FilePlace, decisions: FileDecisions
    ) -> None:
        ready = decisions.ready[:MOST_AT_ONCE]
        place.forget(transaction, decisions.gone)
        place.put(transaction, decisions.note)
        if ready and fire(transaction, self._queue, one, files_reason(ready), self._place, ready):
            place.set(transaction, [NotedFile(file, FileState.QUEUED) for file in ready])
            _log.info("%s: %s", one.plan, files_reason(ready))


def _on_files(transaction: Transaction) -> list[tuple[RegisteredTrigger, FilesTrigger]]:
    found = registered_triggers(transaction)
    return [(one, one.trigger) for one in found if isinstance(one.trigger, FilesTrigger)]


def _decisions(transaction: Transaction, place: FilePlace, found: Matches) -> FileDecisions:
    is_under_way = is_submitting(transaction, place.plan)
    return file_decisions(found.files, place.known(transaction), found.refused, is_under_way)
