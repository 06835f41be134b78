"""A cache in a table of the project's database, or of another one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from argosy.caching.cache import NOTHING, Key, Values
from argosy.database.database import Database, Transaction, in_lists
from argosy.errors import CacheUnavailable, DatabaseUnavailable

SWEEP_SECONDS = 60.0
_READ = """
SELECT key, value FROM online_values
WHERE space = :space AND key IN (:keys) AND (expires_at IS NULL OR expires_at > :now)"""
_WRITE = """
INSERT INTO online_values (space, key, value, expires_at) VALUES (:space, :key, :value, :expires_at)
ON CONFLICT (space, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"""
_REMOVE = "DELETE FROM online_values WHERE space = :space AND key = :key"
_CLEAR = "DELETE FROM online_values WHERE space = :space"
_SWEEP = "DELETE FROM online_values WHERE expires_at <= :now"


class SqlCache:
    """On any `Database`, which the caller opens and closes; times are the database's."""

    is_immediate = False

    def __init__(self, database: Database) -> None:
        self._database, self.url = database, database.url
        self._sweep_at = 0.0

    def read(self, keys: Sequence[Key]) -> list[bytes | None]:
        try:
            with self._database.read() as transaction:
                found = _read(transaction, keys, transaction.now())
        except DatabaseUnavailable as error:
            raise CacheUnavailable(str(error)) from error
        return [found.get(key) for key in keys]

    async def read_async(self, keys: Sequence[Key]) -> list[bytes | None]:
        return await asyncio.to_thread(self.read, keys)

    def write(
        self, values: Values, *, seconds: float | None = None, lasting: Values = NOTHING, expected: Values = NOTHING
    ) -> bool:
        try:
            with self._database.write() as transaction:
                return self._write(transaction, values, seconds, lasting, expected)
        except DatabaseUnavailable as error:
            raise CacheUnavailable(str(error)) from error

    def _write(
        self, transaction: Transaction, values: Values, seconds: float | None, lasting: Values, expected: Values
    ) -> bool:
        for space in sorted({space for space, _ in expected}):
            transaction.lock(f"online values of {space}")
        now = transaction.now()
        there = _read(transaction, list(expected), now) if expected else {}
        if any(there.get(key) != value for key, value in expected.items()):
            return False
        if now > self._sweep_at:
            self._sweep_at = now + SWEEP_SECONDS
            transaction.execute(_SWEEP, {"now": now})
        rows = [
            {"space": space, "key": key, "value": value, "expires_at": expires_at}
            for given, expires_at in ((values, None if seconds is None else now + seconds), (lasting, None))
            for (space, key), value in given.items()
        ]
        transaction.execute_many(_WRITE, [row for row in rows if row["value"] is not None])
        transaction.execute_many(
            _REMOVE, [{"space": row["space"], "key": row["key"]} for row in rows if row["value"] is None]
        )
        return True

    def clear(self, space: str) -> None:
        try:
            with self._database.write() as transaction:
                transaction.execute(_CLEAR, {"space": space})
        except DatabaseUnavailable as error:
            raise CacheUnavailable(str(error)) from error

    def close(self) -> None:
        """The database is the caller's to close."""


def _read(transaction: Transaction, keys: Sequence[Key], now: float) -> dict[Key, bytes]:
    by_space = defaultdict(list)
    for space, key in keys:
        by_space[space].append(key)
    return {
        (space, key): bytes(value)
        for space, wanted in by_space.items()
        for some in in_lists(wanted)
        for key, value in transaction.execute(_READ, {"space": space, "keys": some, "now": now})
    }
