"""How long a model takes, learned from what it took: decides whether a batch may run on the event loop."""

from __future__ import annotations

INLINE_SECONDS = 200e-6
_ROW_CHARACTERS = 100  # a row costs about as much as that many characters of it
_WEIGHT = 0.05


class Pace:
    """An exponential average of seconds per unit of work; a model starts as if it were slow."""

    def __init__(self) -> None:
        self._per_unit: float | None = None

    def seconds(self, rows: int, characters: int) -> float:
        """What a batch will take; infinity before anything was measured."""
        return float("inf") if self._per_unit is None else self._per_unit * _units(rows, characters)

    def learn(self, rows: int, characters: int, seconds: float) -> None:
        per_unit = seconds / _units(rows, characters)
        known = self._per_unit
        self._per_unit = per_unit if known is None else known + _WEIGHT * (per_unit - known)

    def is_inline(self, rows: int, characters: int) -> bool:
        return self.seconds(rows, characters) < INLINE_SECONDS


def _units(rows: int, characters: int) -> float:
    return rows + characters / _ROW_CHARACTERS
