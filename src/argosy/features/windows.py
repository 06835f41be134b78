"""Windows of a stream's events: aggregates by pane of event time, kept so that they can be added to and merged. Pure.

What is kept for a key is panes by number; pane `n` holds the events from `n * pane` seconds since 1970 up to the next
one. A pane is a list of slots, a few numbers of each aggregate, whatever the number of its events: a window costs as
much for a million events as for one. The window that ends now consists of the pane of now, which is not over yet, and
those before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from argosy.definitions.service_features import StreamFeature, Value

Slots: TypeAlias = list[Any]
Panes: TypeAlias = dict[int, Slots]
"""By the pane's number."""
Add: TypeAlias = Callable[[Slots, float, Any], None]
"""Count an event of that moment with that value, None where it has none, in these slots."""


class _Kind(NamedTuple):
    """An aggregate whose slots begin at a place."""

    empty: tuple[Any, ...]
    adding: Callable[[int], Add]
    merge: Callable[[Slots, int, Slots], None]
    over: Callable[[Sequence[Slots], int], Value]
    """Its value for a window of these panes, in their order."""


class _Column(NamedTuple):
    name: str
    kind: _Kind
    place: int


class Windows:
    """Those of one definition. Which panes are kept decides who keeps them."""

    def __init__(self, feature: StreamFeature) -> None:
        self._pane = feature.pane
        self._panes_of_window = round(feature.window / feature.pane)
        self._behind = feature.window + feature.lateness + feature.pane
        self._columns: list[_Column] = []
        empty: list[Any] = []
        for name, aggregate in feature.aggregates.items():
            kind = _KINDS[aggregate.function]
            self._columns.append(_Column(name, kind, len(empty)))
            empty += kind.empty
        self._empty = empty
        self._adding = [column.kind.adding(column.place) for column in self._columns]

    @property
    def seconds(self) -> float:
        """How long after it was written a value may be of use."""
        return self._behind

    def pane_of(self, moment: float) -> int:
        """The number of the pane that a moment is in."""
        return int(moment // self._pane)

    def oldest_pane(self, moment: float) -> int:
        """The oldest that any window may need that ends when the clock can be, once an event of that moment is here."""
        return self.pane_of(moment - self._behind)

    def add(self, panes: Panes, at: float, values: Sequence[Any]) -> None:
        """Count an event; `values` are those of the aggregates in their order."""
        number = int(at // self._pane)
        slots = panes.get(number)
        if slots is None:
            slots = panes[number] = self._empty.copy()
        for add, value in zip(self._adding, values, strict=True):
            add(slots, at, value)

    def merge(self, panes: Panes, others: Mapping[int, Slots]) -> None:
        """Count all that was counted in others."""
        for number, other in others.items():
            slots = panes.get(number)
            if slots is None:
                panes[number] = other.copy()
            else:
                self._merge(slots, other)

    def value_at(self, panes: Mapping[int, Slots], now: float) -> dict[str, Value]:
        """The columns of the window that ends now: panes that began after now - window, and not after now.

        Where no event is in it, a count and a sum are 0, and nothing else has a value; nor has what is too large.
        """
        last = self.pane_of(now)
        first = last - self._panes_of_window
        rows = [panes[number] for number in sorted(panes) if first < number <= last]
        found = {column.name: column.kind.over(rows, column.place) for column in self._columns}
        return {name: value if value is None or isfinite(float(value)) else None for name, value in found.items()}

    def _merge(self, slots: Slots, other: Slots) -> None:
        for column in self._columns:
            column.kind.merge(slots, column.place, other)


def drop_before(panes: Panes, oldest: int) -> None:
    """Forget panes with smaller numbers."""
    for number in [number for number in panes if number < oldest]:
        del panes[number]


class KeptPanes(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A key's value in the cache. One of another generation than its stream's is of no use: all was counted anew."""

    generation: int
    panes: Panes


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(KeptPanes)


def encode_panes(generation: int, panes: Panes) -> bytes:
    """As they are kept."""
    return _encoder.encode((generation, panes))


def decode_panes(generation: int, kept: bytes | None) -> Panes:
    """None at all where nothing is kept, or what was counted in another generation."""
    if kept is None:
        return {}
    found = _decoder.decode(kept)
    return found.panes if found.generation == generation else {}


# --- the aggregates: slots are floats, so that no sum grows beyond what can be stored


def _count(place: int) -> Add:
    def add(slots: Slots, _at: float, _value: Any) -> None:
        slots[place] += 1

    return add


def _sum(place: int) -> Add:
    def add(slots: Slots, _at: float, value: float | None) -> None:
        if value is not None:
            slots[place] += value

    return add


def _mean(place: int) -> Add:
    def add(slots: Slots, _at: float, value: float | None) -> None:
        if value is not None:
            slots[place] += value
            slots[place + 1] += 1

    return add


def _extreme(is_better: Callable[[float, float], bool]) -> Callable[[int], Add]:
    def adding(place: int) -> Add:
        def add(slots: Slots, _at: float, value: float | None) -> None:
            if value is not None and (slots[place] is None or is_better(value, slots[place])):
                slots[place] = value

        return add

    return adding


def _last(place: int) -> Add:
    """Of two events of the same moment, the larger value, so that it does not matter which was counted first."""

    def add(slots: Slots, at: float, value: float | None) -> None:
        if value is not None and (slots[place] is None or (at, value) > (slots[place], slots[place + 1])):
            slots[place], slots[place + 1] = at, value

    return add


def _merge_sums(width: int) -> Callable[[Slots, int, Slots], None]:
    def merge(slots: Slots, place: int, other: Slots) -> None:
        for one in range(place, place + width):
            slots[one] += other[one]

    return merge


def _merge_extremes(adding: Callable[[int], Add]) -> Callable[[Slots, int, Slots], None]:
    def merge(slots: Slots, place: int, other: Slots) -> None:
        adding(place)(slots, 0.0, other[place])

    return merge


def _merge_last(slots: Slots, place: int, other: Slots) -> None:
    if other[place] is not None:
        _last(place)(slots, other[place], other[place + 1])


def _total(rows: Sequence[Slots], place: int) -> Value:
    total: float = sum([slots[place] for slots in rows])
    return total


def _average(rows: Sequence[Slots], place: int) -> Value:
    count = sum([slots[place + 1] for slots in rows])
    total: float = sum([slots[place] for slots in rows])
    return total / count if count else None


def _over_some(choose: Callable[[Sequence[float]], float]) -> Callable[[Sequence[Slots], int], Value]:
    def over(rows: Sequence[Slots], place: int) -> Value:
        some = [slots[place] for slots in rows if slots[place] is not None]
        return choose(some) if some else None

    return over


def _newest(rows: Sequence[Slots], place: int) -> Value:
    some = [(slots[place], slots[place + 1]) for slots in rows if slots[place] is not None]
    return max(some)[1] if some else None


_smallest: Final = _extreme(lambda one, other: one < other)
_largest: Final = _extreme(lambda one, other: one > other)
_KINDS: Final[Mapping[str, _Kind]] = {
    "count": _Kind((0,), _count, _merge_sums(1), _total),
    "sum": _Kind((0.0,), _sum, _merge_sums(1), _total),
    "mean": _Kind((0.0, 0), _mean, _merge_sums(2), _average),
    "min": _Kind((None,), _smallest, _merge_extremes(_smallest), _over_some(min)),
    "max": _Kind((None,), _largest, _merge_extremes(_largest), _over_some(max)),
    "last": _Kind((None, None), _last, _merge_last, _newest),
}
