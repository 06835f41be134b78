"""Which logged predictions have small permanent random numbers: found by an index, so that a review reads few rows.

A prediction's *draw level* is how often its number can be doubled and stays below 1 (`PredictionIds.level`). Those of
level KEPT_LEVEL or more, one in sixteen, have a row with it. The process that seals a prediction computes the level,
which takes the key. Predictions without a level are due, and so are all that were logged before there were levels, by
model. `compute_due_levels` does what is due, a page a transaction: after a kill it continues where it was.

A prediction that is deleted takes its level with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from argosy.database import Database, Transaction
from argosy.predictions import statements
from argosy.predictions.answered import forget_days, late_answers
from argosy.predictions.ids import PredictionIds
from argosy.predictions.record import SealedPrediction

KEPT_LEVEL: Final = 4
PAGE_ROWS: Final = 20_000
_LOCK: Final = "draw levels"

KEEP: Final = """
INSERT INTO draw_levels (prediction_id, model, made_at, level)
SELECT id, model, made_at, CAST(:level AS INTEGER) FROM predictions WHERE id = :id /* FOR UPDATE */
ON CONFLICT (prediction_id) DO NOTHING"""
WITHOUT: Final = """
SELECT prediction_id FROM draw_levels WHERE model = :model AND level IS NULL LIMIT :rows"""
SET: Final = "UPDATE draw_levels SET level = :level WHERE prediction_id = :id"
DROP: Final = "DELETE FROM draw_levels WHERE prediction_id = :id"
DUE: Final = "SELECT made_at, prediction_id FROM draw_levels_due WHERE model = :model"
PAGE: Final = """
SELECT made_at, id FROM predictions
WHERE model = :model AND (made_at, id) > (:made_at, :id) ORDER BY made_at, id LIMIT :rows"""
ADVANCE: Final = "UPDATE draw_levels_due SET made_at = :made_at, prediction_id = :id WHERE model = :model"
DONE: Final = "DELETE FROM draw_levels_due WHERE model = :model"


def add_predictions(transaction: Transaction, rows: Sequence[SealedPrediction]) -> None:
    """Log these, with their levels; of an id that is there nothing changes."""
    transaction.execute_many(statements.ADD, [statements.parameters(row) for row in rows])
    forget_days(transaction, late_answers((row.model, row.made_at) for row in rows))
    kept = [row for row in rows if row.draw_level is None or row.draw_level >= KEPT_LEVEL]
    transaction.execute_many(KEEP, [{"id": row.id, "level": row.draw_level} for row in kept])


def compute_due_levels(
    database: Database, ids: PredictionIds, model: str, between: Callable[[int], object] = lambda _: None
) -> None:
    """Compute the levels of a model's predictions that have none yet, in transactions of their own.

    `between` is called between any two, with the number of predictions so far. The first time after an upgrade that is
    every prediction of the model. Any number of processes at once.
    """
    seen = 0
    while _compute_missing(database, ids, model) or _compute_page(database, ids, model):
        seen += PAGE_ROWS
        between(seen)


def _compute_missing(database: Database, ids: PredictionIds, model: str) -> bool:
    """A page of those that came without a level; whether there were any."""
    wanted = {"model": model, "rows": PAGE_ROWS}
    with database.read() as transaction:
        found = [row[0] for row in transaction.execute(WITHOUT, wanted)]
    if found:
        levels = [{"id": one, "level": ids.level(one)} for one in found]
        with database.write() as transaction:
            transaction.lock(_LOCK)
            transaction.execute_many(SET, [one for one in levels if one["level"] >= KEPT_LEVEL])
            transaction.execute_many(DROP, [one for one in levels if one["level"] < KEPT_LEVEL])
    return bool(found)


def _compute_page(database: Database, ids: PredictionIds, model: str) -> bool:
    """A page of those from before there were levels; whether there may be more."""
    with database.read() as transaction:
        due = transaction.execute(DUE, {"model": model})
        if not due:
            return False
        place = {"model": model, "made_at": due[0][0], "id": due[0][1], "rows": PAGE_ROWS}
        page = transaction.execute(PAGE, place)
    levels = [{"id": one, "level": ids.level(one)} for _, one in page]
    with database.write() as transaction:
        transaction.lock(_LOCK)
        if transaction.execute(DUE, {"model": model}) != due:  # another has done this page
            return True
        transaction.execute_many(KEEP, [one for one in levels if one["level"] >= KEPT_LEVEL])
        if len(page) < PAGE_ROWS:
            transaction.execute(DONE, {"model": model})
            return False
        transaction.execute(ADVANCE, {"model": model, "made_at": page[-1][0], "id": page[-1][1]})
    return True
