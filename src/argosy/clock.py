"""Time as everything here keeps it: seconds since 1970 in UTC, a float.

Leases never use this clock: they use the database's.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime
from typing import Final

_FIRST, _LAST = -62135596800.0, 253402300800.0  # the years 1 to 9999
_LENIENT_DATE = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?=$|[ T])")


SLACK_SECONDS: Final = 10.0
"""A deadline of N seconds that is more than N plus this in the future was set by a clock that has been set back since.
Smaller differences arise between concurrent transactions, each of which has its own `now`."""


def now() -> float:
    """This machine's time."""
    return time.time()


def parse_time(value: object) -> float:
    """A moment from an ISO date or time (`2016-1-1` too), a `date`, a `datetime` or seconds since 1970.

    A time without a zone is UTC. Raises ValueError where it is none of these, or outside of the years 1 to 9999.
    """
    if isinstance(value, bool):
        raise ValueError(f"not a time: {value!r}")
    if isinstance(value, int | float):
        if not _FIRST <= value < _LAST:
            raise ValueError(f"not a time in seconds: {value!r}")
        return float(value)
    if isinstance(value, datetime):
        return _utc(value).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    if not isinstance(value, str):
        raise ValueError(f"not a time: {value!r}")
    text = _LENIENT_DATE.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", value.strip())
    text = re.sub(r"(\d) ([+-]\d{4})$", r"\1\2", text)
    return _utc(datetime.fromisoformat(text)).timestamp()


def format_time(seconds: float) -> str:
    """ISO 8601 in UTC, to the millisecond where there is a fraction."""
    moment = datetime.fromtimestamp(seconds, UTC)
    timespec = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
