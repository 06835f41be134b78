"""The port of event logs.

Guarantees, for every log:

- An `EventLog` may be used from any thread and by any number of processes. A topic has a number of partitions, which
  `create` decides; topics are made by nothing else.
- When `append` returns, the events are in the log whatever happens to this process. Where it raises, some may be.
- Events of one key are in one partition, in the order in which they were appended.
- A record's offset never changes. Reading changes nothing, and begins where the reader says: after a record, at its
  `following`; at 0, with the oldest that is kept. What is no longer kept is passed over, so that the first offset is a
  later one.
- `read` waits for a first record, and gives those that are there.

An event is one JSON document without line breaks; it is not looked into, and what is no such document is given as it
is. Raises EventLogUnavailable while the log cannot be reached, TopicNotFound.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol

MOST_BYTES: Final = 1 << 20
"""Of one event."""
QUIET_SECONDS: Final = 10.0
"""Without an event before an end: then there is none, since the offsets of transactions have no event."""


class Record(NamedTuple):
    """An event in the log; `following` is where a reader goes on behind it."""

    partition: int
    offset: int
    following: int
    event: bytes
    appended_at: float | None
    """Seconds since 1970 by the producer's clock, where the log keeps it."""


class Reader(Protocol):
    """Of some partitions of one topic, for one thread."""

    def read(self, most: int, wait_seconds: float) -> list[Record]:
        """At most `most` records, in the order of each partition; none where none came within `wait_seconds`."""

    def ends(self) -> Mapping[int, int]:
        """Of each partition, the offset behind its last event now, 0 where none is kept: what a reader lags behind."""

    def close(self) -> None:
        """Give back its connections."""


class EventLog(Protocol):
    """See the module's guarantees."""

    url: str
    """Without a password."""

    def create(self, topic: str, partitions: int) -> None:
        """Make the topic; where there is one already it stays as it is."""

    def partitions(self, topic: str) -> int:
        """How many there are; raises TopicNotFound."""

    def append(self, topic: str, events: Iterable[tuple[str, bytes]]) -> None:
        """Append `(key, event)` pairs. Raises ValueError for an event longer than `MOST_BYTES` or with a line break."""

    def reader(self, topic: str, positions: Mapping[int, int]) -> Reader:
        """One that reads those partitions from there."""

    def close(self) -> None:
        """Give back its connections."""


def check_event(event: bytes) -> bytes:
    """The event, if it may be appended; raises ValueError."""
    if len(event) > MOST_BYTES:
        raise ValueError(f"an event of {len(event)} bytes: {MOST_BYTES} at most")
    if b"\n" in event or b"\r" in event:
        raise ValueError("an event with a line break in it")
    return event


def read_to_end(reader: Reader, positions: dict[int, int], most: int, wait_seconds: float) -> Iterator[list[Record]]:
    """The events up to where the topic ends, in lists of `most` at most.

    It ends however fast others append: behind the ends that the partitions have when this begins, it goes on until a
    read finds nothing, for `QUIET_SECONDS` at most. `positions`, from which the reader reads, are moved behind each
    list before it is given. Raises EventLogUnavailable.
    """
    ends = reader.ends()
    progress_at = time.monotonic()
    while True:
        records = reader.read(most, wait_seconds)
        positions.update({record.partition: record.following for record in records})
        if records:
            yield records
        is_at_end = all(positions[number] >= end for number, end in ends.items())
        if is_at_end and not records:
            return
        if any(record.offset < ends[record.partition] for record in records):
            progress_at = time.monotonic()
        elif time.monotonic() - progress_at >= QUIET_SECONDS:
            if not is_at_end:
                reader.ends()  # raises where nothing came because the log is away
            return
