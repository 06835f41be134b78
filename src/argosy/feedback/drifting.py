"""The job `drift`: one check for drift, kept. It may be run again after a crash.

It has the key of the predictions, so it also computes the draw levels that are due after an upgrade.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from argosy.database import Database, Transaction
from argosy.evaluation.drift_checker import ANSWERS_AT_ONCE, DriftChecker
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.job import Job
from argosy.jobs.queue import forget_done
from argosy.jobs.runner import Outcome
from argosy.predictions.drift_checks import replace_drift_checks
from argosy.predictions.log import PredictionLog

DRIFT: Final = "drift"


class DriftRequest(msgspec.Struct, frozen=True):
    """The payload of a `drift` job."""

    model: str
    window_hours: int


class Drifting:
    """The handler of `drift` jobs."""

    def __init__(self, database: Database, log: PredictionLog, checker: DriftChecker) -> None:
        self._database, self._log, self._checker = database, log, checker

    def __call__(self, job: Job, guard: LeaseGuard) -> Outcome:
        request = msgspec.convert(job.payload, DriftRequest)
        with self._database.read() as transaction:
            now = transaction.now()
        self._log.compute_levels(request.model, lambda _: guard.check())
        changed, is_complete = 0, False
        while not is_complete:
            counted = self._checker.count(request.model, now, ANSWERS_AT_ONCE)
            guard.check()
            changed, is_complete = changed + counted.changed, counted.is_complete
        found = self._checker.checks(request.model, counted, now, request.window_hours)

        def keep(transaction: Transaction) -> None:
            replace_drift_checks(transaction, request.model, found)
            forget_done(transaction, DRIFT)  # its result is in the checks; a job every quarter of an hour is no history

        result: dict[str, Any] = {"model": request.model, "hours": changed, "checks": len(found)}
        return Outcome({**result, "problems": counted.problems}, keep)
