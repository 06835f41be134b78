"""Tables of features in the online cache: a row a key, swapped whole.

The rows of each version of a table are a space of the cache of their own. One document, the catalogue, says which
version is read, so that a reader sees all of a version or nothing of it. The version before stays until the next one
is put, for readers who have just looked the catalogue up.

The catalogue also names the spaces of uploads that have begun, and of versions that nobody reads any more. The latter
are cleared by the next change of the catalogue, whoever makes it, so that a killed process leaves nothing for good. An
upload's space is given up by one change and cleared by another: what was given up can no longer be swapped in.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import msgspec

from argosy.caching.cache import Cache, Key
from argosy.definitions.expression_functions import ValueType
from argosy.errors import FeaturesInvalid, nearest
from argosy.features.rows import FeatureRow

CATALOGUE: Final[Key] = ("tables", "")
AT_ONCE: Final = 2000
"""Rows of one write, and of one read."""
ABANDONED_SECONDS: Final = 3600.0
"""An upload that began so long ago, and is not done, is given up."""
_KINDS: Final[Mapping[type, ValueType]] = {int: "number", float: "number", str: "text", bool: "boolean"}
_GIVEN_UP: Final = 0.0
"""In place of the time at which an upload began."""


class FeatureTable(msgspec.Struct, frozen=True):
    """The version of a table that is read."""

    version: str
    previous: str
    key: str
    """The column that rows are found by."""
    columns: tuple[str, ...]
    rows: int
    source: str
    put_at: float
    """Seconds since 1970."""
    ends_at: float | None = None
    """When its rows go, unless another version takes their place."""
    kinds: tuple[ValueType, ...] = ()
    """What is in each column: `any` where its values are of several kinds, or all are missing."""


class _Begun(msgspec.Struct, frozen=True):
    """A space with rows that no table names."""

    space: str
    at: float


class _Catalogue(msgspec.Struct, frozen=True):
    tables: dict[str, FeatureTable] = {}
    begun: tuple[_Begun, ...] = ()


class Tables:
    """Of one project's cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def put(
        self,
        name: str,
        key: str,
        columns: tuple[str, ...],
        rows: Iterable[FeatureRow],
        source: str,
        seconds: float | None = None,
    ) -> FeatureTable:
        """Put a version in place of the one that is there; `seconds` is how long its rows live.

        Raises what reading the rows does, and then leaves the table as it was; FeaturesInvalid where two rows have the
        same key, or another upload of the table was done meanwhile.
        """
        before = self.found().get(name)
        now, version = time.time(), secrets.token_hex(8)
        space = space_of(name, version)
        self._change(lambda there: _begin(there, space, now))
        try:
            count, kinds = self._write(space, columns, rows, source, seconds)
            table = FeatureTable(
                version,
                before.version if before else "",
                key,
                columns,
                count,
                source,
                now,
                None if seconds is None else now + seconds,
                kinds,
            )
            self._change(lambda there: _swap(there, name, before, table, space))
        except BaseException:
            self._change(lambda there: _give_up(there, space))
            self._clear()
            raise
        self._clear()
        return table

    def found(self) -> Mapping[str, FeatureTable]:
        """Every table by its name."""
        return self._catalogue()[1].tables

    def table(self, name: str) -> FeatureTable:
        """Raises FeaturesInvalid."""
        tables = self.found()
        if name not in tables:
            known = f"there are: {', '.join(sorted(tables))}" if tables else "there is none"
            raise FeaturesInvalid(f"no table of features is called '{name}'{nearest(name, tables)}; {known}")
        return tables[name]

    def row(self, name: str, key: str) -> dict[str, Any] | None:
        """A row by column, None where the key has none. Raises FeaturesInvalid."""
        [row] = self.rows(name, [key])
        return row

    def rows(self, name: str, keys: Sequence[str]) -> list[dict[str, Any] | None]:
        """The row of each key, of one version of the table. Raises FeaturesInvalid."""
        table = self.table(name)
        space = space_of(name, table.version)
        return [
            None if value is None else dict(zip(table.columns, msgspec.json.decode(value), strict=True))
            for start in range(0, len(keys), AT_ONCE)
            for value in self._cache.read([(space, key) for key in keys[start : start + AT_ONCE]])
        ]

    def remove(self, name: str) -> FeatureTable:
        """Raises FeaturesInvalid."""
        table = self.table(name)
        self._change(lambda there: _remove(there, name))
        self._clear()
        return table

    def _write(
        self, space: str, columns: tuple[str, ...], rows: Iterable[FeatureRow], source: str, seconds: float | None
    ) -> tuple[int, tuple[ValueType, ...]]:
        """How many there were, and the kind of each column."""
        given, seen = iter(rows), dict[str, int]()
        types = [set[type]() for _ in columns]
        while some := list(islice(given, AT_ONCE)):
            for row in some:
                if (first := seen.setdefault(row.key, row.number)) != row.number:
                    raise FeaturesInvalid(
                        f"{source}: {row.noun} {row.number}: its key is that of {row.noun} {first}: keep one row a key"
                    )
            for column, values in zip(types, zip(*(row.values for row in some), strict=True), strict=True):
                column.update(map(type, values))
            self._cache.write({(space, row.key): msgspec.json.encode(row.values) for row in some}, seconds=seconds)
        return len(seen), tuple(_kind_of(column) for column in types)

    def _catalogue(self) -> tuple[bytes | None, _Catalogue]:
        [stored] = self._cache.read([CATALOGUE])
        return stored, _Catalogue() if stored is None else msgspec.json.decode(stored, type=_Catalogue)

    def _clear(self) -> None:
        """Clear what was given up."""
        self._change(lambda there: there)

    def _change(self, change: Callable[[_Catalogue], _Catalogue]) -> None:
        """Change the catalogue, also where others do at the same moment; and clear what had been given up before."""
        while True:
            stored, there = self._catalogue()
            cleared = [one for one in there.begun if one.at == _GIVEN_UP]
            for one in cleared:
                self._cache.clear(one.space)
            there = msgspec.structs.replace(there, begun=tuple(one for one in there.begun if one not in cleared))
            kept = _without_abandoned(change(there), time.time())
            if self._cache.write({CATALOGUE: msgspec.json.encode(kept)}, expected={CATALOGUE: stored}):
                return


def _kind_of(types: set[type]) -> ValueType:
    kinds = {_KINDS.get(one, "any") for one in types if one is not type(None)}
    return kinds.pop() if len(kinds) == 1 else "any"


def _begin(there: _Catalogue, space: str, now: float) -> _Catalogue:
    return msgspec.structs.replace(there, begun=(*there.begun, _Begun(space, now)))


def _give_up(there: _Catalogue, space: str) -> _Catalogue:
    """An upload that failed; one that was swapped in, although the answer to that was lost, stays."""
    begun = tuple(_Begun(space, _GIVEN_UP) if one.space == space else one for one in there.begun)
    return msgspec.structs.replace(there, begun=begun)


def _without_abandoned(there: _Catalogue, now: float) -> _Catalogue:
    """With what takes longer than it may given up."""
    for one in there.begun:
        if one.at < now - ABANDONED_SECONDS:
            there = _give_up(there, one.space)
    return there


def _swap(there: _Catalogue, name: str, before: FeatureTable | None, table: FeatureTable, space: str) -> _Catalogue:
    if there.tables.get(name) != before:
        raise FeaturesInvalid(f"the table '{name}' was put by somebody else meanwhile: look at it, and put yours again")
    if all(one.space != space or one.at == _GIVEN_UP for one in there.begun):
        raise FeaturesInvalid(f"putting the table '{name}' took longer than an hour: put it in smaller parts")
    begun = tuple(one for one in there.begun if one.space != space)
    if before and before.previous:
        begun = (*begun, _Begun(space_of(name, before.previous), _GIVEN_UP))
    return msgspec.structs.replace(there, begun=begun, tables={**there.tables, name: table})


def _remove(there: _Catalogue, name: str) -> _Catalogue:
    tables = dict(there.tables)
    table = tables.pop(name, None)
    versions = filter(None, (table.version, table.previous) if table else ())
    begun = (*there.begun, *(_Begun(space_of(name, version), _GIVEN_UP) for version in versions))
    return msgspec.structs.replace(there, begun=begun, tables=tables)


def tables_in(catalogue: bytes | None) -> Mapping[str, FeatureTable]:
    """Every table by its name, as what the cache has under `CATALOGUE` says."""
    return _Catalogue().tables if catalogue is None else msgspec.json.decode(catalogue, type=_Catalogue).tables


def space_of(name: str, version: str) -> str:
    """Where the rows of a version of a table are in the cache."""
    return f"table.{name}.{version}"
