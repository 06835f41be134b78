"""Rows of a file as rows of a feature table: every one is looked at before the first is given.

Values are texts, numbers, booleans or nothing. What a text file says is a number where all of its column are, written
as JSON writes numbers: `007` and `+49` are texts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from argosy.datasets.file_options import FileOptions
from argosy.datasets.files import EveryColumn
from argosy.errors import FeaturesInvalid
from argosy.identities import identity_of
from argosy.plurals import plural

MOST_BYTES: Final = 1 << 16
"""Of one row."""
LISTED: Final = 5
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?([eE][+-]?\d{1,3})?")
_NAME = re.compile(r"[^\W\d]\w{0,99}")


class FeatureRow(NamedTuple):
    """`values` in the order of the table's columns; `noun` is what `number` counts: lines or rows."""

    number: int
    noun: str
    key: str
    values: tuple[Any, ...]


class TableFile:
    """`key` names the column that rows are found by; `columns` those that are kept, all others where it is empty.

    Raises FeaturesInvalid on what cannot be a table, naming the first rows that are wrong; ExamplesInvalid on what
    cannot be read.
    """

    def __init__(self, path: Path, key: str, columns: tuple[str, ...] = ()) -> None:
        self._path, self._key = path, key
        names: dict[str, None] = {}
        texts: set[str] = set()
        """Columns with a text that is no number."""
        problems, count = list[str](), 0
        for number, noun, row, problem in self._read():
            if problem:
                count += 1
                problems += [f"{noun} {number}: {problem}"] if len(problems) < LISTED else []
                continue
            names |= dict.fromkeys(row)
            texts |= {name for name, value in row.items() if isinstance(value, str) and value and not _is_number(value)}
        self._check_names(names, columns)
        if problems:
            more = "" if count <= LISTED else f"; and {count - LISTED:,} more"
            raise FeaturesInvalid(f"{path}: {plural(count, 'bad row')}: {'; '.join(problems)}{more}")
        self.columns = columns or tuple(name for name in names if name != key)
        self._numbers = set(self.columns) - texts if self._is_text else set()

    def rows(self) -> Iterator[FeatureRow]:
        """The rows of the file, read again."""
        for number, noun, row, problem in self._read():
            if problem:
                raise FeaturesInvalid(f"{self._path}: it was changed while it was read; {noun} {number}: {problem}")
            values = tuple(self._value(name, row.get(name)) for name in self.columns)
            yield FeatureRow(number, noun, str(identity_of(row[self._key], "key")), values)

    @property
    def _is_text(self) -> bool:
        return self._path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".tab", ".txt"))

    def _read(self) -> Iterator[tuple[int, str, Mapping[str, Any], str]]:
        """Number, noun, row, and what is wrong with it or nothing."""
        reading = EveryColumn(self._path, FileOptions(text_bytes=MOST_BYTES))
        for number, row in reading.rows():
            if isinstance(row, str):
                yield number, reading.noun, {}, row
            else:
                yield number, reading.noun, row, self._problem(row)

    def _problem(self, row: Mapping[str, Any]) -> str:
        """What is wrong with a row, or nothing."""
        if self._key not in row:
            if self._is_text:  # its first line names the columns of all
                self._check_names(dict.fromkeys(row), ())
            return f"it has no column '{self._key}', but {', '.join(list(row)[:20])}"
        try:
            key = identity_of(row[self._key], "key")
        except ValueError as problem:
            return str(problem)
        if not key:
            return f"its '{self._key}' is empty"
        for name, value in row.items():
            if not isinstance(value, str | int | float | None):
                return f"'{name}' holds a {type(value).__name__}: a text, a number, true, false or null"
        try:
            size = len(msgspec.json.encode(list(row.values())))
        except (UnicodeError, OverflowError) as problem:
            return f"it cannot be written as JSON: {problem}"
        return f"it has {size:,} bytes: {MOST_BYTES:,} at most" if size > MOST_BYTES else ""

    def _check_names(self, names: Mapping[str, None], columns: tuple[str, ...]) -> None:
        if not names:
            return
        missing = [name for name in (self._key, *columns) if name not in names]
        if missing:
            raise FeaturesInvalid(f"{self._path}: it has no column '{missing[0]}', but {', '.join(list(names)[:20])}")
        odd = [name for name in columns or names if not _NAME.fullmatch(name)]
        if odd:
            raise FeaturesInvalid(
                f"{self._path}: the column '{odd[0]}': a name is of letters, digits and '_', no digit first"
            )

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, float) and math.isnan(value):
            return None
        if not self._is_text or not isinstance(value, str):
            return value
        if name in self._numbers and value:
            return int(value) if value.lstrip("-").isdecimal() else float(value)
        return value or None


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None and math.isfinite(float(value))
