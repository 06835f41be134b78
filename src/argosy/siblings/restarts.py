"""What becomes of a server process that ended: when it is started again, and what is said of it. Pure."""

from __future__ import annotations

import signal
from typing import Final

from argosy.messaging.back_off import back_off

STEADY_SECONDS: Final = 60.0
"""A process that has run this long did start well: what it died of has nothing to do with its start."""
LONGEST: Final = 30.0


def restart_delay(failures: int, seconds: float) -> tuple[int, float]:
    """The number of starts in a row that did not last, and the seconds to wait, of a process that ran so long.

    One that was steady is started again at once.
    """
    if seconds >= STEADY_SECONDS:
        return 0, 0.0
    return failures + 1, back_off(failures + 1, LONGEST)


def words_of_end(code: int) -> str:
    """In words, of a process that was not asked to."""
    if code >= 0:
        return f"ended with exit code {code}"
    known = code in [-number for number in signal.Signals]
    return f"was ended by {signal.Signals(-code).name if known else f'signal {-code}'}"


def exit_code(code: int) -> int:
    """For its keeper: 0 also of one that SIGTERM ended, which had not begun to listen."""
    return 0 if code == -signal.SIGTERM else code if code >= 0 else 1
