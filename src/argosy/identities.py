"""What names a person or a thing (subject, entity, client, source, origin), as exact text.

One rule, wherever such a name comes in: text in Unicode's composed form (NFC), without white space around it; a whole
number is its digits, and a decimal one the text that it was written as. A binary floating-point number is refused: it
may stand for several numbers. NaN is how data frames say that there is none. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from math import isfinite
from numbers import Integral
from typing import Any
from uuid import UUID

from argosy.storable_text import check_no_nul

_WHOLE = re.compile(r"-?\d+")


class WrittenNumber(float):
    """A number that knows how it was written, as in JSON and in a column of decimals; a float to everybody else."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> WrittenNumber:
        number = super().__new__(cls, text)
        number.text = text
        return number


def identity_of(value: Any, name: str) -> str | None:
    """The name as it rests, None where there is none; raises ValueError where it has no exact form, or has a NUL."""
    check_no_nul(name, value)
    return _exact(value, name)


def _exact(value: Any, name: str) -> str | None:
    if isinstance(value, str):
        return (value if value.isascii() else unicodedata.normalize("NFC", value)).strip() or None
    if value is None:
        return None
    if isinstance(value, WrittenNumber) and isfinite(value):
        return value.text
    if isinstance(value, Integral) and not isinstance(value, bool):
        return str(int(value))
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, float | Decimal):
        return _number(value, name)
    raise ValueError(f"the {name} is neither text nor a whole number but {type(value).__name__}")


def resting_forms(given: str) -> tuple[str, ...]:
    """Every form under which that name may rest, today's first.

    Until there was one rule, text rested as it was given, and decimal numbers as floating-point ones: what is asked for
    as 90071992547409937.5 may rest as 9.007199254740994e+16. Forms that lost no digit (1.10 as 1.1) are left out, since
    they may name another person.
    """
    exact = _exact(given, "name") or given
    forms = [exact, given, unicodedata.normalize("NFC", given), unicodedata.normalize("NFD", exact)]
    return tuple(dict.fromkeys([*forms, *_as_float(exact)]))


def _number(value: float | Decimal, name: str) -> str | None:
    if value != value:  # NaN
        return None
    if isinstance(value, Decimal):
        return format(value, "f")
    raise ValueError(
        f"the {name} is the floating-point number {float(value)!r}: write whole numbers or text, which are exact"
    )


def _as_float(text: str) -> list[str]:
    try:
        number = str(float(text))
        has_lost = "e" in number or Decimal(number) != Decimal(text)
    except (ValueError, ArithmeticError):
        return []
    return [number] if number != "inf" and (has_lost or _WHOLE.fullmatch(text)) else []
