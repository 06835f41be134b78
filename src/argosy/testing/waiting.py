"""Waiting in tests: never for a time, always for a condition, with a deadline that only what hangs reaches."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

PATIENCE: Final = 240.0
"""Seconds. On a busy machine a worker takes a minute to import what it trains with."""

T = TypeVar("T")


def until(condition: Callable[[], T], awaited: str = "what was waited for") -> T:
    """Wait for a condition to be true; its value."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{awaited} did not happen within {PATIENCE:.0f} s"
        time.sleep(0.01)
    return found
