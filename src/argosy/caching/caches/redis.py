"""Redis 6 and later, and what speaks its protocol.

The key `k` of the space `users` is the string `argosy:users:k`. A write is one script, which Redis runs alone, so its
keys must be on one node. The server must not evict what has no time to live: `maxmemory-policy noeviction`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit
from weakref import WeakKeyDictionary

from argosy.caching.cache import NOTHING, Key, Values
from argosy.errors import CacheUnavailable, DefinitionInvalid, ExtraMissing

try:
    import redis
    import redis.asyncio
    from redis.exceptions import RedisError
except ImportError as error:
    raise ExtraMissing("redis", "redis", "a cache on Redis") from error

PREFIX: Final = "argosy"
TIMEOUTS: Final[Mapping[str, Any]] = {"socket_timeout": 2.0, "socket_connect_timeout": 2.0}
"""Seconds."""
CLEARED_AT_ONCE: Final = 1000
_DATABASE = re.compile(r"/?|/\d+")
_PREFIX = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_HINT: Final = "write redis://USER:PASSWORD@HOST:PORT/DATABASE, other characters as %XX"
_UNSAID, _NONE, _SOME, _LASTING = b"", b"0", b"1", b"2"
"""Before a value: nothing is expected or written, no value, one, and one that lives without end."""
_WRITE = """
for i = 1, #KEYS do
    local wanted = ARGV[2 * i]
    if wanted ~= '' then
        local found = redis.call('GET', KEYS[i])
        if (wanted == '0') == (found ~= false) then return 0 end
        if found and '1' .. found ~= wanted then return 0 end
    end
end
local live_ms = ARGV[1]
for i = 1, #KEYS do
    local value = ARGV[2 * i + 1]
    local kind = string.sub(value, 1, 1)
    if kind == '0' then redis.call('DEL', KEYS[i])
    elseif kind == '2' or kind == '1' and live_ms == '' then redis.call('SET', KEYS[i], string.sub(value, 2))
    elseif kind == '1' then redis.call('SET', KEYS[i], string.sub(value, 2), 'PX', live_ms) end
end
return 1"""


class RedisCache:
    """`redis://USER:PASSWORD@HOST:PORT/DATABASE?prefix=NAME`, `rediss://` for TLS, `unix://` for a socket."""

    is_immediate = False

    def __init__(self, url: str) -> None:
        url, self._prefix, self.url = _parsed(url)
        self._client = redis.Redis.from_url(url, **TIMEOUTS)
        self._made = partial(redis.asyncio.Redis.from_url, url, **TIMEOUTS)
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = WeakKeyDictionary()
        self._script = self._client.register_script(_WRITE)

    def read(self, keys: Sequence[Key]) -> list[bytes | None]:
        with self._reached():
            return cast("list[bytes | None]", self._client.mget(self._names(keys))) if keys else []

    async def read_async(self, keys: Sequence[Key]) -> list[bytes | None]:
        loop = asyncio.get_running_loop()
        client = self._by_loop.get(loop) or self._by_loop.setdefault(loop, self._made())
        with self._reached():
            return cast("list[bytes | None]", await client.mget(self._names(keys))) if keys else []

    def write(
        self, values: Values, *, seconds: float | None = None, lasting: Values = NOTHING, expected: Values = NOTHING
    ) -> bool:
        live_ms = b"" if seconds is None else b"%d" % max(1, round(seconds * 1000))
        written = {key: _NONE if value is None else _SOME + value for key, value in values.items()}
        written |= {key: _NONE if value is None else _LASTING + value for key, value in lasting.items()}
        keys = [*written, *(key for key in expected if key not in written)]
        given = [live_ms]
        for key in keys:
            wanted = expected.get(key, _UNSAID)
            given.append(_NONE if wanted is None else _SOME + wanted if key in expected else _UNSAID)
            given.append(written.get(key, _UNSAID))
        with self._reached():
            return bool(self._script(self._names(keys), given))

    def clear(self, space: str) -> None:
        pattern = re.sub(r"([*?\[\]\\^])", r"\\\1", self._names([(space, "")])[0]) + "*"
        with self._reached():
            names = self._client.scan_iter(pattern, CLEARED_AT_ONCE)
            while some := [name for _, name in zip(range(CLEARED_AT_ONCE), names, strict=False)]:
                self._client.unlink(*some)

    def close(self) -> None:
        self._client.close()

    def _names(self, keys: Sequence[Key]) -> list[str]:
        return [f"{self._prefix}:{space}:{key}" for space, key in keys]

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:  # its message has no password in it
            raise CacheUnavailable(f"{self.url}: {type(error).__name__}: {error}") from error


def _parsed(url: str) -> tuple[str, str, str]:
    """(what the client takes, the prefix, what is shown); raises DefinitionInvalid."""
    try:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        prefix = query.pop("prefix", PREFIX)
        plain = parts._replace(query=urlencode(query)).geturl()
        redis.ConnectionPool.from_url(plain)
        if parts.scheme != "unix" and not _DATABASE.fullmatch(parts.path):  # the client would take another one
            raise ValueError(parts.path)
        host = f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else ""
    except (ValueError, TypeError):
        raise DefinitionInvalid(f"it is not the address of a Redis: {_HINT}", "cache") from None
    if not _PREFIX.fullmatch(prefix):
        raise DefinitionInvalid(f"prefix={prefix}: lower-case letters, digits, '_' or '-', 40 at most", "cache")
    return plain, prefix, f"{parts.scheme}://{host}{parts.path}"
