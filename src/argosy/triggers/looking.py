"""Duties of all workers: checking whether rows, or a schedule, make a trigger fire.

A look decides from one snapshot. Where something is to be done, one transaction for each trigger decides again from
what is there by then, and writes.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from argosy.backends import Backends
from argosy.database import Transaction
from argosy.datasets.imports import count_newer, newest_import
from argosy.definitions.plan_triggers import ExamplesTrigger, ScheduleTrigger
from argosy.jobs.duties import Duty, DutyTurn
from argosy.jobs.workers import place_of_project
from argosy.telemetry import logger
from argosy.triggers.decisions import MomentDecision, moment_decision, rows_reason
from argosy.triggers.file_looking import FileLooks
from argosy.triggers.firing import fire
from argosy.triggers.turns import as_it_is, look_at_one
from argosy.tuning.plan_triggers import (
    RegisteredTrigger,
    is_any_trigger,
    registered_triggers,
    set_problem,
    settle,
)

LOOK_SECONDS: Final = 1.0
FILES_SECONDS: Final = 3.0
"""A file that is not written to for so long is taken to be complete."""
_log = logger("argosy.triggers")


def trigger_duties(
    backends: Backends, look_seconds: float = LOOK_SECONDS, files_seconds: float = FILES_SECONDS
) -> list[Duty]:
    """For a worker's list: the files of each place are looked at by its own workers."""
    place = place_of_project(backends.root)
    files = FileLooks(backends, place)
    return [
        Duty("triggers", look_seconds, TriggerLooks(backends).look, is_any_trigger),
        Duty(f"files of triggers at {place}", files_seconds, files.look, files.is_wanted),
    ]


class TriggerLooks:
    """The looks of one worker at rows and moments."""

    def __init__(self, backends: Backends) -> None:
        self._database, self._queue = backends.database, backends.queue
        self._counted: dict[str, tuple[int, int, int]] = {}
        """Of each trigger, since which revision, up to which import, and how many."""

    def look(self, turn: DutyTurn) -> None:
        """Fire what is due."""
        with self._database.read() as transaction:
            due = [one for one in registered_triggers(transaction) if self._is_due(transaction, one)]
        for one in due:
            look_at_one(self._database, turn, one, partial(self._act, turn, one))

    def _is_due(self, transaction: Transaction, one: RegisteredTrigger) -> bool:
        try:
            decision = self._decision(transaction, one)
        except (KeyError, OSError, ValueError):  # raised again where it is noted
            return True
        is_solved = bool(one.problem) and isinstance(one.trigger, ExamplesTrigger | ScheduleTrigger)
        return bool(decision.reason) or decision.settle_until is not None or is_solved

    def _act(self, turn: DutyTurn, one: RegisteredTrigger) -> None:
        with self._database.write() as transaction:
            now = as_it_is(transaction, turn, one)
            if now is None:
                return
            decision = self._decision(transaction, now)
            set_problem(transaction, now, "")
            if decision.reason:
                if not fire(transaction, self._queue, now, decision.reason):
                    return  # nothing is settled: it fires when the plan's other job is over
                _log.info("%s is submitted again: %s", now.plan, decision.reason)
            if decision.settle_until is not None:
                settle(transaction, now, decision.settle_until)

    def _decision(self, transaction: Transaction, one: RegisteredTrigger) -> MomentDecision:
        trigger = one.trigger
        if isinstance(trigger, ScheduleTrigger):
            return moment_decision(trigger.schedule, one.settled_until, transaction.now())
        if isinstance(trigger, ExamplesTrigger):
            newer = self._newer(transaction, one, trigger)
            return MomentDecision(rows_reason(newer, trigger.every, trigger.collection))
        return MomentDecision()

    def _newer(self, transaction: Transaction, one: RegisteredTrigger, trigger: ExamplesTrigger) -> int:
        """Counted again only after another import: rows of other collections may lie in between."""
        revision, upto = one.newest_revision, newest_import(transaction, trigger.collection)
        known = self._counted.get(one.asked_by)
        if known is None or known[:2] != (revision, upto):
            known = revision, upto, count_newer(transaction, trigger.collection, revision, trigger.every)
            self._counted[one.asked_by] = known
        return known[2]
