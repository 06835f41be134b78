"""Rows of any source on their way to examples: columns found, every row looked at, bad ones counted.

Every row is looked at before anything is raised, so that the message counts all bad rows and lists the first few; with
`skip_bad` they are left out and counted instead. Since `Examples.add` stores nothing until its rows have ended, a
source with a bad row leaves nothing behind.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from argosy.datasets.annotations import is_export
from argosy.datasets.columns import check_column_names, columns_read, confirmed, detect, paths, used, value_at
from argosy.datasets.conversion import Row, converter
from argosy.datasets.encodings import EncodingGuess
from argosy.datasets.example import Example
from argosy.datasets.file_options import FileOptions
from argosy.datasets.lines import NOT_ENCODED, BadLines, head, record_limit
from argosy.errors import ExamplesInvalid

NumberedRow = tuple[int, Row]
"""A row's line or number, and what is there."""
_SAMPLE = 200
_LISTED = 5


class Reading:
    """The examples of rows that a subclass brings; `problems` fills as it is iterated, once."""

    noun = "row"
    """What a row's number counts."""

    def __init__(self, where: str, options: FileOptions) -> None:
        self.where, self.options = where, options
        self.problems: list[str] = []
        self.skipped = 0
        """How many rows, and lines of malformed ones, were left out."""
        self.columns: dict[str, str] = {}
        """What was read from which column; there once iterating has begun."""
        self._guess = EncodingGuess()
        self._limit = record_limit(options.text_bytes)

    @property
    def hint(self) -> str:
        """What would read some of what was skipped."""
        return self._guess.hint(self.options.spelled)

    def rows(self) -> Iterator[NumberedRow]:
        """A number and a row, or a number and what is wrong."""
        raise NotImplementedError

    def __iter__(self) -> Iterator[Example]:
        good, skip_bad = 0, self.options.skip_bad
        rows = self.rows()
        sample = self._sample(rows)
        known = [row for _, row in sample if not isinstance(row, str)]
        names = dict.fromkeys(name for row in known for name in row)
        columns, nested = self.options.columns, dict[str, tuple[str, ...]]()
        if names:
            found = detect(names, self.options, self.where, known)
            nested = paths(found, names)
            known = [_with_paths(row, nested) for row in known] if nested else known
            columns = confirmed(found, self.options, known, self.where)
        self.columns = columns_read(columns, names)
        convert = converter(columns, self.options.text_bytes, self.options.missing)
        for number, row in itertools.chain(sample, rows):
            if isinstance(row, str):
                self._problem(number, row)
                continue
            try:
                example = convert(number, _with_paths(row, nested) if nested else row)
            except (ValueError, OverflowError) as error:
                self._problem(number, str(error))
            else:
                good += 1
                if skip_bad or not self.skipped:  # else nothing is imported: what follows is counted
                    yield example
        if self.skipped and (not skip_bad or not good):
            raise ExamplesInvalid(self._verdict(good))
        if not good:
            raise ExamplesInvalid(f"{self.where}: there is no row in it")

    def wanted(self, names: list[str]) -> list[str]:
        """Of a table's columns those that are read; raises ExamplesInvalid as `detect` does."""
        check_column_names(names, self.where)
        return names if is_export(names) else used(detect(names, self.options, self.where), names)

    def _sample(self, rows: Iterator[NumberedRow]) -> list[NumberedRow]:
        """The first rows; where none of them is good, the first good one."""
        sample = head(rows, _SAMPLE, self._limit)
        if not all(isinstance(row, str) for _, row in sample):
            return sample
        for number, row in itertools.chain(sample, rows):
            if not isinstance(row, str):
                return [(number, row)]
            self._problem(number, row)
        return []

    def _problem(self, number: int, what: str) -> None:
        self.skipped += what.lines if isinstance(what, BadLines) else 1
        if what == NOT_ENCODED and self.options.encoding:
            what = f"it is not {self.options.encoding}"
        if len(self.problems) < _LISTED:
            self.problems.append(f"{self.noun} {number}: {what}")

    def _verdict(self, good: int) -> str:
        more = f"; and {self.skipped - len(self.problems):,} more" if self.skipped > len(self.problems) else ""
        count = f"{self.skipped:,} bad row{'s' * (self.skipped > 1)}"
        keep = f"{good:,} good one{'s' * (good > 1)} can be kept with {self.options.flag('skip_bad')}"
        hint = "; ".join(filter(None, (keep if good else "there is no good one", self.hint)))
        return f"{self.where}: {count}, nothing was imported ({hint}): {'; '.join(self.problems)}{more}"


def _with_paths(row: Mapping[str, Any], nested: Mapping[str, tuple[str, ...]]) -> Mapping[str, Any]:
    return {**row, **{name: value_at(row, path) for name, path in nested.items()}}
