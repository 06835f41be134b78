"""What was frozen before, by its digest."""

from __future__ import annotations

from math import inf
from typing import Annotated

import msgspec
import numpy as np

from argosy.datasets.cut import Candidates, Cut
from argosy.datasets.split import OUT, PartCodes

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8,64}$")]


class Named(Cut):
    """The rows of a frozen dataset in its parts, whatever was imported or corrected since.

    `digest` may be cut short to 8 digits or more, as long as it names one.
    """

    def __init__(self, digest: Digest, collection: str = "") -> None:
        self.digest, self.collection = digest, collection

    def window(self) -> tuple[float, float]:
        return inf, -inf

    def select(self, rows: Candidates) -> PartCodes:
        return np.full(len(rows), OUT, dtype=np.uint8)
