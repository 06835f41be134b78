"""Examples as JSON lines that an import reads back: all but ids and revisions, which are a collection's own."""

from __future__ import annotations

from typing import Any

import msgspec

from argosy.clock import format_time, parse_time
from argosy.datasets.example import Example


def json_line(row: Example) -> bytes:
    """One line, ending in a newline; what a row does not have is left out."""
    values: dict[str, Any] = {
        "text": row.input,
        "label": row.label,
        "seen_at": None if row.seen_at is None else _time(row.seen_at),
        "source": row.source or None,
        "subject": row.subject,
        "split": row.split,
        "origin": row.origin,
    }
    return msgspec.json.encode({name: value for name, value in values.items() if value is not None}) + b"\n"


def _time(seconds: float) -> str | float:
    """ISO 8601 where that loses nothing, else the seconds."""
    text = format_time(seconds)
    return text if parse_time(text) == seconds else seconds
