"""The predictions of a model that a review may draw, out of a log of any size.

A draw takes those whose permanent random number is small for their size, and a size is between `SMALLEST` and
`LARGEST`. With as many rows wanted, none that is drawn has a number over LARGEST times the next unmeasured number. So
they are read level by level (see `draw_levels`), the smallest numbers first, until all up to that bound are there: some
hundreds for fifty rows, however many there are. Only where a log is small, or nearly all of it was measured, the rows
without a level are read too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from typing import Any, Final

import numpy as np

from argosy.database import Transaction
from argosy.predictions.draw_levels import KEPT_LEVEL
from argosy.predictions.ids import PredictionIds

SMALLEST, LARGEST = 1.0, 4.0
TOGETHER: Final = 20
"""Of this level and higher ones there are so few that they are read at once."""
PAGE: Final = 20_000
QUARTER_ROWS: Final = 10_000
"""The newest predictions that say which confidences are the lowest."""

_LOOK: Final = """
SELECT predictions.id, confidence,
    EXISTS (SELECT 1 FROM feedback WHERE feedback.prediction_id = predictions.id AND measures = 1),
    EXISTS (SELECT 1 FROM review_draws WHERE review_draws.prediction_id = predictions.id)
FROM"""
OF_LEVELS: Final = f"""{_LOOK} draw_levels JOIN predictions ON predictions.id = draw_levels.prediction_id
WHERE draw_levels.model = :model AND level >= :level AND draw_levels.made_at >= :start AND draw_levels.made_at < :end"""
OF_LEVEL: Final = f"""{_LOOK} draw_levels JOIN predictions ON predictions.id = draw_levels.prediction_id
WHERE draw_levels.model = :model AND level = :level AND draw_levels.made_at >= :start AND draw_levels.made_at < :end"""
OF_ALL: Final = f"{_LOOK} predictions WHERE model = :model AND made_at >= :start AND made_at < :end"
NEWEST: Final = """
SELECT confidence FROM predictions WHERE model = :model AND made_at >= :start AND made_at < :end
ORDER BY made_at DESC, id DESC LIMIT :rows"""


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
    """The predictions that may be drawn, by id: none whose number is `limit` or more."""

    likely: list[Reviewable]
    quarters: tuple[float, float]
    """The confidences up to which the least certain quarter reaches, and the next one."""
    limit: float = 1.0

    def smallest(self, rows: int) -> ReviewPool:
        """So many of the unmeasured ones with the smallest numbers, and the measured ones among these."""
        limit = min(self.limit, _next_number(self.likely, rows))
        return ReviewPool([one for one in self.likely if one.number < limit], self.quarters, limit)


def quarters(confidences: Sequence[float]) -> tuple[float, float]:
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

    Levels that are due were computed before. What was logged under another key is never drawn.
    """
    span = {"model": model, "start": start, "end": end}
    likely: list[Reviewable] = []
    bound = float("inf")
    for reach, found in _by_level(transaction, span):
        if reach == 1.0:
            likely = []  # they come once more
        while page := list(islice(found, PAGE)):
            numbers = ids.draws([row[0] for row in page]).tolist()
            likely += [
                Reviewable(one, confidence, number, bool(is_measured), bool(is_drawn))
                for (one, confidence, is_measured, is_drawn), number in zip(page, numbers, strict=True)
                if number <= bound and ids.is_issued(one)
            ]
            bound = LARGEST / SMALLEST * _next_number(likely, rows)
            likely = [one for one in likely if one.number <= bound]
        if bound < reach:
            break
    likely.sort(key=lambda one: one.prediction_id)
    newest = transaction.execute(NEWEST, {**span, "rows": QUARTER_ROWS})
    return ReviewPool(likely, quarters([confidence for (confidence,) in newest]))


def _by_level(transaction: Transaction, span: dict[str, Any]) -> Iterator[tuple[float, Iterator[Any]]]:
    """What was made in that time, the smallest numbers first: up to which number that is all, and the rows.

    The last, which reach to 1, are all rows once more.
    """
    yield 2.0**-TOGETHER, transaction.stream(OF_LEVELS, {**span, "level": TOGETHER})
    for level in reversed(range(KEPT_LEVEL, TOGETHER)):
        yield 2.0**-level, transaction.stream(OF_LEVEL, {**span, "level": level})
    yield 1.0, transaction.stream(OF_ALL, span)


def _next_number(likely: Sequence[Reviewable], rows: int) -> float:
    """The number that comes after those of so many unmeasured ones; infinite where there is none."""
    found = nsmallest(rows + 1, (one.number for one in likely if not one.is_measured))
    return found[-1] if len(found) > rows else float("inf")
