"""What was seen last."""

from __future__ import annotations

from math import inf
from typing import Annotated

import msgspec
import numpy as np

from argosy.datasets.cut import Candidates, Cut, Ratio, TrainingRatio, by_ratio, check_ratios
from argosy.datasets.split import OUT, PartCodes

_DAY = 86400.0


class Latest(Cut):
    """Either the newest `rows` (of equally old ones, those imported later), or the last `days` up to the newest row."""

    def __init__(
        self,
        collection: str = "",
        rows: Annotated[int, msgspec.Meta(ge=1)] | None = None,
        days: Annotated[float, msgspec.Meta(gt=0)] | None = None,
        training_ratio: TrainingRatio = 0.8,
        validation_ratio: Ratio | None = None,
        seed: int = 0,
    ) -> None:
        check_ratios(training_ratio, validation_ratio)
        if (rows is None) == (days is None):
            raise ValueError("latest needs either rows or days")
        self.collection, self.rows, self.days = collection, rows, days
        self.training_ratio, self.validation_ratio, self.seed = training_ratio, validation_ratio, seed

    def window(self) -> tuple[float, float]:
        return -inf, inf

    def select(self, rows: Candidates) -> PartCodes:
        parts = by_ratio(rows, self.training_ratio, self.validation_ratio, self.seed)
        if self.rows is not None:
            oldest_first = np.lexsort((rows.revision_ids, rows.seen_at))
            parts[oldest_first[: max(0, len(rows) - self.rows)]] = OUT
        elif self.days is not None and len(rows):
            parts[rows.seen_at <= rows.seen_at.max() - self.days * _DAY] = OUT
        return parts
