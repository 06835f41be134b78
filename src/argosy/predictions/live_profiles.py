"""Live profiles: what each version answered in each hour, counted once from the prediction log and kept as figures.

- Answers and confidences are counted of every prediction, without a key; inputs are opened of at most TEXTS an hour,
  drawn uniformly by the keyed part of their ids.
- The newest hours are counted first, and a count may end before all are: the next one goes on.
- An hour is counted again while its number of predictions changes (late ones, erased ones), for SETTLED_HOURS. What
  another machine's spool brings to it later than that is not counted.
- Looking again at what has not changed opens nothing and writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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


@dataclass(frozen=True)
class CountedHours:
    """How many hours were counted, and from when on all are counted: minus infinity if all are."""

    changed: int
    since: float


class LiveProfiles:
    """Any number of processes: who counts an hour later overwrites the same figures."""

    def __init__(self, database: Database, log: PredictionLog) -> None:
        self._database, self._log = database, log

    def count(
        self,
        model: str,
        now: float,
        measure: InputFigures,
        answers: float = math.inf,
        are_numbers: Callable[[int], bool] = lambda _: False,
    ) -> CountedHours:
        """Bring the model's hours up to `now`, the newest first, until so many answers were counted.

        `are_numbers` says of which versions answers are numbers.
        """
        self._log.drain()
        start, end = hour_of(now) - HORIZON_HOURS * HOUR, hour_of(now) + HOUR  # servers' clocks may be ahead of ours
        kept: dict[float, dict[int, Profile]] = {}
        for one in self.hours(model, start):
            kept.setdefault(one.started_at, {})[one.version] = one.profile
        settled = {hour for hour in kept if hour < max(kept) - SETTLED_HOURS * HOUR}
        current = self._log.counts_between(model, [(hour, hour + HOUR) for hour in sorted(kept.keys() - settled)])
        changed, counted, since = 0, 0, -math.inf
        found: dict[float, dict[int, Profile]] = {}
        for hour in self._hours_to_see(model, start, end, kept):
            before = kept.get(hour, {})
            if hour in settled or (before and current[hour] == sum(one.rows for one in before.values())):
                continue
            if counted >= answers:
                since = hour + HOUR
                break
            found[hour] = self._profiles(model, hour, measure, are_numbers)
            changed += len(found[hour])
            counted += sum(one.rows for one in found[hour].values())
        self._keep(model, kept, found)
        return CountedHours(changed, since)

    def hours(self, model: str, start: float, end: float = math.inf) -> list[HourProfile]:
        """What was counted of the hours that begin from `start` (inclusive) to `end` (exclusive), oldest first."""
        wanted = {"model": model, "start": start, "end": end, "format": FORMAT}
        with self._database.read() as transaction:
            rows = transaction.execute(FIND, wanted)
        return [HourProfile(row[0], row[1], msgspec.json.decode(row[2], type=Profile)) for row in rows]

    def _hours_to_see(self, model: str, start: float, end: float, kept: Collection[float]) -> Iterator[float]:
        """The beginnings of the hours in [start, end) that are kept or have answers, the newest first."""
        waiting = sorted(kept)
        while True:
            while waiting and waiting[-1] >= end:
                waiting.pop()
            nearest = waiting[-1] if waiting else -math.inf
            if nearest < end - HOUR:
                last = self._log.last_between(model, start, end)
                nearest = max(nearest, -math.inf if last is None else hour_of(last))
            if nearest < start:
                return
            yield nearest
            end = nearest

    def _profiles(
        self, model: str, hour: float, measure: InputFigures, are_numbers: Callable[[int], bool]
    ) -> dict[int, Profile]:
        """By version, what it answered in that hour."""
        return {
            version: Profile(
                tally.answers,
                {
                    **tally.means,
                    **measure(version, self._log.sample_inputs(model, version, hour, hour + HOUR, TEXTS)),
                },
            )
            for version, tally in self._log.tally(model, hour, hour + HOUR, are_numbers).items()
        }

    def _keep(
        self,
        model: str,
        kept: Mapping[float, Mapping[int, Profile]],
        found: Mapping[float, Mapping[int, Profile]],
    ) -> None:
        """Keep what was found of these hours, and forget what was kept of them and is there no more."""
        gone = [(hour, version) for hour, new in found.items() for version in kept.get(hour, {}).keys() - new.keys()]
        counted = [(hour, version, one) for hour, new in found.items() for version, one in new.items()]
        if not gone and not counted:
            return
        row = {"model": model, "format": FORMAT}
        with self._database.write() as transaction:
            transaction.execute_many(
                FORGET, [{"model": model, "started_at": hour, "version": version} for hour, version in sorted(gone)]
            )
            transaction.execute_many(
                KEEP,
                [
                    {**row, "version": version, "started_at": hour, "profile": msgspec.json.encode(one).decode()}
                    for hour, version, one in counted
                ],
            )


def hour_of(moment: float) -> float:
    """When the hour of that moment began."""
    return moment // HOUR * HOUR


def summed_profile(hours: Sequence[HourProfile], version: int, start: float, end: float) -> Profile:
    """What a version answered in the hours that begin in [start, end)."""
    return total(one.profile for one in hours if one.version == version and start <= one.started_at < end)
