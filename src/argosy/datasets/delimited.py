"""CSV and TSV. A first line of names is recognised by itself; a file of two columns may do without.

Without a header the label is the column with fewer different values. Quoted cells may span lines; a row's number is
that of its first line.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from argosy.datasets.columns import Columns, is_usual
from argosy.errors import ExamplesInvalid

_SAMPLE = 1000
_CELL_LIMIT = 16_000_000
_Row = tuple[int, list[str] | str]


def read_delimited(
    lines: Iterable[bytes], suffix: str, given: Columns, where: str
) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Line number and cells by column, or line number and what is wrong."""
    csv.field_size_limit(_CELL_LIMIT)
    first, lines = _peeked(lines)
    rows = _cells(lines, _delimiter(first, suffix))
    sample = list(itertools.islice(rows, _SAMPLE))
    good = [cells for _, cells in sample if isinstance(cells, list)]
    if not good:
        yield from sample_problems(sample)
        return
    names = _names(good, given, where)
    is_header = names == [cell.strip() for cell in good[0]]
    for number, cells in itertools.chain(sample, rows):
        if is_header and cells is good[0]:
            continue
        if isinstance(cells, list) and len(cells) != len(names):
            yield number, f"it has {len(cells)} cells where there are {len(names)} columns"
        else:
            yield number, cells if isinstance(cells, str) else dict(zip(names, cells, strict=True))


def sample_problems(rows: Iterable[_Row]) -> Iterator[tuple[int, str]]:
    """The bad rows alone."""
    return ((number, cells) for number, cells in rows if isinstance(cells, str))


def _names(rows: list[list[str]], given: Columns, where: str) -> list[str]:
    """The columns' names: the first row, or made up for two columns without a header."""
    first = [cell.strip() for cell in rows[0]]
    said = {given.text, given.label, *given.fields} - {None}
    if said & set(first) or any(is_usual(cell) for cell in first) or not _is_data(rows):
        return first
    if len(first) != 2:
        raise ExamplesInvalid(f"{where}: the first line has no names: begin it with a line such as text,label")
    label = _label_column(rows)
    return ["label", "text"] if label == 0 else ["text", "label"]


def _is_data(rows: list[list[str]]) -> bool:
    """Whether the first row looks like the others: one of its cells comes again in its column."""
    return any(cell in {row[at] for row in rows[1:] if len(row) > at} for at, cell in enumerate(rows[0]) if cell)


def _label_column(rows: list[list[str]]) -> int:
    pairs = [row for row in rows if len(row) == 2]
    different = [len({row[at] for row in pairs}) for at in (0, 1)]
    lengths = [sum(len(row[at]) for row in pairs) for at in (0, 1)]
    return min((0, 1), key=lambda at: (different[at], lengths[at]))


def _delimiter(first: bytes, suffix: str) -> str:
    if suffix in ("tsv", "tab"):
        return "\t"
    counts = {mark: first.count(mark.encode()) for mark in (",", ";", "\t", "|")}
    return max(counts, key=lambda mark: counts[mark])


def _cells(lines: Iterable[bytes], delimiter: str) -> Iterator[_Row]:
    broken: list[int] = []
    reader = csv.reader(_decoded(lines, broken), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            broken.clear()
            yield number, f"its quoting is malformed ({error})"
            continue
        if broken:
            broken.clear()
            yield number, "it is not UTF-8"
        elif any(cell.strip() for cell in cells):
            yield number, cells


def _decoded(lines: Iterable[bytes], broken: list[int]) -> Iterator[str]:
    """Lines as text; the numbers of those that are not UTF-8 are noted."""
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode()
        except UnicodeDecodeError:
            broken.append(number)
            yield line.decode(errors="replace")


def _peeked(lines: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first line that is not blank, and all of them."""
    stream = iter(lines)
    passed: list[bytes] = []
    for line in stream:
        passed.append(line)
        if line.strip():
            break
    return passed[-1] if passed else b"", itertools.chain(passed, stream)
