"""How long to wait before what has failed is tried again."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 60.0


def back_off(failures: int, longest: float = LONGEST) -> float:
    """Seconds before the next attempt, after that many failed ones: 1, 4, 16 …, and the longest from then on."""
    return float(min(longest, 4.0 ** (min(failures, 9) - 1)))
