"""A trend computed in this process: reads the topic from its start, and puts the rows of each window that is over.

It keeps nothing: started again it reads the topic again, which gives the same rows. Those that are in the topic of the
rows already are not put twice. One process runs a trend.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

from argosy.definitions.trends import Trend
from argosy.error_messages import message_of
from argosy.errors import Outage
from argosy.features.trend_sinks import RowSink
from argosy.features.trending import TrendCounts, TrendRow, TrendWindows
from argosy.streaming.log import QUIET_SECONDS, EventLog, Reader
from argosy.telemetry import logger

MOST_EVENTS: Final = 2000
READ_SECONDS: Final = 0.25
"""That a first event is waited for, and so how long it takes to stop."""
PAUSES: Final = (0.1, 5.0)
"""Seconds between attempts while the log is away: at first, and at most."""
IDLE_SECONDS: Final = 30.0
"""A partition that was read to its end and had no event for so long holds up no window."""
_log = logger("argosy.features")


class TrendRunner:
    """For one thread. `clock` is the moment that events are compared with."""

    def __init__(
        self,
        trend: Trend,
        log: EventLog,
        sink: RowSink,
        clock: Callable[[], float] = time.time,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._trend, self._events, self._sink = trend, log, sink
        self._clock, self._idle_seconds = clock, idle_seconds
        self._positions = dict.fromkeys(range(log.partitions(trend.stream)), 0)
        self._windows = TrendWindows(trend, self._positions)
        self._seen = dict.fromkeys(self._positions, time.monotonic())
        self._rows = 0
        self._pause = 0.0

    @property
    def counts(self) -> TrendCounts:
        """What became of the events so far."""
        return self._windows.counts

    @property
    def rows(self) -> int:
        """That were put, or were there."""
        return self._rows

    def run(self, stop: threading.Event, until_idle: bool = False) -> None:
        """Until `stop`; or until all that there is was read, with the windows that are not over as if they were."""
        while not stop.is_set():
            try:
                with closing(self._events.reader(self._trend.stream, self._positions)) as reader:
                    self._read(reader, stop, until_idle)
            except Outage as error:
                self._wait(error, stop)
                continue
            if until_idle and not stop.is_set():
                for rows in self._windows.rest():
                    self._put(rows, stop)
            return

    def _read(self, reader: Reader, stop: threading.Event, until_idle: bool) -> None:
        while not stop.is_set():
            records = reader.read(MOST_EVENTS, READ_SECONDS)
            self._go_on()
            now = self._clock()
            for record in records:
                self._windows.count(record, now)
                self._positions[record.partition] = record.following
                self._seen[record.partition] = time.monotonic()
            for rows in self._windows.due(() if until_idle else self._idle(reader)):
                self._put(rows, stop)
            if until_idle and not records and (not self._behind(reader) or self._is_quiet()):
                return

    def _idle(self, reader: Reader) -> Sequence[int]:
        since = time.monotonic() - self._idle_seconds
        quiet = [number for number, seen in self._seen.items() if seen < since]
        behind = self._behind(reader) if quiet else ()
        return [number for number in quiet if number not in behind]

    def _is_quiet(self) -> bool:
        """Whether what is before the ends must be offsets without an event."""
        return time.monotonic() - max(self._seen.values()) >= QUIET_SECONDS

    def _behind(self, reader: Reader) -> Sequence[int]:
        return [number for number, end in reader.ends().items() if end > self._positions[number]]

    def _put(self, rows: Sequence[TrendRow], stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._sink.put(rows)
            except Outage as error:
                self._wait(error, stop)
            else:
                self._go_on()
                self._rows += len(rows)
                return

    def _wait(self, error: Outage, stop: threading.Event) -> None:
        first, longest = PAUSES
        if not self._pause:
            _log.warning("trend %s waits: %s", self._trend.name, message_of(error))
        self._pause = min(longest, 2 * self._pause or first)
        stop.wait(self._pause)

    def _go_on(self) -> None:
        if self._pause:
            _log.info("trend %s goes on", self._trend.name)
            self._pause = 0.0
