"""A stream's columns as of past moments, from the history that the log keeps: what a look-up would have given then.

The events are judged and counted as by runners, in panes. For each key, what came between two of its moments is counted
separately and then merged, moment by moment, so that memory grows with the moments and not with the events. An event
counts for no moment before it: an example never learns from what happened later.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Final

from argosy.definitions.service_features import StreamFeature, Value
from argosy.features.counting import EventCounter, PartitionProgress
from argosy.features.windows import Panes, Windows
from argosy.streaming.log import EventLog, Record, read_to_end

MOST_EVENTS_AT_ONCE: Final = 5000
READ_SECONDS: Final = 0.5


class AskedMoments:
    """Keys with the moments, in seconds since 1970, at which their columns are wanted.

    `by_arrival`: an event is known from when it came into the log, where the log keeps that, and not from its own
    moment on.
    """

    def __init__(
        self, feature: StreamFeature, asked: Iterable[tuple[str, float]], now: float, by_arrival: bool = False
    ) -> None:
        moments: defaultdict[str, set[float]] = defaultdict(set)
        for key, moment in asked:
            moments[key].add(moment)
        self._moments = {key: sorted(some) for key, some in moments.items()}
        self._between: dict[str, dict[int, Panes]] = {key: {} for key in moments}
        """By key, the panes of the events that are first known at a moment, by its number."""
        self._windows, self._counter = Windows(feature), EventCounter(feature)
        self._progress: defaultdict[int, PartitionProgress] = defaultdict(PartitionProgress)
        self._now, self._by_arrival = now, by_arrival

    def count(self, record: Record) -> None:
        """An event; those of a partition in their order."""
        event = self._counter.admit(self._progress[record.partition], record, self._now)
        if event is None or event.key not in self._moments:
            return
        known_at = record.appended_at if self._by_arrival and record.appended_at is not None else event.at
        moments = self._moments[event.key]
        number = bisect_left(moments, known_at)
        if number == len(moments) or self._windows.pane_of(event.at) < self._windows.oldest_pane(moments[number]):
            return
        panes = self._between[event.key].setdefault(number, {})
        self._windows.add(panes, event.at, event.values)

    def columns(self) -> dict[tuple[str, float], dict[str, Value]]:
        """By key and moment."""
        found = {}
        for key, moments in self._moments.items():
            panes: Panes = {}
            for number, moment in enumerate(moments):
                self._windows.merge(panes, self._between[key].get(number, {}))
                found[key, moment] = self._windows.value_at(panes, moment)
        return found


def columns_as_of(
    feature: StreamFeature, log: EventLog, asked: Sequence[tuple[str, float]], now: float, by_arrival: bool = False
) -> dict[tuple[str, float], dict[str, Value]]:
    """The columns of each key at each moment. Raises EventLogUnavailable, TopicNotFound."""
    moments = AskedMoments(feature, asked, now, by_arrival)
    positions = dict.fromkeys(range(log.partitions(feature.stream)), 0)
    with closing(log.reader(feature.stream, positions)) as reader:
        for records in read_to_end(reader, positions, MOST_EVENTS_AT_ONCE, READ_SECONDS):
            for record in records:
                moments.count(record)
    return moments.columns()
