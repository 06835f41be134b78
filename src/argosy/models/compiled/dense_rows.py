"""A sparse adapter before an estimator that reads dense rows quickly, such as trees: no csr matrix is built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from argosy.models.answers import Scores
from argosy.models.compiled.direct import Direct
from argosy.models.inputs import TEXT_BYTES, check_inputs
from argosy.models.served import Encoder, Scorer
from argosy.types import Input

WIDEST: Final = 50_000
"""Features of a row that is worth writing out."""
CELLS: Final = 2_000_000
"""Of one table: more rows are answered a table after another."""


class RowEncoder(Encoder, Protocol):
    """An adapter whose row is a handful of features."""

    @property
    def width(self) -> int: ...

    def encode(self, item: Input) -> tuple[Any, NDArray[np.float64]]: ...


class DenseRows(Direct):
    """Costs the features' encoding and one row of zeros, where the training form costs a csr matrix and its order."""

    form = "dense_rows"

    def __init__(self, adapter: RowEncoder, estimator: Scorer, classes: list[str]) -> None:
        super().__init__(adapter, estimator, classes)
        self._encode, self._width = adapter.encode, adapter.width

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        rows = check_inputs(inputs, limit)
        size = max(1, CELLS // max(1, self._width))
        tables = [self._answer(self._table(rows[at : at + size])) for at in range(0, len(rows), size)]
        return tables[0] if len(tables) == 1 else np.concatenate([np.zeros((0, len(self.classes))), *tables])

    def from_rows(self, features: Any) -> Scores:
        size = max(1, CELLS // max(1, self._width))
        tables = [self._answer(features[at : at + size].toarray()) for at in range(0, features.shape[0], size)]
        return np.concatenate([np.zeros((0, len(self.classes))), *tables])

    def _table(self, rows: Sequence[Input]) -> NDArray[np.float64]:
        table = np.zeros((len(rows), self._width))
        for row, item in zip(table, rows, strict=True):
            places, values = self._encode(item)
            row[places] = values
        return table
