"""How long a model takes, learned from what it took: decides where a batch runs."""

from __future__ import annotations

from typing import Literal

INLINE_SECONDS, QUICK_SECONDS = 200e-6, 20e-3
Speed = Literal["inline", "quick", "slow"]
"""On the event loop, or on one of two threads: what takes milliseconds does not wait behind what takes seconds."""
ROW_CHARACTERS = 100
"""A row costs about as much as that many characters of it: one unit of work."""
_SLOWER, _FASTER = 0.05, 0.25
"""The weight of a measurement: on a thread many wait for the interpreter, and none is too quick."""
_MOST_TIMES = 4
"""What is known that one batch may count for: another process may have had the processor meanwhile."""


class LatencyEstimate:
    """An exponential average of seconds per unit of work; a model starts as if it were slow."""

    def __init__(self) -> None:
        self._per_unit: float | None = None

    def seconds(self, rows: int, characters: int) -> float:
        """What a batch will take; infinity before anything was measured."""
        return float("inf") if self._per_unit is None else self._per_unit * _units(rows, characters)

    def units(self, seconds: float) -> float:
        """How much work can be done in that time; everything before anything was measured."""
        return seconds / self._per_unit if self._per_unit else float("inf")

    def learn(self, rows: int, characters: int, seconds: float) -> None:
        per_unit = seconds / _units(rows, characters)
        known = self._per_unit
        if known is None:
            self._per_unit = per_unit
        else:
            weight = _FASTER if per_unit < known else _SLOWER
            self._per_unit = known + weight * (min(per_unit, _MOST_TIMES * known) - known)

    def speed(self, rows: int, characters: int) -> Speed:
        seconds = self.seconds(rows, characters)
        return "inline" if seconds < INLINE_SECONDS else "quick" if seconds < QUICK_SECONDS else "slow"


def _units(rows: int, characters: int) -> float:
    return rows + characters / ROW_CHARACTERS
