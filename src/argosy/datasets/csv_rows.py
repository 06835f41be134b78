"""Rows of comma-separated values as they stand in a file, each of bounded length, in linear time.

Quoted cells may span lines; a row's number is that of its first line. Reading goes on after what is malformed, with the
next line.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator

from argosy.datasets.lines import too_long

Row = tuple[int, list[str] | str]
"""A row's number and its cells, or what is wrong with it."""

_DELIMITERS = (",", ";", "\t", "|")


class CsvRows:
    """The rows, to be iterated once; blank lines are passed over."""

    def __init__(self, lines: Iterator[bytes], limit: int, delimiter: str = "") -> None:
        """Without a `delimiter` it is the one that the first line has most of."""
        first, blank = [*itertools.islice(lines, 1)], 0
        while first and first[0].isspace():
            first, blank = [*itertools.islice(lines, 1)], blank + 1
        counts = {mark: b"".join(first).count(mark.encode()) for mark in _DELIMITERS}
        self._delimiter = delimiter or max(counts, key=lambda mark: counts[mark])
        self._feed, self._limit = _Feed(itertools.chain(first, lines), blank, limit), limit

    def __iter__(self) -> Iterator[Row]:
        feed = self._feed
        csv.field_size_limit(self._limit)
        reader = csv.reader(feed, delimiter=self._delimiter, strict=True)
        while True:
            number = feed.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except _TooLong:
                yield number, self._unclosed(f" within {self._limit:,} bytes") if feed.lines else too_long(self._limit)
            except csv.Error as error:
                is_open = "end of data" in str(error)
                yield number, self._unclosed("") if is_open else f"its quoting is malformed ({error})"
            else:
                if feed.is_broken:
                    yield number, "it is not UTF-8"
                elif any(cell.strip() for cell in cells):
                    yield number, cells

    def _unclosed(self, where: str) -> str:
        feed, mark = self._feed, re.escape(self._delimiter)
        whole_cells = rf'(?:(?:"(?:[^"]++|"")*+"\r?|(?!")[^{mark}\n]*+)[{mark}\n])*+'
        record = b"".join(feed.lines)
        found = re.match(whole_cells.encode(), record)
        line = feed.first + record.count(b"\n", 0, found.end() if found else 0)
        return f"its quoting is malformed: the quote that opens in line {line} is not closed{where}"


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
