"""A runner of one stream: reads its part of the partitions, counts, and goes on through outages of log and cache.

Any number of them, on any machines, share a stream: each renews its leases every few seconds, and takes what nobody
has. A killed one's partitions are free when its leases end.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from argosy.caching.cache import Cache
from argosy.definitions.service_features import StreamFeature
from argosy.error_messages import message_of
from argosy.errors import Outage, TopicNotFound
from argosy.features.batch_counting import BatchCounter
from argosy.features.progress import LEASE_SECONDS, StreamShares
from argosy.features.stream_values import decode_progress, decode_shares, progress_key, shares_key
from argosy.streaming.log import EventLog, Reader
from argosy.telemetry import logger

MOST_EVENTS: Final = 2000
"""Of one write: while a cache makes a long one, it answers no look-up."""
READ_SECONDS: Final = 0.25
"""That a first event is waited for, and so how long a runner takes to stop."""
GATHER_SECONDS: Final = 0.02
"""Waited after a small batch, so that the next one is larger."""
PAUSES: Final = (0.1, 5.0)
"""Seconds between attempts while log or cache are away: at first, and at most."""
_log = logger("argosy.features")


class StreamRunner:
    """For one thread. `clock` is the moment that events are compared with, `name` what others know it by."""

    def __init__(
        self,
        feature: StreamFeature,
        log: EventLog,
        cache: Cache,
        lease_seconds: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._feature, self._events, self._cache = feature, log, cache
        self._lease_seconds, self._clock = lease_seconds, clock
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._counter = BatchCounter(feature, cache)
        self._reader: Reader | None = None
        self._own: tuple[int, ...] = ()
        self._generation = 0
        self._known: dict[int, float] = {}
        self._renew_at = 0.0
        """By `time.monotonic`."""

    def run(self, stop: threading.Event, until_idle: bool = False) -> None:
        """Count until `stop`, or until all that there is was counted, by whomever; then give the partitions back.

        Outages are waited for. Raises TopicNotFound where it is to end by itself.
        """
        first, longest = PAUSES
        pause = 0.0
        try:
            while not stop.is_set():
                try:
                    is_done = self._turn(stop, until_idle)
                except (Outage, TopicNotFound) as error:
                    if until_idle and isinstance(error, TopicNotFound):
                        raise
                    self._begin_again()
                    if not pause:
                        _log.warning("stream %s waits: %s", self._feature.stream, message_of(error))
                    pause = min(longest, 2 * pause or first)
                    stop.wait(pause)
                    continue
                if pause:
                    _log.info("stream %s goes on", self._feature.stream)
                    pause = 0.0
                if is_done:
                    return
        finally:
            self._give_back()

    def _turn(self, stop: threading.Event, until_idle: bool) -> bool:
        """Read and count once; whether all is read, where that is asked."""
        if time.monotonic() >= self._renew_at:
            self._renew()
        if self._reader is None:
            stop.wait(READ_SECONDS)
            return until_idle and self._is_all_read()
        records = self._reader.read(MOST_EVENTS, READ_SECONDS)
        if not records:
            return until_idle and self._is_all_read()
        if not self._counter.count(records, self._clock()):
            self._begin_again()
        elif len(records) < MOST_EVENTS // 10:
            stop.wait(GATHER_SECONDS)
        return False

    def _renew(self) -> None:
        """Prolong the leases, record up to when all is counted, and read the partitions that are ours now."""
        partitions = self._events.partitions(self._feature.stream)
        self._look_at_ends()
        place = shares_key(self._feature)
        while True:
            [stored] = self._cache.read([place])
            there = decode_shares(stored)
            known = self._known if there.generation == self._generation else {}
            renewed = there.renewed(self.name, partitions, known, self._clock(), self._lease_seconds)
            if self._cache.write({}, lasting={place: msgspec.json.encode(renewed)}, expected={place: stored}):
                break
        self._renew_at = time.monotonic() + self._lease_seconds / 5
        if renewed.of(self.name) != self._own or renewed.generation != self._generation:
            self._read_from(renewed)

    def _read_from(self, shares: StreamShares) -> None:
        self._stop_reading()
        self._own, self._generation = shares.of(self.name), shares.generation
        if self._own:
            positions = self._counter.begin(self._own, shares.generation)
            self._reader = self._events.reader(self._feature.stream, positions)

    def _look_at_ends(self) -> None:
        """A partition that was counted to its end is counted up to now; another one up to its newest event."""
        if self._reader is None:
            return
        now, ends = self._clock(), self._reader.ends()
        newest = self._counter.newest
        for number, position in self._counter.positions.items():
            moment = now if position >= ends[number] else newest[number]
            if moment is not None:
                self._known[number] = min(now, moment)

    def _is_all_read(self) -> bool:
        """Whether every partition was counted to its end, whoever did it."""
        partitions = range(self._events.partitions(self._feature.stream))
        places = [progress_key(self._feature, number) for number in partitions]
        [shares, *stored] = self._cache.read([shares_key(self._feature), *places])
        generation = decode_shares(shares).generation
        positions = {
            number: decode_progress(one, generation).position for number, one in zip(partitions, stored, strict=True)
        }
        behind = events_behind(self._events, self._feature.stream, positions)
        if any(behind.values()):
            return False
        self._renew()
        return True

    def _begin_again(self) -> None:
        """Drop what is in memory: the next turn goes on from the cache."""
        self._stop_reading()
        self._own, self._renew_at = (), 0.0

    def _stop_reading(self) -> None:
        self._counter.forget()
        self._known.clear()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _give_back(self) -> None:
        """Record up to when the partitions are counted, and end their leases."""
        place = shares_key(self._feature)
        try:
            if self._reader is not None:
                self._renew()
            while True:
                [stored] = self._cache.read([place])
                left = msgspec.json.encode(decode_shares(stored).without(self.name))
                if self._cache.write({}, lasting={place: left}, expected={place: stored}):
                    break
        except (Outage, TopicNotFound):  # the leases end by themselves
            pass
        self._stop_reading()


def events_behind(log: EventLog, topic: str, positions: Mapping[int, int]) -> dict[int, int]:
    """By partition, how far its end is behind a position, as the log counts offsets."""
    reader = log.reader(topic, positions)
    try:
        ends = reader.ends()
    finally:
        reader.close()
    return {number: max(0, ends[number] - position) for number, position in positions.items()}
