"""From where on a query is read again: `:since` in the form in which the query's times are written. Pure.

What was taken is recognised, so that a moment that is too early costs a few rows, and one that is too late loses some:
all of them are rounded down.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from math import floor
from typing import Any, Final

FIRST: Final[tuple[str | float, ...]] = ("-infinity", 0.0)
"""What a first look asks PostgreSQL for: before all times and numbers, and before all whole numbers."""
FIRST_OF_SQLITE: Final[tuple[str | float, ...]] = (0.0,)
"""To SQLite a number is before every text."""
NUMBER, DATE, MOMENT, SPACED, ISO, OTHER = "number", "date", "moment", "spaced", "iso", "other"
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?")
_ZONE = re.compile(r"[+-]\d\d:?\d\d$")


def first_of(url: str) -> tuple[str | float, ...]:
    """What a first look asks that database for, one after the other until it takes one."""
    return FIRST_OF_SQLITE if url.startswith("sqlite:") else FIRST


def time_form(value: Any) -> str:
    """How a column writes its times."""
    if isinstance(value, datetime):
        return MOMENT
    if isinstance(value, date):
        return DATE
    if not isinstance(value, str):
        return NUMBER
    text = value.strip()
    if _DATE.fullmatch(text):
        return DATE
    if _ZONE.search(text) and not text.endswith(("+00:00", "+0000")):
        return OTHER  # the same moment in another zone is another text
    return SPACED if text[10:11] == " " else ISO if text[10:11] == "T" else OTHER


def since_value(form: str, seconds: float) -> str | float:
    """What to ask for, where rows from that moment on are wanted."""
    if form == NUMBER:
        return floor(seconds)
    moment = datetime.fromtimestamp(floor(seconds), UTC)
    if form == DATE:
        return (moment - timedelta(days=1)).strftime("%Y-%m-%d")
    if form == MOMENT:
        return moment.strftime("%Y-%m-%d %H:%M:%S+00")
    if form == OTHER:
        moment -= timedelta(days=1)
    return moment.strftime("%Y-%m-%d %H:%M:%S" if form == SPACED else "%Y-%m-%dT%H:%M:%S")
