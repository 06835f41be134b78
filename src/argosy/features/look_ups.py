"""What services know of a key: rows of tables and windows of streams, all that a moment asks for in one read.

The catalogue of tables is read next to the values, so that a table which was swapped meanwhile costs a second read and
never gives columns of two versions. An upload that only begins, or is cleared, costs none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from argosy.caching.cache import Cache, Key
from argosy.definitions.service_features import Feature, StreamFeature, TableFeature
from argosy.errors import CacheUnavailable
from argosy.features.stream_values import columns_of, keys_of
from argosy.features.tables import CATALOGUE, FeatureTable, space_of, tables_in

Wanted: TypeAlias = tuple[Feature, str]
"""A feature, and the key that is looked up."""
MOST_READS: Final = 3
_decode = msgspec.json.Decoder(list[Any]).decode


class FoundFeature(NamedTuple):
    """`age` in seconds: since the table was put, or since the moment up to which the stream's events are counted."""

    values: Mapping[str, Any]
    age: float


class _Plan(NamedTuple):
    """Where the columns of a feature are in a row of the table's version."""

    table: FeatureTable
    space: str
    places: Sequence[tuple[str, int]]


class _Known:
    """The tables of one catalogue; never changed, since look-ups of another turn may be under way."""

    def __init__(self, catalogue: bytes | None) -> None:
        self.catalogue, self.tables = catalogue, tables_in(catalogue)
        self._plans: dict[str, _Plan | None] = {}

    def plan(self, feature: TableFeature) -> _Plan | None:
        """None where there is no such table."""
        if feature.name not in self._plans:
            table = self.tables.get(feature.table)
            self._plans[feature.name] = None if table is None else _planned(feature, table)
        return self._plans[feature.name]

    def keys(self, one: Wanted) -> Sequence[Key]:
        """Those of a feature's values."""
        feature, key = one
        if isinstance(feature, StreamFeature):
            return keys_of(feature, key)
        plan = self.plan(feature)
        return () if plan is None else ((plan.space, key),)

    def found(self, one: Wanted, values: Sequence[bytes | None], now: float) -> FoundFeature | None:
        """What its values say."""
        feature, _ = one
        if isinstance(feature, StreamFeature):
            counted = columns_of(feature, values, now)
            return None if counted.age is None else FoundFeature(counted.columns, counted.age)
        plan = self.plan(feature)
        if plan is None or values[0] is None:
            return None
        row = _decode(values[0])
        return FoundFeature({name: row[place] for name, place in plan.places}, now - plan.table.put_at)


class LookUps:
    """Of the features of one service, for the thread of an event loop."""

    def __init__(self, cache: Cache) -> None:
        self._cache, self.is_immediate = cache, cache.is_immediate
        self._known = _Known(None)

    async def find(self, wanted: Sequence[Wanted], now: float) -> list[FoundFeature | None]:
        """What there is of each, None where there is nothing; `now` by the clock. Raises CacheUnavailable."""
        for _ in range(MOST_READS):
            known, keys = self._known, {CATALOGUE: 0}
            places = [[keys.setdefault(key, len(keys)) for key in known.keys(one)] for one in wanted]
            asked = list(keys)
            values = self._cache.read(asked) if self.is_immediate else await self._cache.read_async(asked)
            if values[0] not in (known.catalogue, self._known.catalogue):
                self._known = _Known(values[0])
            if values[0] == known.catalogue or self._known.tables == known.tables:  # else one was swapped
                given = zip(wanted, places, strict=True)
                return [known.found(one, [values[place] for place in several], now) for one, several in given]
        raise CacheUnavailable("tables of features are swapped faster than they can be read")


def _planned(feature: TableFeature, table: FeatureTable) -> _Plan:
    """A column that the table no longer has is in no row."""
    places = {column: place for place, column in enumerate(table.columns)}
    there = [(name, places[column]) for name, column in feature.columns.items() if column in places]
    return _Plan(table, space_of(feature.table, table.version), there)
