"""Counting batches of a stream's events into the cache, each exactly once.

What the events of a batch change, and up to where their partitions were read, is one write, made only if nobody else
has changed any of it meanwhile. A batch that was refused, or that may have been written, is forgotten: where to go on
is what the cache says. A key's value is one for all partitions, so that an entity may be in several of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from argosy.caching.cache import Cache, Key
from argosy.definitions.service_features import StreamFeature
from argosy.features.counting import EventCounter, PartitionProgress
from argosy.features.stream_events import StreamEvent
from argosy.features.stream_values import decode_progress, progress_key, values_space
from argosy.features.windows import Panes, Windows, decode_panes, drop_before, encode_panes
from argosy.streaming.log import Record

MOST_PANES: Final = 200_000
"""Held in memory between batches, of the keys that were changed last; others are read again."""


class BatchCounter:
    """Of one stream, for one thread. Raises CacheUnavailable; `forget` then."""

    def __init__(self, feature: StreamFeature, cache: Cache) -> None:
        self._feature, self._cache = feature, cache
        self._space, self._windows, self._counter = values_space(feature), Windows(feature), EventCounter(feature)
        self._generation = 0
        self._progress: dict[int, tuple[bytes | None, PartitionProgress]] = {}
        """As it was read or written, for what to expect."""
        self._held: dict[str, tuple[bytes | None, Panes]] = {}
        """By key, those that were changed last at the end."""
        self._panes_held = 0

    def begin(self, partitions: Sequence[int], generation: int) -> Mapping[int, int]:
        """Read the progress of these partitions from the cache; the position at which each is to be read on."""
        self.forget()
        self._generation = generation
        stored = self._cache.read([progress_key(self._feature, number) for number in partitions])
        for number, found in zip(partitions, stored, strict=True):
            self._progress[number] = found, decode_progress(found, generation)
        return self.positions

    @property
    def positions(self) -> Mapping[int, int]:
        """Of the partitions, where a reader goes on."""
        return {number: progress.position for number, (_, progress) in self._progress.items()}

    @property
    def newest(self) -> Mapping[int, float | None]:
        """Of the partitions, the moment of the newest event that counts."""
        return {number: progress.newest for number, (_, progress) in self._progress.items()}

    def count(self, records: Iterable[Record], now: float) -> bool:
        """Count a batch. False where another runner has counted meanwhile, or the stream was begun anew: `begin` again.

        Then nothing is changed. `now` is in seconds since 1970.
        """
        if any(progress.generation != self._generation for _, progress in self._progress.values()):
            return False
        changed: dict[int, PartitionProgress] = {}
        admitted: list[StreamEvent] = []
        admit = self._counter.admit
        for record in records:
            progress = changed.get(record.partition)
            if progress is None:
                progress = changed[record.partition] = self._progress[record.partition][1].copied()
            event = admit(progress, record, now)
            if event is not None:
                admitted.append(event)
        oldest = self._windows.oldest_pane(now)
        admitted = [event for event in admitted if self._windows.pane_of(event.at) >= oldest]
        states = self._read({event.key for event in admitted})
        add = self._windows.add
        for event in admitted:
            add(states[event.key][1], event.at, event.values)
        return self._write(states, changed, oldest, now)

    def forget(self) -> None:
        """Drop what was read from the cache, and what was written to it."""
        self._progress, self._held, self._panes_held = {}, {}, 0

    def _read(self, keys: Iterable[str]) -> dict[str, tuple[bytes | None, Panes]]:
        """The values of these keys, which are no longer held."""
        found: dict[str, tuple[bytes | None, Panes]] = {}
        missing: list[str] = []
        for key in keys:
            held = self._held.pop(key, None)
            if held is None:
                missing.append(key)
            else:
                found[key] = held
                self._panes_held -= len(held[1])
        stored = self._cache.read([(self._space, key) for key in missing]) if missing else []
        for key, kept in zip(missing, stored, strict=True):
            found[key] = kept, decode_panes(self._generation, kept)
        return found

    def _write(
        self,
        states: Mapping[str, tuple[bytes | None, Panes]],
        changed: Mapping[int, PartitionProgress],
        oldest: int,
        now: float,
    ) -> bool:
        values: dict[Key, bytes | None] = {}
        expected: dict[Key, bytes | None] = {}
        held: dict[str, tuple[bytes | None, Panes]] = {}
        for key, (before, panes) in states.items():
            drop_before(panes, oldest)
            kept = encode_panes(self._generation, panes) if panes else None
            values[self._space, key], expected[self._space, key] = kept, before
            held[key] = kept, panes
        lasting: dict[Key, bytes | None] = {}
        progress: dict[int, tuple[bytes | None, PartitionProgress]] = {}
        for number, one in changed.items():
            one.written_at = now
            place, stored = progress_key(self._feature, number), msgspec.json.encode(one)
            lasting[place], expected[place] = stored, self._progress[number][0]
            progress[number] = stored, one
        if not self._cache.write(values, seconds=self._windows.seconds, lasting=lasting, expected=expected):
            return False
        self._progress |= progress
        self._hold(held)
        return True

    def _hold(self, held: dict[str, tuple[bytes | None, Panes]]) -> None:
        self._held |= held
        self._panes_held += sum(len(panes) for _, panes in held.values())
        while self._panes_held > MOST_PANES:
            key = next(iter(self._held))
            self._panes_held -= len(self._held.pop(key)[1])
