"""The split that the data were published with."""

from __future__ import annotations

from math import inf

import numpy as np

from argosy.datasets.cut import UNKNOWN, Candidates, Cut, Ratio
from argosy.datasets.split import OUT, TEST, TRAIN, VALIDATION, PartCodes, fractions


class GivenSplit(Cut):
    """Rows without a published split are left out. Where a part was not published it is drawn from the training part:
    validation by `validation_ratio`, test by `test_ratio`."""

    def __init__(
        self, collection: str = "", validation_ratio: Ratio = 0.1, test_ratio: Ratio = 0.1, seed: int = 0
    ) -> None:
        if validation_ratio + test_ratio >= 1.0:
            raise ValueError("validation_ratio and test_ratio leave nothing to train on: their sum must be below 1")
        self.collection = collection
        self.validation_ratio, self.test_ratio, self.seed = validation_ratio, test_ratio, seed

    def window(self) -> tuple[float, float]:
        return -inf, inf

    def select(self, rows: Candidates) -> PartCodes:
        parts: PartCodes = np.where(rows.splits == UNKNOWN, OUT, rows.splits).astype(np.uint8)
        is_published = [bool((parts == code).any()) for code in (VALIDATION, TEST)]
        place = fractions(rows.words, self.seed)
        from_training = parts == TRAIN
        if not is_published[0]:
            parts[from_training & (place < self.validation_ratio)] = VALIDATION
        if not is_published[1]:
            parts[from_training & (place >= 1.0 - self.test_ratio)] = TEST
        return parts
