"""A stream's values in the cache: by which keys they are read, and what they mean. Pure.

A key's value is one, whichever partition its events came in, so that a look-up reads two keys: it, and the document
that says up to when all is counted. Both have the stream's digest in the name of their space: what another definition
counted is never read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from argosy.caching.cache import Key
from argosy.definitions.service_features import StreamFeature, Value
from argosy.features.counting import PartitionProgress
from argosy.features.progress import StreamShares
from argosy.features.windows import Windows, decode_panes

_shares: Final = msgspec.json.Decoder(StreamShares)
_progress: Final = msgspec.json.Decoder(PartitionProgress)


class StreamColumns(NamedTuple):
    """`age`: seconds since the moment up to which all of the stream's events are counted, None where none ever was.

    Then there are no columns either.
    """

    columns: Mapping[str, Value]
    age: float | None


class _LookUp:
    """What is computed once of a definition."""

    def __init__(self, feature: StreamFeature) -> None:
        self.feature = feature  # which keeps its identity from being another's
        self.space, self.shares = values_space(feature), shares_key(feature)
        self.windows = Windows(feature)
        self._known: tuple[bytes | None, int, float | None] = (None, 0, None)

    def known(self, stored: bytes | None) -> tuple[int, float | None]:
        """The generation that counts, and the moment up to which it is known; the same for many look-ups."""
        before, generation, known_to = self._known
        if stored != before:
            shares = decode_shares(stored)
            generation, known_to = shares.generation, shares.known_to
            self._known = stored, generation, known_to
        return generation, known_to


_look_ups: Final[dict[int, _LookUp]] = {}
_MOST_LOOK_UPS: Final = 1000


def _look_up(feature: StreamFeature) -> _LookUp:
    found = _look_ups.get(id(feature))
    if found is None:
        if len(_look_ups) >= _MOST_LOOK_UPS:
            _look_ups.clear()
        found = _look_ups[id(feature)] = _LookUp(feature)
    return found


def keys_of(feature: StreamFeature, key: str) -> tuple[Key, Key]:
    """What a look-up reads: the second is the same for all keys of the stream."""
    found = _look_up(feature)
    return (found.space, key), found.shares


def columns_of(feature: StreamFeature, values: Sequence[bytes | None], now: float) -> StreamColumns:
    """From what those keys gave, in their order, the columns of the window that ends now."""
    kept, stored = values
    found = _look_up(feature)
    generation, known_to = found.known(stored)
    if known_to is None:
        return StreamColumns({}, None)
    return StreamColumns(found.windows.value_at(decode_panes(generation, kept), now), max(0.0, now - known_to))


def values_space(feature: StreamFeature) -> str:
    """Of the values by key."""
    return f"stream.{feature.digest}"


def shares_key(feature: StreamFeature) -> Key:
    """Of who reads what, and up to when all is known."""
    return _progress_space(feature), "shares"


def progress_key(feature: StreamFeature, partition: int) -> Key:
    """Of how far a partition was counted."""
    return _progress_space(feature), str(partition)


def decode_shares(stored: bytes | None) -> StreamShares:
    """Those of a stream; at first there are none."""
    return StreamShares() if stored is None else _shares.decode(stored)


def decode_progress(stored: bytes | None, generation: int) -> PartitionProgress:
    """Of a partition; at first it is the start of that generation."""
    return PartitionProgress(generation) if stored is None else _progress.decode(stored)


def _progress_space(feature: StreamFeature) -> str:
    return f"stream.{feature.digest}.progress"
