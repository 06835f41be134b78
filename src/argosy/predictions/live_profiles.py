"""Live profiles: what each version answered in each hour, counted once from the prediction log and kept as figures.

- Answers and confidences are counted of every prediction, without a key; inputs are opened of at most TEXTS an hour,
  drawn uniformly by the keyed part of their ids.
- An hour is counted again while its number of predictions changes (late ones, erased ones), for SETTLED_HOURS. What
  another machine's spool brings later than that is not counted.
- Looking again at what has not changed opens nothing and writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from argosy.database import Database
from argosy.predictions.log import PredictionLog
from argosy.predictions.profiles import Profile, total
from argosy.statistics.shifts import Moments
from argosy.types import Input

FORMAT: Final = 1
HOUR: Final = 3600.0
HORIZON_HOURS: Final = 31 * 24
SETTLED_HOURS: Final = 48
TEXTS: Final = 1000

FIND: Final = """
SELECT version, started_at, profile FROM drift_hours
WHERE model = :model AND started_at >= :start AND started_at < :end AND format = :format ORDER BY started_at, version
"""
NEWEST: Final = "SELECT max(started_at) FROM drift_hours WHERE model = :model AND format = :format"
KEEP: Final = """
INSERT INTO drift_hours (model, version, started_at, format, profile)
VALUES (:model, :version, :started_at, :format, :profile)
ON CONFLICT (model, version, started_at) DO UPDATE SET format = excluded.format, profile = excluded.profile
"""
FORGET: Final = "DELETE FROM drift_hours WHERE model = :model AND version = :version AND started_at = :started_at"

InputFigures = Callable[[int, Sequence[Input]], dict[str, Moments]]
"""From a version and some of its inputs to figures of them."""


@dataclass(frozen=True)
class HourProfile:
    """One version's answers in the hour from `started_at`."""

    version: int
    started_at: float
    profile: Profile


class LiveProfiles:
    """Any number of processes: who counts an hour later overwrites the same figures."""

    def __init__(self, database: Database, log: PredictionLog) -> None:
        self._database, self._log = database, log

    def count(self, model: str, now: float, measure: InputFigures) -> int:
        """Bring the model's hours up to `now`; how many were counted anew."""
        self._log.drain()
        start, changed = self._since(model, now), 0
        kept = {(one.started_at, one.version): one.profile for one in self.hours(model, start)}
        gone = set(kept)
        for hour in self._answered(model, start, now):
            before = {version: profile for (at, version), profile in kept.items() if at == hour}
            gone -= {(hour, version) for version in before}
            if sum(profile.rows for profile in before.values()) == self._log.count_between(model, hour, hour + HOUR):
                continue
            tallies = self._log.tally(model, hour, hour + HOUR)
            gone |= {(hour, version) for version in before.keys() - tallies.keys()}
            for version, tally in tallies.items():
                self._keep(model, version, hour, self._measured(model, version, hour, tally, measure))
                changed += 1
        for hour, version in gone:  # all of it was erased
            self._write(FORGET, {"model": model, "version": version, "started_at": hour})
        return changed

    def hours(self, model: str, start: float, end: float = math.inf) -> list[HourProfile]:
        """What was counted of the hours that begin from `start` (inclusive) to `end` (exclusive), oldest first."""
        wanted = {"model": model, "start": start, "end": end, "format": FORMAT}
        with self._database.read() as transaction:
            rows = transaction.execute(FIND, wanted)
        return [HourProfile(row[0], row[1], msgspec.json.decode(row[2], type=Profile)) for row in rows]

    def _since(self, model: str, now: float) -> float:
        """The beginning of the first hour that may still change."""
        horizon = hour_of(now) - HORIZON_HOURS * HOUR
        with self._database.read() as transaction:
            newest = transaction.execute(NEWEST, {"model": model, "format": FORMAT})[0][0]
        return horizon if newest is None else max(horizon, newest - SETTLED_HOURS * HOUR)

    def _answered(self, model: str, start: float, now: float) -> Iterator[float]:
        """The beginnings of the hours with answers in them."""
        end = hour_of(now) + HOUR  # the servers' clocks may be ahead of the database's
        while (first := self._log.first_after(model, start)) is not None and first < end:
            yield hour_of(first)
            start = hour_of(first) + HOUR

    def _measured(self, model: str, version: int, hour: float, tally: Profile, measure: InputFigures) -> Profile:
        drawn = self._log.sample(model, version, hour, hour + HOUR, TEXTS)
        return Profile(tally.answers, {**tally.means, **measure(version, [one.input for one in drawn])})

    def _keep(self, model: str, version: int, hour: float, profile: Profile) -> None:
        encoded = msgspec.json.encode(profile).decode()
        row = {"model": model, "version": version, "started_at": hour, "format": FORMAT, "profile": encoded}
        self._write(KEEP, row)

    def _write(self, statement: str, values: dict[str, object]) -> None:
        with self._database.write() as transaction:
            transaction.execute(statement, values)


def hour_of(moment: float) -> float:
    """When the hour of that moment began."""
    return moment // HOUR * HOUR


def summed_profile(hours: Sequence[HourProfile], version: int, start: float, end: float) -> Profile:
    """What a version answered in the hours that begin in [start, end)."""
    return total(one.profile for one in hours if one.version == version and start <= one.started_at < end)
