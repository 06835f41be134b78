"""The port of the online cache: small values by space and key, read while a request waits.

Guarantees, for every cache:

- A `Cache` may be used from any thread, and after `write` has returned every process reads what it wrote; a cache in
  memory is one process's.
- `write` is atomic: others read all of it or nothing. With `expected` it writes only if those keys still have those
  values, so that of two writers who have read the same values only one succeeds. A stream is counted once in this way:
  what its events change, and up to where it was read, are one write.
- A value that was given a time to live is not read after it, and may go at any moment then. Nothing else goes.
- `read` asks for all keys at once: one round trip, however many.

A space is a name such as `users`, a key any text. Raises CacheUnavailable while the cache cannot be reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

Key = tuple[str, str]
"""A space, and a key in it."""
Values = Mapping[Key, bytes | None]
"""None: no value."""
NOTHING: Final[Values] = {}


class Cache(Protocol):
    """See the module's guarantees."""

    url: str
    """Without a password."""
    is_immediate: bool
    """Whether `read` waits for nothing, so that an event loop may call it."""

    def read(self, keys: Sequence[Key]) -> list[bytes | None]:
        """The value of each, None where there is none."""

    async def read_async(self, keys: Sequence[Key]) -> list[bytes | None]:
        """The same for an event loop, which it does not hold up."""

    def write(
        self, values: Values, *, seconds: float | None = None, lasting: Values = NOTHING, expected: Values = NOTHING
    ) -> bool:
        """Set or remove the values, to live for `seconds` where that is given, and those that live without end; False
        where others were expected."""

    def clear(self, space: str) -> None:
        """Remove a space with all its keys, not atomically."""

    def close(self) -> None:
        """Give back its connections."""
