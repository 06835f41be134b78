"""The port of cuts: which rows of a collection are a dataset, and in which part each is.

A cut is a plug-in whose options say what it selects. It is pure: `select` sees columns of the collection's current
revisions, never an input, no clock and no randomness but the seed among its options.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.datasets.split import OUT, PARTS, PartCodes, split
from argosy.plugin_hooks import PluginHooks
from argosy.types import Part

UNKNOWN = 255
"""The code of a row without a published split."""


TrainingRatio = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Ratio = Annotated[float, msgspec.Meta(ge=0, lt=1)]


@dataclass(frozen=True)
class Candidates:
    """The current revisions a cut chooses from, as columns in the order of their revision ids."""

    revision_ids: NDArray[np.int64]
    words: NDArray[np.uint64]
    """(rows, 2): the example ids, see `split.id_words`."""
    revisions: NDArray[np.int64]
    seen_at: NDArray[np.float64]
    labels: NDArray[np.int64]
    """Indexes into `classes`."""
    classes: list[str]
    splits: PartCodes
    """The published split as an index into `split.PARTS`, UNKNOWN where there is none."""

    def __len__(self) -> int:
        return len(self.revision_ids)

    def counts(self, parts: PartCodes) -> dict[Part, dict[str, int]]:
        """Rows by part and label, of the parts that have any."""
        table = np.zeros((len(PARTS), len(self.classes)), dtype=np.int64)
        inside = parts != OUT
        np.add.at(table, (parts[inside], self.labels[inside]), 1)
        return {
            part: {self.classes[at]: int(row[at]) for at in np.flatnonzero(row)}
            for part, row in zip(PARTS, table, strict=True)
            if row.any()
        }


class Cut(PluginHooks, ABC):
    """What a plug-in of the kind `dataset` derives from."""

    collection: str
    digest: str = ""
    """Of a frozen dataset that the cut names, in place of choosing rows."""

    @abstractmethod
    def window(self) -> tuple[float, float]:
        """Rows seen before the first or from the second moment on need not be offered; ±inf for no bound."""

    @abstractmethod
    def select(self, rows: Candidates) -> PartCodes:
        """The part of each row as a code of `split`, OUT where it is not in the dataset."""


def by_ratio(rows: Candidates, training_ratio: float, validation_ratio: float | None, seed: int) -> PartCodes:
    """Every row in the part that its id falls into; validation is half of what training leaves unless it is given."""
    validation = (1.0 - training_ratio) / 2.0 if validation_ratio is None else validation_ratio
    return split(rows.words, seed, training_ratio, validation)


def check_ratios(training_ratio: float, validation_ratio: float | None) -> None:
    """Raises ValueError where nothing would be left to test on."""
    if training_ratio + (validation_ratio or 0.0) >= 1.0:
        taken = f"training_ratio {training_ratio}" + (
            f" and validation_ratio {validation_ratio}" if validation_ratio else ""
        )
        raise ValueError(f"{taken} leave nothing to test on: their sum must be below 1")
