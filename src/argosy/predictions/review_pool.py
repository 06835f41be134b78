"""The predictions of a model that a review may draw, out of a log of any size.

Who is drawn depends on permanent numbers that only a key gives, so every prediction is looked at, and few are kept:
a draw takes those whose number is small for their size, and a size is between `SMALLEST` and `LARGEST`. With as many
rows wanted, none that is drawn has a number over LARGEST times the next unmeasured number.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from typing import Final

import numpy as np

from argosy.database import Transaction
from argosy.predictions.ids import PredictionIds

SMALLEST, LARGEST = 1.0, 4.0
PAGE: Final = 20_000
LOOK: Final = "SELECT id, confidence FROM predictions WHERE model = :model AND made_at >= :start AND made_at < :end"
NEWEST_ROWS: Final = 5_000
NEWEST: Final = """
SELECT id FROM predictions WHERE model = :model AND made_at >= :start AND made_at < :end
ORDER BY made_at DESC LIMIT :rows"""
MEASURED: Final = "SELECT DISTINCT prediction_id FROM feedback WHERE measures = 1"
DRAWN: Final = "SELECT prediction_id FROM review_draws"


@dataclass(frozen=True, slots=True)
class Reviewable:
    """A prediction as the choice of what to review sees it.

    `number` is its permanent random one, `is_measured` says that some of its feedback measures, `is_drawn` that it was
    drawn for review before.
    """

    prediction_id: str
    confidence: float
    number: float
    is_measured: bool = False
    is_drawn: bool = False


@dataclass(frozen=True)
class ReviewPool:
    """Which of `count` predictions may be drawn, by id, and what of all of them a draw must know."""

    count: int
    likely: list[Reviewable]
    newest: list[str]
    """Ids of the newest that are not measured, the newest first."""
    quarters: tuple[float, float]
    """The confidences up to which the least certain quarter reaches, and the next one."""


def quarters(confidences: Sequence[float] | array[float]) -> tuple[float, float]:
    """The highest confidences that fewer than a quarter, and fewer than half, of them are below; 0 of none."""
    ordered = np.sort(np.asarray(confidences, dtype=np.float64))
    if not len(ordered):
        return 0.0, 0.0
    first, second = (-(-len(ordered) // share) - 1 for share in (4, 2))
    return float(ordered[first]), float(ordered[second])


def review_pool(
    transaction: Transaction, ids: PredictionIds, model: str, start: float, end: float, rows: int
) -> ReviewPool:
    """For a draw of at most `rows` predictions that were made in [start, end); opens no seal.

    What was logged under another key is never drawn, and counts where the quarters are found.
    """
    span = {"model": model, "start": start, "end": end}
    measured = {row[0] for row in transaction.execute(MEASURED)}
    drawn = {row[0] for row in transaction.execute(DRAWN)}
    confidences = array("d")
    likely: list[Reviewable] = []
    bound = 1.0
    looked = transaction.stream(LOOK, span)
    while page := list(islice(looked, PAGE)):
        confidences.extend([confidence for _, confidence in page])
        numbers = ids.draws([one for one, _ in page])
        for place in np.flatnonzero(numbers <= bound).tolist():
            one, confidence = page[place]
            if ids.is_issued(one):
                likely.append(Reviewable(one, confidence, float(numbers[place]), one in measured, one in drawn))
        next_ones = nsmallest(rows + 1, (one.number for one in likely if not one.is_measured))
        if len(next_ones) > rows:
            bound = min(1.0, LARGEST / SMALLEST * next_ones[-1])
            likely = [one for one in likely if one.number <= bound]
    newest = [row[0] for row in transaction.execute(NEWEST, {**span, "rows": 2 * NEWEST_ROWS})]
    given = sorted((one for one in newest if one not in measured and ids.is_issued(one)), reverse=True)
    likely.sort(key=lambda one: one.prediction_id)
    return ReviewPool(len(confidences), likely, given[:NEWEST_ROWS], quarters(confidences))
