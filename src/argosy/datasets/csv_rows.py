"""Rows of comma-separated values as they stand in a file, each of bounded length, in linear time.

Quoted cells may span lines; a row's number is that of its first line. Reading goes on after what is malformed, with the
next line.

A cell that only begins with a quote, such as `"so they say`, takes all lines up to the next such cell into it. With the
quoting `check` a cell of several lines is refused where they look like rows: where it contains the delimiter, and, for
commas and semicolons, which texts have too, where one of the lines, but the last, has as many cells as there are
columns to fill and shares a value with another row.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable, Iterator

from argosy.datasets.lines import NOT_ENCODED, BadLines, too_long

Row = tuple[int, list[str] | str]
"""A row's number and its cells, or what is wrong with it."""

_DELIMITERS = (",", ";", "\t", "|")
_IN_TEXTS = (",", ";")
_REMEMBERED, _REMEMBERED_CHARACTERS = 1000, 100


class QuotingProblem(BadLines):
    """What is wrong with a row because of its quotes."""

    __slots__ = ()


class CsvRows:
    """The rows, to be iterated once; blank lines are passed over."""

    def __init__(
        self,
        lines: Iterator[bytes],
        limit: int,
        delimiter: str = "",
        quoting: str = "trust",
        is_trusted: Callable[[list[str]], bool] = lambda _: False,
    ) -> None:
        """Without a `delimiter` it is the one that the first line has most of.

        `is_trusted`, given the first row: whether nothing is to be checked.
        """
        first, blank = [*itertools.islice(lines, 1)], 0
        while first and first[0].isspace():
            first, blank = [*itertools.islice(lines, 1)], blank + 1
        counts = {mark: b"".join(first).count(mark.encode()) for mark in _DELIMITERS}
        self._delimiter = delimiter or max(counts, key=lambda mark: counts[mark])
        self._feed, self._limit, self._quoting = _Feed(itertools.chain(first, lines), blank, limit), limit, quoting
        self._is_trusted = is_trusted
        self._seen: list[set[str]] = []
        """The values of each column in the first rows."""

    def __iter__(self) -> Iterator[Row]:
        feed = self._feed
        csv.field_size_limit(self._limit)
        reader = csv.reader(
            feed,
            delimiter=self._delimiter,
            strict=True,
            quoting=csv.QUOTE_NONE if self._quoting == "none" else csv.QUOTE_MINIMAL,
        )
        remembered = 0 if self._quoting == "check" else _REMEMBERED
        while True:
            number = feed.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except _TooLong:
                problem = self._unclosed(f" within {self._limit:,} bytes") if feed.lines else too_long(self._limit)
                yield number, problem
            except csv.Error as error:
                is_open = "end of data" in str(error)
                yield number, self._unclosed("") if is_open else self._problem(f"its quoting is malformed ({error})")
            else:
                if feed.is_broken:
                    yield number, BadLines(NOT_ENCODED, len(feed.lines))
                elif len(feed.lines) > 1 and self._quoting == "check" and self._has_swallowed_rows(cells):
                    yield number, self._problem(f"a quote opens a cell of {len(feed.lines)} lines that look like rows")
                elif any(cell.strip() for cell in cells):
                    if remembered < _REMEMBERED:
                        remembered += 1
                        self._remember(cells)
                    yield number, cells

    def _remember(self, cells: list[str]) -> None:
        if not self._seen:
            self._seen = [set() for _ in cells]
            if self._is_trusted(cells):
                self._quoting = "trust"
        for values, cell in zip(self._seen, cells, strict=False):
            if len(cell) <= _REMEMBERED_CHARACTERS:
                values.add(cell)

    def _has_swallowed_rows(self, cells: list[str]) -> bool:
        if self._delimiter not in _IN_TEXTS:
            return any("\n" in cell and self._delimiter in cell for cell in cells)
        return any(self._holds_a_row(place, cell) for place, cell in enumerate(cells) if "\n" in cell)

    def _holds_a_row(self, place: int, cell: str) -> bool:
        """Whether a line of the cell, but its last, would be the rest of a row, or a whole one."""
        first, *whole = (line.rstrip("\r").split(self._delimiter) for line in cell.split("\n")[:-1])
        return self._is_known(first[1:], place + 1) or any(self._is_known(line, 0) for line in whole)

    def _is_known(self, line: list[str], start: int) -> bool:
        """Whether these are the cells from a column on to the last, and one of them is in its column elsewhere."""
        columns = self._seen[start:]
        return len(line) == len(columns) and any(one in seen for seen, one in zip(columns, line, strict=True) if one)

    def _unclosed(self, where: str) -> str:
        feed, mark = self._feed, re.escape(self._delimiter)
        whole_cells = rf'(?:(?:"(?:[^"]++|"")*+"\r?|(?!")[^{mark}\n]*+)[{mark}\n])*+'
        record = b"".join(feed.lines)
        found = re.match(whole_cells.encode(), record)
        line = feed.first + record.count(b"\n", 0, found.end() if found else 0)
        return self._problem(f"its quoting is malformed: the quote that opens in line {line} is not closed{where}")

    def _problem(self, problem: str) -> QuotingProblem:
        return QuotingProblem(problem, max(1, len(self._feed.lines)))


class _TooLong(Exception):
    """Stops the csv module in the middle of a row."""


class _Feed:
    """The lines for the csv module, which is stopped where a row gets too long. It goes on after an error, so that no
    generator would do."""

    def __init__(self, lines: Iterator[bytes], number: int, limit: int) -> None:
        self._lines, self._limit = lines, limit
        self._number, self.first, self._size = number, number, 0
        self.lines: list[bytes] = []
        self.is_broken = False

    def begin(self) -> int:
        """Begin a row; the number of its first line."""
        self.lines.clear()
        self.first, self._size, self.is_broken = self._number + 1, 0, False
        return self.first

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._size += len(line)
        if not line or self._size > self._limit:  # TOO_LONG, or many lines
            raise _TooLong
        self.lines.append(line)
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.is_broken = True
            return line.decode(errors="replace")
