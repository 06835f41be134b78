"""Comma-separated values in a request's body, the first line naming the columns. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from argosy.errors import RequestInvalid
from argosy.models.adapter import FieldKind
from argosy.plurals import plural
from argosy.serving.limits import InputLimits, check_rows
from argosy.typed_values import abridged


def records_of_csv(body: bytes, reads: Mapping[str, FieldKind], limits: InputLimits) -> list[dict[str, Any]]:
    """A dictionary for each line, its cells as the model's fields have them; raises RequestInvalid, RequestTooLarge.

    An empty cell is a missing value; a column that the model does not read stays text.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RequestInvalid("the body is not UTF-8") from None
    csv.field_size_limit(max(len(text), csv.field_size_limit()))  # the limit of a text is the data plane's to check
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = next(reader, [])
        rows = _rows(reader, names, limits)
    except csv.Error as problem:
        raise RequestInvalid(f"line {reader.line_num} of the body is not CSV: {problem}") from None
    return [{name: _cell(cell, reads.get(name)) for name, cell in zip(names, row, strict=True)} for row in rows]


def _rows(reader: Any, names: list[str], limits: InputLimits) -> list[list[str]]:
    if not names or len(set(names)) < len(names):
        raise RequestInvalid("the body's first line must name the columns, each once")
    rows = []
    for row in reader:
        if not row:
            continue
        if len(row) != len(names):
            raise RequestInvalid(
                f"line {reader.line_num} of the body has {plural(len(row), 'cell')}, the first line names "
                f"{plural(len(names), 'column')}: {abridged(', '.join(names))}"
            )
        rows.append(row)
        check_rows(len(rows), limits)
    return rows


def _cell(cell: str, kind: FieldKind | None) -> Any:
    if cell == "":
        return None
    if kind != "number":
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell  # the model's own check names the row and the field
