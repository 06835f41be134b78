"""Labels that are numbers: quantities to estimate, and not names of classes. They rest as text like any other label.

A number is written in decimal, with a point and perhaps an exponent: `3`, `-0.5`, `1e6`. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def number_in(label: str) -> float | None:
    """The number that a label is; None where it is none, or too large."""
    text = label.strip()
    value = float(text) if _NUMBER.fullmatch(text) else None
    return value if value is not None and isfinite(value) else None


def numbers_in(labels: Iterable[str]) -> list[float]:
    """The numbers that labels are; raises ValueError naming the first row that has another label."""
    found = []
    for row, label in enumerate(labels, 1):
        value = number_in(label)
        if value is None:
            raise ValueError(f"row {row}: the label '{label[:60]}' is not a number")
        found.append(value)
    return found
