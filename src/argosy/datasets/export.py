"""Examples written out so that an import reads them back: all but ids and revisions, which are a collection's own.

The id is written for `argosy examples show`; an import passes over it. In CSV no text is a formula
(`spreadsheet_cells`), and a text that begins with a brace has an apostrophe before it, since an input of several fields
is one cell of JSON. What was written so is known by its columns.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TextIO

import msgspec

from argosy.clock import format_time, parse_time
from argosy.datasets.example import Example
from argosy.label_sets import labels_in
from argosy.spreadsheet_cells import guarded, unguarded
from argosy.types import Input

COLUMNS = ("text", "label", "seen_at", "source", "subject", "split", "origin", "example_id")


More = Mapping[str, Sequence[Any]]
"""Columns that an import passes over, each with a value a row."""
NO_MORE: Final[More] = {}


def write_json_lines(rows: Iterable[Example], out: TextIO, more: More = NO_MORE) -> None:
    """One object a line, several labels as a list; what a row does not have is left out."""
    for number, row in enumerate(rows):
        given = {name: value for name, value in _values(row).items() if value is not None}
        given["label"] = _list_or_label(row.label)
        given |= {name: values[number] for name, values in more.items()}
        out.write(msgspec.json.encode(given).decode() + "\n")


def write_csv(rows: Iterable[Example], out: TextIO, more: More = NO_MORE) -> None:
    """A header and a line each. Open the file with newline=''."""
    writer = csv.writer(out)
    writer.writerow((*COLUMNS, *more))
    for number, row in enumerate(rows):
        values = {**_values(row), **{name: column[number] for name, column in more.items()}}
        cells = {name: guarded(value) if isinstance(value, str) else value for name, value in values.items()}
        writer.writerow({**cells, "text": _cell(row.input)}.values())


def is_ours(names: Collection[str]) -> bool:
    """Whether `write_csv` wrote a file with these columns: nobody else names them all."""
    return set(COLUMNS) <= set(names)


def as_exported(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of such a file as it was before it was written."""
    return {**{name: unguarded(cell) for name, cell in row.items()}, "text": _input(row["text"])}


def _cell(given: Input) -> str:
    if not isinstance(given, str):
        return msgspec.json.encode(given).decode()
    return f"'{given}" if _is_braced(given) else guarded(given)


def _input(cell: str) -> Any:
    if not _is_braced(cell):
        return unguarded(cell)
    if cell.startswith("'"):
        return cell[1:]
    with suppress(msgspec.DecodeError):  # changed by hand: a text
        return msgspec.json.decode(cell, type=dict[str, Any])
    return cell


def _is_braced(text: str) -> bool:
    return text.lstrip("'").startswith("{")


FORMATS: Final = {".jsonl": write_json_lines, ".csv": write_csv}
"""By the suffix of a file's name."""


def _values(row: Example) -> dict[str, Any]:
    seen_at = None if row.seen_at is None else _time(row.seen_at)
    values = (
        row.input,
        row.label,
        seen_at,
        row.source or None,
        row.subject,
        row.split,
        row.origin,
        row.example_id or None,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _list_or_label(label: str) -> str | list[str]:
    several = labels_in(label)
    return label if several is None else list(several)


def _time(seconds: float) -> str | float:
    """ISO 8601 where that loses nothing, else the seconds."""
    text = format_time(seconds)
    return text if parse_time(text) == seconds else seconds
