"""Rows that a Python program has: examples, pairs, dictionaries, data frames.

Dictionaries and data frames are read as files are: columns by their names, every row looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from argosy.datasets.example import Example
from argosy.datasets.file_options import FileOptions
from argosy.datasets.plain_values import plain_row
from argosy.datasets.reading import NumberedRow, Reading
from argosy.errors import ExamplesInvalid

_CHUNK = 5000
_KNOWN = "(input, label), a dictionary or an Example"


def examples_of(rows: Any, options: FileOptions) -> Iterable[Example]:
    """The examples; raises ExamplesInvalid on what is none, here or while they are iterated."""
    if hasattr(rows, "itertuples"):
        return FrameReading(rows, options)
    if isinstance(rows, str | bytes | Mapping) or not isinstance(rows, Iterable):
        raise ExamplesInvalid(f"expected a data frame or a list, each item {_KNOWN}; got {type(rows).__name__}")
    all_rows = iter(rows)
    first = list(itertools.islice(all_rows, 1))
    whole = itertools.chain(first, all_rows)
    if first and isinstance(first[0], Mapping):
        return MappingReading(whole, options)
    options.check_bare("these rows are pairs or Examples")
    return (_example(number, row) for number, row in enumerate(whole, 1))


class MappingReading(Reading):
    """The examples of dictionaries."""

    def __init__(self, rows: Iterable[Any], options: FileOptions) -> None:
        super().__init__("the rows", options)
        self._rows = rows

    def rows(self) -> Iterator[NumberedRow]:
        for number, row in enumerate(self._rows, 1):
            if isinstance(row, Mapping):
                yield number, {str(name): value for name, value in row.items()}
            else:
                yield number, f"it is no dictionary, as the first row is, but {type(row).__name__}"


class FrameReading(Reading):
    """The examples of a pandas data frame."""

    def __init__(self, frame: Any, options: FileOptions) -> None:
        super().__init__("the data frame", options)
        self._frame = frame

    def rows(self) -> Iterator[NumberedRow]:
        names = [str(name) for name in self._frame.columns]
        columns = self.wanted(names)
        frame = self._frame.iloc[:, [names.index(name) for name in columns]]
        for start in range(0, len(frame), _CHUNK):
            chunk = frame.iloc[start : start + _CHUNK].astype(object)
            found = chunk.where(chunk.notna(), None).itertuples(index=False, name=None)
            yield from ((number, plain_row(columns, row)) for number, row in enumerate(found, start + 1))


def _example(number: int, row: Any) -> Example:
    if isinstance(row, Example):
        return row
    if isinstance(row, tuple | list) and len(row) == 2:
        return Example(row[0], row[1], row=number)
    raise ExamplesInvalid(f"row {number}: expected {_KNOWN}; got {type(row).__name__}")
