"""Examples written out so that an import reads them back: all but ids and revisions, which are a collection's own.

The id is written for `argosy examples show`; an import passes over it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any, TextIO

import msgspec

from argosy.clock import format_time, parse_time
from argosy.datasets.example import Example
from argosy.label_sets import members

COLUMNS = ("text", "label", "seen_at", "source", "subject", "split", "origin", "example_id")


def write_json_lines(rows: Iterable[Example], out: TextIO) -> None:
    """One object a line, several labels as a list; what a row does not have is left out."""
    for row in rows:
        given = {name: value for name, value in _values(row).items() if value is not None}
        given["label"] = _list_or_label(row.label)
        out.write(msgspec.json.encode(given).decode() + "\n")


def write_csv(rows: Iterable[Example], out: TextIO) -> None:
    """A header and a line each; an input of several fields is one cell of JSON. Open the file with newline=''."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        values = _values(row)
        if not isinstance(row.input, str):
            values["text"] = msgspec.json.encode(row.input).decode()
        writer.writerow(values.values())


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
    several = members(label)
    return label if several is None else list(several)


def _time(seconds: float) -> str | float:
    """ISO 8601 where that loses nothing, else the seconds."""
    text = format_time(seconds)
    return text if parse_time(text) == seconds else seconds
