"""From a file's row to an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from math import isfinite, isinf
from typing import Any

import msgspec

from argosy import clock
from argosy.datasets.example import Example, check_split, content
from argosy.datasets.file_options import Columns
from argosy.identities import WrittenNumber, identity_of
from argosy.label_sets import NO_LABEL, as_members, label_of
from argosy.models.inputs import check_input
from argosy.typed_values import shown

Row = Mapping[str, Any] | str
"""A row by column, or what is wrong with it."""


def converter(
    columns: Columns, text_bytes: int, missing: frozenset[str] = frozenset()
) -> Callable[[int, Mapping[str, Any]], Example]:
    """From line number and row to a whole example; what it returns raises ValueError saying what is wrong.

    Labels that are, or have in their list, one of the words `missing` are none.
    """
    fields, text, label, split = columns.fields, columns.text, columns.label, columns.split
    seen_at, source, subject, origin = columns.seen_at, columns.source, columns.subject, columns.origin

    def convert(line: int, row: Mapping[str, Any]) -> Example:
        get: Any = row.get  # of None too, which no row has: a role that is switched off
        given = {name: get(name) for name in fields} if fields else get(text)
        if given is None or given != given:  # NaN
            raise ValueError(f"there is no '{text}'")
        check_input(given, text_bytes)
        if type(given) is not str:
            _check_numbers(given)
            if fields:
                content(given)
        return Example(
            given,
            label_of(get(label)) if not missing else _label_but(get(label), missing),
            _time(get(seen_at)),
            identity_of(get(source), "source") or "",
            identity_of(get(subject), "subject"),
            check_split(get(split)),
            "",
            0,
            identity_of(get(origin), "origin"),
            line,
        )

    return convert


def checked_example(row: Example, text_bytes: int) -> Example:
    """An example of the caller's own making, if it can be stored; raises ValueError saying what is wrong with it."""
    check_input(row.input, text_bytes)
    label = label_of(row.label)
    source, subject, origin = (identity_of(getattr(row, name), name) for name in ("source", "subject", "origin"))
    for text in (label, source or "", subject or "", origin or ""):
        text.encode()
    content(row.input)
    _check_numbers(row.input)
    seen_at, split = _time(row.seen_at), check_split(row.split)
    return msgspec.structs.replace(
        row, label=label, seen_at=seen_at, source=source or "", subject=subject, split=split, origin=origin
    )


def _label_but(value: Any, missing: frozenset[str]) -> str:
    label = label_of(value)
    for one in as_members(label):
        if one in missing:
            raise ValueError(f"{NO_LABEL} but '{one}', which stands for none here")
    return label


def _check_numbers(given: Any, name: str = "") -> None:
    """Raise ValueError where a field is no number that JSON has; NaN of a typed column says that it is missing."""
    if isinstance(given, Mapping):
        for key, value in given.items():
            _check_numbers(value, name or key)
    elif isinstance(given, list | tuple):
        for value in given:
            _check_numbers(value, name)
    elif isinstance(given, float) and not isfinite(given) and (isinf(given) or isinstance(given, WrittenNumber)):
        raise ValueError(f"the field '{name}' holds NaN or an infinite number: write null where it is missing")


def _time(value: Any) -> float | None:
    if value is None or value == "" or value != value:  # NaN and NaT
        return None
    if isinstance(value, datetime | date):
        value = value.isoformat()
    try:
        return clock.parse_time(float(value) if isinstance(value, str) and _is_seconds(value) else value)
    except (ValueError, TypeError, OverflowError):
        known = "write 2016-01-31, 2016-01-31T12:00:00 or seconds since 1970"
        raise ValueError(f"{shown(value)} is no time: {known}") from None


def _is_seconds(text: str) -> bool:
    """Whether it is a number and not a date without hyphens (20160131)."""
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isdigit() and (len(digits) > 8 or "." in text)
