"""All of a collection."""

from __future__ import annotations

from math import inf

from argosy.datasets.cut import Candidates, Cut, Ratio, TrainingRatio, by_ratio, check_ratios
from argosy.datasets.split import PartCodes


class Everything(Cut):
    """Every example there is when the definition is submitted."""

    def __init__(
        self,
        collection: str = "",
        training_ratio: TrainingRatio = 0.8,
        validation_ratio: Ratio | None = None,
        seed: int = 0,
    ) -> None:
        check_ratios(training_ratio, validation_ratio)
        self.collection = collection
        self.training_ratio, self.validation_ratio, self.seed = training_ratio, validation_ratio, seed

    def window(self) -> tuple[float, float]:
        return -inf, inf

    def select(self, rows: Candidates) -> PartCodes:
        return by_ratio(rows, self.training_ratio, self.validation_ratio, self.seed)
