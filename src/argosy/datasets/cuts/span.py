"""What was seen between two moments."""

from __future__ import annotations

from math import inf
from typing import Annotated

from argosy.clock import parse_time
from argosy.datasets.cut import Candidates, Cut, Ratio, TrainingRatio, by_ratio, check_ratios
from argosy.datasets.split import OUT, PartCodes


def check_moment(value: str | float | None) -> None:
    """Raises ValueError where it is no time."""
    if value is None:
        return
    try:
        parse_time(value)
    except ValueError:
        raise ValueError(f"{value!r} is no time: write 2016-01-31, 2016-01-31T12:00:00 or seconds since 1970") from None


Moment = Annotated[str | float | None, check_moment]


class Span(Cut):
    """`start` is included, `end` is not; each a date, a time or seconds since 1970, None for no bound."""

    def __init__(
        self,
        collection: str = "",
        start: Moment = None,
        end: Moment = None,
        training_ratio: TrainingRatio = 0.8,
        validation_ratio: Ratio | None = None,
        seed: int = 0,
    ) -> None:
        check_ratios(training_ratio, validation_ratio)
        self.collection, self.start, self.end = collection, start, end
        self.training_ratio, self.validation_ratio, self.seed = training_ratio, validation_ratio, seed
        first, last = self.window()
        if first >= last:
            raise ValueError(f"start {start} is not before end {end}: the span is empty")

    def window(self) -> tuple[float, float]:
        return _seconds(self.start, -inf), _seconds(self.end, inf)

    def select(self, rows: Candidates) -> PartCodes:
        parts = by_ratio(rows, self.training_ratio, self.validation_ratio, self.seed)
        first, last = self.window()
        parts[(rows.seen_at < first) | (rows.seen_at >= last)] = OUT
        return parts


def _seconds(value: str | float | None, otherwise: float) -> float:
    check_moment(value)
    return otherwise if value is None else parse_time(value)
