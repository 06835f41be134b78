"""Hours of the week in which no training starts, from texts such as `mon-fri 08:00-18:00`. Pure.

They go by the wall clock of a time zone. Hours that begin late and end early (`22:00-06:00`) run into the next day and
belong to the day on which they begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from argosy.errors import DefinitionInvalid
from argosy.typed_values import shown

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
WEEK_MINUTES: Final = 7 * DAY_MINUTES
_DAYS = rf"(?:{'|'.join(DAYS)})"
_SHAPE = re.compile(
    rf"(?:({_DAYS}(?:-{_DAYS})?(?:,{_DAYS}(?:-{_DAYS})?)*) +)?(\d\d?):(\d\d)-(\d\d?):(\d\d)", re.ASCII | re.IGNORECASE
)
_EXPECTED = "expected hours such as '08:00-18:00' or 'mon-fri 08:00-18:00'"


@dataclass(frozen=True)
class Window:
    """Minutes since midnight, `end` after `start` and past 1440 where it is on the next day; days count from Monday."""

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True)
class QuietHours:
    """Windows of every week; `zone` None is the machine's own."""

    windows: tuple[Window, ...] = ()
    zone: ZoneInfo | None = None

    def until(self, moment: float) -> float | None:
        """When the quiet hours that hold at that moment end; None where none do."""
        ends = moment
        while (found := self._end(ends)) is not None:
            ends = found
        return ends if ends > moment else None

    def wall_clock(self, moment: float) -> str:
        """A moment as the wall clock shows it: `Mon 18:00`."""
        return datetime.fromtimestamp(moment, self.zone).strftime("%a %H:%M")

    def _end(self, moment: float) -> float | None:
        """The latest end of the windows that hold at the moment."""
        wall = datetime.fromtimestamp(moment, self.zone).replace(tzinfo=None, fold=0)
        ends = [
            midnight + timedelta(minutes=window.end)
            for ago in (0, 1)
            for midnight in [datetime.combine(wall.date() - timedelta(days=ago), time())]
            for window in self.windows
            if midnight.weekday() in window.days
            and midnight + timedelta(minutes=window.start) <= wall < midnight + timedelta(minutes=window.end)
        ]
        if not ends:
            return None
        # an hour that the clock jumps over, or shows twice, must not take us back
        return max(max(ends).replace(tzinfo=self.zone).timestamp(), moment + 1.0)


def parse_quiet_hours(texts: Sequence[str], time_zone: str, path: str) -> QuietHours:
    """Raises DefinitionInvalid at that path's `quiet_hours` or `time_zone`."""
    windows = tuple(_window(text, f"{path}.quiet_hours[{at}]") for at, text in enumerate(texts))
    if len(set(_minutes(windows))) == WEEK_MINUTES:
        raise DefinitionInvalid("they leave no hour of the week to train in", f"{path}.quiet_hours")
    return QuietHours(windows, _zone(time_zone, f"{path}.time_zone"))


def _window(text: str, path: str) -> Window:
    found = _SHAPE.fullmatch(text.strip())
    if found is None:
        raise DefinitionInvalid(f"{_EXPECTED}; got {shown(text)}", path)
    hours = [int(number) for number in found.groups()[1:]]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if max(hours[1], hours[3]) > 59 or start >= DAY_MINUTES or end > DAY_MINUTES or start == end:
        raise DefinitionInvalid(f"{_EXPECTED}, from 00:00 to 24:00; got {shown(text)}", path)
    days = frozenset(_days(found[1].lower())) if found[1] else frozenset(range(7))
    return Window(days, start, end if end > start else end + DAY_MINUTES)


def _days(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.partition("-")
        start = DAYS.index(first)
        yield from ((start + more) % 7 for more in range((DAYS.index(last or first) - start) % 7 + 1))


def _minutes(windows: Sequence[Window]) -> Iterator[int]:
    """Every minute of the week that is quiet, from Monday's midnight."""
    for window in windows:
        for day in window.days:
            yield from ((day * DAY_MINUTES + minute) % WEEK_MINUTES for minute in range(window.start, window.end))


def _zone(name: str, path: str) -> ZoneInfo | None:
    if not name:
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        known = "such as Europe/Berlin; they come with the system, or with: pip install tzdata"
        raise DefinitionInvalid(f"no time zone is called {shown(name)} here: write one {known}", path) from None
