"""Spreadsheets (.xlsx, .xls, .ods): one sheet, whose first row names the columns. Needs the extra `xlsx`.

A sheet is in memory as a whole, and has a limit. In a spreadsheet every number has a fraction: those that are whole are
read as whole numbers.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from argosy.datasets.columns import normal
from argosy.datasets.plain_values import plain_row
from argosy.errors import ExamplesInvalid, ExtraMissing, nearest

SUFFIXES: Final = ("xlsx", "xlsm", "xlsb", "xls", "ods")
UNPACKED_BYTES: Final = 1_000_000_000
"""The most that a file may unpack to."""
_EXACT = 2**53


def read_spreadsheet(
    path: Path, sheet: str, wanted: Callable[[list[str]], list[str]]
) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Row number as the spreadsheet counts, and row, or what is wrong with it; raises ExamplesInvalid."""
    rows = _rows(path, sheet)
    number, header = next(((number, row) for number, row in enumerate(rows, 1) if _has_content(row)), (0, []))
    names = [normal(str(cell)) for cell in header]
    if not names:
        return
    read = [names.index(name) for name in wanted(names)]
    columns = [names[at] for at in read]
    for at, row in enumerate(rows, number + 1):
        if _has_content(row):
            yield at, plain_row(columns, [_value(row[place]) if place < len(row) else None for place in read])


def _rows(path: Path, sheet: str) -> Iterator[list[Any]]:
    try:
        import python_calamine as calamine
    except ImportError:
        raise ExtraMissing("python-calamine", "xlsx", f"reading {path.name}") from None
    _check_size(path)
    try:
        with calamine.CalamineWorkbook.from_path(str(path)) as book:
            names = book.sheet_names
            if sheet and sheet not in names:
                there = f"{nearest(sheet, names)}; there are: {', '.join(names)}"
                raise ExamplesInvalid(f"{path}: no sheet is called '{sheet}'{there}")
            yield from book.get_sheet_by_name(sheet or names[0]).iter_rows()
    except (calamine.CalamineError, OSError) as error:
        raise ExamplesInvalid(f"{path}: it cannot be read as a spreadsheet: {error}") from None


def _check_size(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as file:
        size = sum(one.file_size for one in file.infolist())
    if size > UNPACKED_BYTES:
        raise ExamplesInvalid(f"{path}: it unpacks to {size:,} bytes, over the limit of {UNPACKED_BYTES:,}: write CSV")


def _has_content(row: list[Any]) -> bool:
    return any(cell not in ("", None) for cell in row)


def _value(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT:
        return int(cell)
    return cell
