"""Windows of event time over a whole stream: at the end of each, the keys that lead. Pure.

The watermark of a partition is the moment of its newest event, one of the trend or not, less the lateness; what comes
with an older one is late. A window is over when the watermarks of all partitions that it waits for have reached its
end. So what counts does not depend on how partitions are read next to each other, nor on the order of events within
the lateness.

Moments are whole milliseconds. Sums are kept as whole numbers of `UNIT`, so that the order of events changes no digit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import inf
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from argosy.definitions.trends import Trend
from argosy.features.stream_events import NO_TIME, EventParser, StreamEvent
from argosy.features.trend_moments import MomentReader
from argosy.streaming.log import Record

PLACES: Final = 9
"""Digits behind the point of sums and means."""
UNIT: Final = 10**PLACES
MOST_NUMBER: Final = 1e18
"""What is as large cannot be added."""
TrendRow: TypeAlias = dict[str, Any]
"""The columns of `Trend.columns`."""
_Slots: TypeAlias = list[Any]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TrendCounts(msgspec.Struct):
    """What became of the events."""

    counted: int = 0
    passed: int = 0
    """That `where` excludes."""
    late: int = 0
    ahead: int = 0
    """Further ahead of the clock than the lateness."""
    poison: dict[str, int] = {}
    """By the reason."""

    @property
    def events(self) -> int:
        """That were read."""
        return self.counted + self.passed + self.late + self.ahead + sum(self.poison.values())


class _Column(NamedTuple):
    """An aggregate: an empty slot of a key, a slot with a value added, two slots merged, and the value of a slot."""

    empty: Any
    add: Callable[[Any, Any], Any]
    merge: Callable[[Any, Any], Any]
    value: Callable[[Any], float | None]


class TrendWindows:
    """Of one trend, for one thread."""

    def __init__(self, trend: Trend, partitions: Collection[int]) -> None:
        self.counts = TrendCounts()
        self._trend, self._parser = trend, EventParser(trend.feature)
        self._moments = MomentReader(trend.at)
        self._every, self._lateness = trend.every * 1000, round(trend.lateness * 1000)
        self._newest = dict.fromkeys(partitions, -inf)
        self._panes: dict[int, dict[str, _Slots]] = {}
        """By the pane's number, then by key: pane n has the events from n * every up to the next one."""
        self._columns = [_COLUMNS[one.function] for one in trend.aggregates.values()]
        self._empty = [one.empty for one in self._columns]
        self._is_added = [one.function in ("sum", "mean") for one in trend.aggregates.values()]
        self._closed: int | None = None
        """The pane before which the last window ended that is over."""

    def count(self, record: Record, now: float) -> None:
        """Add its event where it counts. The clock is that of the log, where it keeps it."""
        moment = self._moments.read(record.event)
        clock = now if record.appended_at is None else min(now, record.appended_at)
        is_ahead = moment is not None and moment > clock * 1000 + self._lateness
        if moment is not None and not is_ahead:
            self._newest[record.partition] = max(self._newest[record.partition], moment)
        event = self._parser.parse(record.event)
        if event is None:
            self.counts.passed += 1
        elif isinstance(event, str):
            self._set_aside(event)
        elif moment is None:
            self._set_aside(NO_TIME)
        elif too_large := self._too_large(event):
            self._set_aside(too_large)
        elif is_ahead:
            self.counts.ahead += 1
        elif moment < self._newest[record.partition] - self._lateness or self._is_over(moment):
            self.counts.late += 1
        else:
            self.counts.counted += 1
            self._add(moment // self._every, event)

    def due(self, idle: Collection[int] = ()) -> Iterator[list[TrendRow]]:
        """The rows of each window that is over by now and was not yet, oldest first.

        Idle partitions hold up none; where all are idle, the newest event of all says what is over.
        """
        waited = [newest for partition, newest in self._newest.items() if partition not in idle]
        yield from self._ended((min(waited) if waited else max(self._newest.values())) - self._lateness)

    def rest(self) -> Iterator[list[TrendRow]]:
        """The rows of all other windows, as if every partition had ended."""
        yield from self._ended(inf)

    def _too_large(self, event: StreamEvent) -> str:
        for name, value, is_added in zip(self._trend.aggregates, event.values, self._is_added, strict=True):
            if is_added and value is not None and abs(value) >= MOST_NUMBER:
                return f"too large a number for {name}"
        return ""

    def _is_over(self, moment: int) -> bool:
        """Whether the last window that it is in is over."""
        return self._closed is not None and moment // self._every + self._trend.panes <= self._closed

    def _set_aside(self, reason: str) -> None:
        self.counts.poison[reason] = self.counts.poison.get(reason, 0) + 1

    def _add(self, pane: int, event: StreamEvent) -> None:
        keys = self._panes.setdefault(pane, {})
        slots = keys.get(event.key)
        if slots is None:
            slots = keys[event.key] = self._empty.copy()
        for place, (column, value) in enumerate(zip(self._columns, event.values, strict=True)):
            slots[place] = column.add(slots[place], value)

    def _ended(self, watermark: float) -> Iterator[list[TrendRow]]:
        while self._panes:
            end = min(self._panes) + 1
            if self._closed is not None:
                end = max(end, self._closed + 1)
            if end * self._every > watermark:
                return
            yield self._rows(end)
            self._closed = end
            for pane in [pane for pane in self._panes if pane <= end - self._trend.panes]:
                del self._panes[pane]

    def _rows(self, end: int) -> list[TrendRow]:
        """Of the window that ends before that pane."""
        trend, place = self._trend, list(self._trend.aggregates).index(self._trend.by)
        found = [
            (key, [column.value(slot) for column, slot in zip(self._columns, slots, strict=True)])
            for key, slots in self._merged(end).items()
        ]
        ranked = sorted(
            ((key, values) for key, values in found if values[place] is not None),
            key=lambda one: (-one[1][place], one[0]),  # type: ignore[operator]  # those with None are gone
        )
        at = (_EPOCH + timedelta(seconds=end * trend.every)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return [
            dict(zip(trend.columns, (at, trend.name, rank, key, *values), strict=True))
            for rank, (key, values) in enumerate(ranked[: trend.top], 1)
        ]

    def _merged(self, end: int) -> Mapping[str, _Slots]:
        inside = [keys for pane, keys in self._panes.items() if end - self._trend.panes <= pane < end]
        if len(inside) == 1:
            return inside[0]
        found: dict[str, _Slots] = {}
        for keys in inside:
            for key, slots in keys.items():
                there = found.get(key)
                found[key] = (
                    slots
                    if there is None
                    else [column.merge(*pair) for column, *pair in zip(self._columns, there, slots, strict=True)]
                )
        return found


# --- the aggregates


def _units(value: float) -> int:
    if value.is_integer():
        return int(value) * UNIT
    return int(Decimal(repr(value)).scaleb(PLACES).to_integral_value(ROUND_HALF_UP))


def _added(slot: tuple[int, int], value: float | None) -> tuple[int, int]:
    return slot if value is None else (slot[0] + _units(value), slot[1] + 1)


def _of_both(slot: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return slot[0] + other[0], slot[1] + other[1]


def _extreme(choose: Callable[[float, float], float]) -> _Column:
    def chosen(one: float | None, other: float | None) -> float | None:
        return other if one is None else one if other is None else choose(one, other)

    return _Column(None, chosen, chosen, lambda slot: slot)


_COLUMNS: Final[Mapping[str, _Column]] = {
    "count": _Column(0, lambda slot, _: slot + 1, lambda one, other: one + other, lambda slot: slot),
    "sum": _Column((0, 0), _added, _of_both, lambda slot: slot[0] / UNIT),
    "mean": _Column((0, 0), _added, _of_both, lambda slot: slot[0] / UNIT / slot[1] if slot[1] else None),
    "min": _extreme(min),
    "max": _extreme(max),
}
