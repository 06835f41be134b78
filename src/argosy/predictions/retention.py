"""Deletes predictions that are older than `keep` of their model allows.

- What has feedback stays: it is evidence, and examples were derived from it. What was drawn for review stays for as
  long again after the draw, so that a review that is being answered still counts. An erasure removes both.
- A few rows a transaction, oldest first, any number of processes at once; feedback that comes at the same moment finds
  its prediction, or finds it gone.
- Needs no key. Ages are by the database's clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from argosy.database import Database
from argosy.plurals import plural
from argosy.predictions.answered import forget_days
from argosy.telemetry import logger

BATCH: Final = 1000
STEP_SECONDS: Final = 0.5
"""That one step may take before it lets its caller do something else."""
EVERY_SECONDS: Final = 600.0
_log = logger("argosy.predictions")

NEXT_MODEL = "SELECT model FROM predictions WHERE model > :after ORDER BY model LIMIT 1"
PAGE = """
SELECT id, made_at FROM predictions
WHERE model = :model AND (made_at, id) > (:start, :after) AND made_at < :before ORDER BY made_at, id LIMIT :rows"""
_MAY_GO = """
NOT EXISTS (SELECT 1 FROM feedback WHERE feedback.prediction_id = predictions.id)
AND NOT EXISTS (SELECT 1 FROM review_draws WHERE prediction_id = predictions.id AND drawn_at >= :before)"""
LET_GO = f"DELETE FROM predictions WHERE id IN (:ids) AND {_MAY_GO} RETURNING id"  # noqa: S608  # our own condition
LET_DRAWS_GO = "DELETE FROM review_draws WHERE prediction_id IN (:ids)"
COUNT_OLD = f"SELECT count(*) FROM predictions WHERE model = :model AND made_at < :before AND {_MAY_GO}"  # noqa: S608

Keep = Callable[[str], float | None]
"""For how many seconds a model's predictions are kept; None: for ever."""


def overdue(database: Database, keep: Keep) -> dict[str, int]:
    """By model, how many predictions are due to be deleted."""
    found: dict[str, int] = {}
    for model in _models(database):
        seconds = keep(model)
        if seconds is not None:
            with database.read() as transaction:
                wanted = {"model": model, "before": transaction.now() - seconds}
                found[model] = int(transaction.execute(COUNT_OLD, wanted)[0][0])
    return {model: count for model, count in found.items() if count}


class Retention:
    """Deletes what is due at intervals, a step at a time. To be called by a worker that has nothing else to do."""

    def __init__(self, database: Database, keep: Keep, every_seconds: float = EVERY_SECONDS) -> None:
        self._database, self._keep, self._every_seconds = database, keep, every_seconds
        self._due_at = float("-inf")
        self._going: Iterator[int] | None = None
        self._gone = 0

    def step(self, uptime: float, step_seconds: float = STEP_SECONDS) -> bool:
        """Go on where a round is under way, or begin one that is due; whether there is more to do at once."""
        if self._going is None:
            if uptime < self._due_at:
                return False
            self._going, self._gone = self._batches(), 0
        ends = time.monotonic() + step_seconds
        try:
            for count in self._going:
                self._gone += count
                if time.monotonic() >= ends:
                    return True
        except BaseException:
            self._going = None  # a generator that raised is over: the next round starts again
            raise
        self._going, self._due_at = None, uptime + self._every_seconds
        if self._gone:
            _log.info("%s deleted by age", plural(self._gone, "prediction"))
        return False

    def _batches(self) -> Iterator[int]:
        for model in _models(self._database):
            seconds = self._keep(model)
            if seconds is not None:
                yield from _let_go(self._database, model, seconds)


def _models(database: Database) -> Iterator[str]:
    """The models that the log has predictions of, each found by the index alone."""
    after = ""
    while True:
        with database.read() as transaction:
            rows = transaction.execute(NEXT_MODEL, {"after": after})
        if not rows:
            return
        after = str(rows[0][0])
        yield after


def _let_go(database: Database, model: str, seconds: float) -> Iterator[int]:
    start, after = float("-inf"), ""
    while True:
        with database.write() as transaction:
            transaction.lock("feedback")  # none comes on what is about to go
            before = transaction.now() - seconds
            place = {"model": model, "start": start, "after": after, "before": before, "rows": BATCH}
            page = transaction.execute(PAGE, place)
            ids = [row[0] for row in page]
            gone = [row[0] for row in transaction.execute(LET_GO, {"ids": ids, "before": before})]
            transaction.execute(LET_DRAWS_GO, {"ids": gone})
            times: dict[str, float] = dict(page)
            forget_days(transaction, ((model, times[one]) for one in gone))
        yield len(gone)
        if len(page) < BATCH:
            return
        after, start = page[-1]
