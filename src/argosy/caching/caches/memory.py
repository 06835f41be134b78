"""A cache in the process's own memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from argosy.caching.cache import NOTHING, Key, Values

SWEEP_SECONDS = 60.0


class MemoryCache:
    """`memory:`. What has expired is removed when it is read, and by the first write of each minute."""

    url, is_immediate = "memory:", True

    def __init__(self) -> None:
        self._values: dict[Key, tuple[bytes, float]] = {}
        """Each with the moment at which it expires, by `time.monotonic`."""
        self._lock = threading.Lock()
        self._swept_at = time.monotonic()

    def read(self, keys: Sequence[Key]) -> list[bytes | None]:
        with self._lock:
            return [self._read(key) for key in keys]

    async def read_async(self, keys: Sequence[Key]) -> list[bytes | None]:
        return self.read(keys)

    def write(
        self, values: Values, *, seconds: float | None = None, lasting: Values = NOTHING, expected: Values = NOTHING
    ) -> bool:
        endless = float("inf")
        ends_at = endless if seconds is None else time.monotonic() + seconds
        with self._lock:
            if any(self._read(key) != value for key, value in expected.items()):
                return False
            self._sweep()
            for given, until in ((values, ends_at), (lasting, endless)):
                for key, value in given.items():
                    if value is None:
                        self._values.pop(key, None)
                    else:
                        self._values[key] = (value, until)
        return True

    def clear(self, space: str) -> None:
        with self._lock:
            self._values = {key: value for key, value in self._values.items() if key[0] != space}

    def close(self) -> None:
        """There is nothing to give back."""

    def _read(self, key: Key) -> bytes | None:
        found = self._values.get(key)
        if found is None:
            return None
        value, ends_at = found
        if time.monotonic() < ends_at:
            return value
        del self._values[key]
        return None

    def _sweep(self) -> None:
        now = time.monotonic()
        if now - self._swept_at > SWEEP_SECONDS:
            self._swept_at = now
            self._values = {key: value for key, value in self._values.items() if value[1] > now}
