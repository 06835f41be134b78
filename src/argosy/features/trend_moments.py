"""When an event of a trend was, in milliseconds since 1970. Pure.

A number is seconds since 1970. A text is a date, `2026-05-01`, or one with a time of day,
`2026-05-01T10:00:00.5+02:00`, whose seconds, fraction and zone may be left out; without a zone it is UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Any, Final, TypedDict

import msgspec

WRITTEN: Final = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?))?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))?"
)
"""Date, time, and the zone's sign, hours and minutes, to the end of the text."""
WHOLE_TIME: Final = "00:00:00.000"
"""What a time of day that is written shorter ends like."""
LAST: Final = 253_402_300_800
"""Seconds since 1970 at which the year 9999 is over."""
_PATTERN: Final = re.compile(WRITTEN + r"\Z")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class MomentReader:
    """Of the events of one trend."""

    def __init__(self, field: str) -> None:
        event: Any = TypedDict("event", {field: Any}, total=False)  # type: ignore[misc]
        self._field = field
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(event).decode

    def read(self, event: bytes) -> int | None:
        """None where it is no JSON object, or its moment none after the beginning of 1970."""
        try:
            return milliseconds_of(self._decode(event).get(self._field))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None


def milliseconds_of(value: Any) -> int | None:
    """Of a moment as an event has it."""
    if isinstance(value, str):
        found = _of_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < LAST:
        found = floor(float(value) * 1000)
    else:
        return None
    return found if 0 < found < LAST * 1000 else None


def _of_text(value: str) -> int:
    """0 where it is none."""
    found = _PATTERN.match(value)
    if found is None:
        return 0
    time = found[2] or ""
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{(time + WHOLE_TIME[len(time) :])[: len(WHOLE_TIME)]}+00:00")
    except ValueError:
        return 0
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    if found[3] is None:
        return milliseconds
    offset = (int(found[4]) * 60 + int(found[5])) * 60_000
    return milliseconds + offset if found[3] == "-" else milliseconds - offset
