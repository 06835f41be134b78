"""CSV and TSV. A first line of names is recognised by itself; a file of two columns may do without.

Without a header the label is the column with fewer different values. A file that `argosy examples export` wrote is
known by its columns, and comes back exactly: see `spreadsheet_cells` and `export`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from argosy.datasets import export
from argosy.datasets.columns import check_column_names, is_usual, normal
from argosy.datasets.csv_rows import CsvRows, QuotingProblem, Row
from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.lines import head
from argosy.errors import ExamplesInvalid
from argosy.plurals import plural

_SAMPLE = 1000


def read_delimited(
    lines: Iterator[bytes], limit: int, suffix: str, options: FileOptions, where: str
) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Line number and cells by column, or line number and what is wrong."""
    delimiter = "\t" if suffix in ("tsv", "tab") else ""
    rows = _hinted(CsvRows(lines, limit, delimiter, options.quoting, export.is_ours), options)
    sample = head(rows, _SAMPLE, limit)
    good = [cells for _, cells in sample if isinstance(cells, list)]
    if not good:
        yield from ((number, cells) for number, cells in itertools.chain(sample, rows) if isinstance(cells, str))
        return
    names = _names(good, options.columns, where)
    check_column_names(names, where)
    is_header = names == [normal(cell) for cell in good[0]]
    is_ours = is_header and export.is_ours(names)
    for number, cells in itertools.chain(sample, rows):
        if is_header and cells is good[0]:
            continue
        if isinstance(cells, str):
            yield number, cells
        elif len(cells) != len(names):
            yield number, f"it has {plural(len(cells), 'cell')} where there are {plural(len(names), 'column')}"
        else:
            row = dict(zip(names, cells, strict=True))
            yield number, export.as_exported(row) if is_ours else row


def _hinted(rows: Iterable[Row], options: FileOptions) -> Iterator[Row]:
    """The rows; a problem of quotes says what helps."""
    literal, trusted = (options.spelled("quoting", way) for way in ("none", "trust"))
    for number, cells in rows:
        if isinstance(cells, QuotingProblem):
            to_do = f"{literal} reads quotes as letters" + (f", {trusted} takes the cell" if "rows" in cells else "")
            yield number, QuotingProblem(f"{cells}: {to_do}", cells.lines)
        else:
            yield number, cells


def _names(rows: list[list[str]], given: Columns, where: str) -> list[str]:
    """The columns' names: the first row, or made up for two columns without a header."""
    first = [normal(cell) for cell in rows[0]]
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
