"""The rows of one call as columns: numbers with NaN where one is missing, texts with None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
"""(rows,): float64, truth values as 1 and 0; or objects, each a text or None."""


@dataclass(frozen=True)
class ColumnRows:
    """`size` rows, by the name of the field."""

    size: int
    columns: Mapping[str, Column]

    def with_columns(self, more: Mapping[str, Column]) -> ColumnRows:
        return ColumnRows(self.size, {**self.columns, **more})


def is_texts(column: Column) -> bool:
    return column.dtype == object


def is_missing(column: Column) -> NDArray[np.bool_]:
    if is_texts(column):
        return np.array([value is None for value in column.tolist()], bool)
    return np.asarray(np.isnan(column))


def as_numbers(column: Column) -> NDArray[np.float64]:
    """Texts as the numbers that they write, missing where one writes none."""
    if not is_texts(column):
        return column
    return np.array([_number(value) for value in column], np.float64)


def as_texts(column: Column) -> Column:
    if is_texts(column):
        return column
    return texts([None if value != value else written(value) for value in column.tolist()])


def texts(values: list[str | None]) -> Column:
    found = np.empty(len(values), object)
    found[:] = values
    return found


def written(value: float) -> str:
    """A number as a text, whole ones without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(value)


def _number(value: str | None) -> float:
    try:
        return float(value) if value is not None else np.nan
    except ValueError:
        return np.nan
