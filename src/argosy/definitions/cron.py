"""Moments by cron's five fields on the wall clock of a time zone. Pure.

`minute hour day month weekday`, each a number, a list, a range, a step or `*`; months and weekdays have English names
too. On the day on which the clocks change they are as Debian's cron has them: what falls into the hour that is left out
comes right after it, and what falls into the hour that comes twice comes once, unless minute or hour begin with `*`.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final

import msgspec

from argosy.errors import DefinitionInvalid
from argosy.typed_values import shown

UTC_NAME: Final = "UTC"
LONGEST: Final = 200
"""Characters of an expression."""
_EXPECTED: Final = "expected cron's five fields, `minute hour day month weekday`, as in '0 3 * * *'"


class CronSchedule(msgspec.Struct, frozen=True):
    """A checked expression; made by `parse_cron`."""

    expression: str
    zone: str = UTC_NAME

    def after(self, moment: float) -> float | None:
        """The first moment of the schedule that is later; None where none follows within fifty years."""
        from cronsim import CronSim

        begin = datetime.fromtimestamp(moment, _zone(self.zone))
        later = (found.timestamp() for found in CronSim(self.expression, begin))
        return next(
            (found for found in later if found > moment), None
        )  # of an hour that comes twice, the first is over

    def wall_clock(self, moment: float) -> str:
        """The moment as its zone's wall clock shows it."""
        return f"{datetime.fromtimestamp(moment, _zone(self.zone)):%Y-%m-%d %H:%M} {self.zone}"

    def __str__(self) -> str:
        return f"'{self.expression}' {self.zone}"


def parse_cron(expression: object, zone: object, path: str) -> CronSchedule:
    """Raises DefinitionInvalid at that path's `schedule` or `zone`."""
    from cronsim import CronSimError

    where = f"{path}.schedule"
    if not isinstance(expression, str) or len(expression) > LONGEST or len(expression.split()) != 5:
        raise DefinitionInvalid(f"{_EXPECTED}; got {shown(expression)}", where)
    if not isinstance(zone, str) or not zone:
        raise DefinitionInvalid(
            f"expected a time zone's name, such as Europe/Berlin; got {shown(zone)}", f"{path}.zone"
        )
    _known_zone(zone, f"{path}.zone")
    found = CronSchedule(" ".join(expression.split()), zone)
    try:
        first = found.after(0.0)
    except CronSimError as error:
        raise DefinitionInvalid(f"{_problem(error)}: {_EXPECTED}; got {shown(expression)}", where) from None
    if first is None:
        raise DefinitionInvalid(f"there is no such day: {shown(expression)} never fires", where)
    return found


def _known_zone(name: str, path: str) -> None:
    try:
        _zone(name)
    except (KeyError, OSError, ValueError):
        known = "such as Europe/Berlin; they come with the system, or with: pip install tzdata"
        raise DefinitionInvalid(f"no time zone is called {shown(name)} here: write one {known}", path) from None


def _problem(error: Exception) -> str:
    text = str(error)[:1].lower() + str(error)[1:]
    return f"{text}, or one that none of the months has" if "day-of-month" in text else text


def _zone(name: str) -> tzinfo:
    if name == UTC_NAME:
        return UTC  # is there without the system's table of zones
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)
