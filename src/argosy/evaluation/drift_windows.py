"""Which stretches of time are compared with the test part. Pure.

For people a window that ends now; for the trigger fixed windows that do not overlap, each looked at once it is over, so
that looking often does not raise the rate of false alarms; for reports hours or days.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from argosy.predictions.live_profiles import HOUR, HourProfile, hour_of

DAY: Final = 24 * HOUR
GRACE_SECONDS: Final = 60.0
"""Until what was answered in a window is in the log."""
PERIODS: Final = 31

Window = tuple[float, float]


def live_window(now: float, hours: int) -> Window:
    """The newest hours, that many of them, the one that goes on included."""
    end = hour_of(now) + HOUR
    return end - hours * HOUR, end


def closed_window(now: float, hours: int) -> Window:
    """The last window that is over, of those that follow one another from 1970 on: of 24 hours, a day."""
    length = hours * HOUR
    end = (now - GRACE_SECONDS) // length * length
    return end - length, end


def period_seconds(hours: Sequence[HourProfile], by: str = "") -> float:
    """How long a period of a report is: `hour`, `day`, or what fits."""
    if by:
        return HOUR if by == "hour" else DAY
    is_short = not hours or hours[-1].started_at - hours[0].started_at < PERIODS * HOUR
    return HOUR if is_short else DAY


def periods(hours: Sequence[HourProfile], seconds: float) -> list[Window]:
    """The newest PERIODS that hold an answer, oldest first."""
    starts = sorted({math.floor(one.started_at / seconds) * seconds for one in hours})
    return [(start, start + seconds) for start in starts[-PERIODS:]]
