"""A look-up of strings in mapped memory: it opens at once, however many there are, and processes share its pages.

The strings are sorted into about as many buckets as there are of them, by the first bits of their CRC-32; `starts`
says where each bucket begins in `order`, which has their numbers, inside a bucket by their bytes. A look-up is a binary
search in one bucket, which has an entry or two: or all of them, for a vocabulary that was made to be slow, and then
takes 20 steps for a million.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ArtifactCorrupt

_KEPT = 1 << 15
_LONGEST_KEPT = 64


class PackedIndex(dict[str, int | None]):
    """The number of a string, or None, by `[]`; remembers what it was asked, up to 32,768 strings, which bounds the
    memory to some megabytes, then forgets them all. May be used from several threads.

    Raises ArtifactCorrupt where the arrays do not fit together.
    """

    def __init__(
        self,
        blob: NDArray[Any],
        offsets: NDArray[Any],
        starts: NDArray[Any],
        order: NDArray[Any],
    ) -> None:
        offsets, starts, order = (np.ascontiguousarray(one, np.uint32).reshape(-1) for one in (offsets, starts, order))
        check_offsets(offsets, len(blob))
        if not _is_table(starts, order, len(offsets) - 1):
            raise ArtifactCorrupt("a vocabulary whose table of entries does not fit to them")
        self._blob, self._offsets, self._order = (
            np.ascontiguousarray(blob, np.uint8).reshape(-1).data,
            offsets.data,
            order.data,
        )
        self._starts, self._shift = starts.data, _shift(len(starts) - 1)

    def __missing__(self, entry: str) -> int | None:
        number = self._found(entry.encode("utf-8", "surrogatepass"))
        if len(entry) <= _LONGEST_KEPT:
            if len(self) >= _KEPT:
                self.clear()
            self[entry] = number
        return number

    def _found(self, wanted: bytes) -> int | None:
        bucket, order = crc32(wanted) >> self._shift, self._order
        first, last = self._starts[bucket], self._starts[bucket + 1]
        if last - first > 1:
            first = bisect_left(order, wanted, first, last, key=self._entry)
        if first < last and self._entry(order[first]) == wanted:
            return order[first]
        return None

    def _entry(self, number: int) -> bytes:
        return self._blob[self._offsets[number] : self._offsets[number + 1]].tobytes()


def index_table(entries: list[bytes]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """`starts` and `order` for these strings."""
    buckets = 1 << max(len(entries) - 1, 1).bit_length()
    hashes = np.fromiter(map(crc32, entries), np.uint32, len(entries))
    by_bytes = np.array(sorted(range(len(entries)), key=entries.__getitem__), np.uint32)
    bucket = hashes[by_bytes] >> np.uint32(_shift(buckets))
    starts = np.zeros(buckets + 1, np.uint32)
    np.cumsum(np.bincount(bucket, minlength=buckets), out=starts[1:])
    return starts, by_bytes[np.argsort(bucket, kind="stable")]


def in_utf8(entries: Iterable[str]) -> list[bytes]:
    """As they are in the blob: surrogates too, which texts may have."""
    return [entry.encode("utf-8", "surrogatepass") for entry in entries]


def check_offsets(offsets: NDArray[Any], length: int) -> None:
    """Raises ArtifactCorrupt where they are not those of strings that follow one another in so many bytes."""
    if not len(offsets) or offsets[0] != 0 or offsets[-1] > length or (offsets[1:] < offsets[:-1]).any():
        raise ArtifactCorrupt("a vocabulary whose entries overlap or lie outside of it")


def _shift(buckets: int) -> int:
    return 33 - buckets.bit_length()


def _is_table(starts: NDArray[Any], order: NDArray[Any], size: int) -> bool:
    buckets = len(starts) - 1
    if buckets < 2 or buckets & (buckets - 1) or len(order) != size or starts[0] != 0 or starts[-1] != size:
        return False
    return not (starts[1:] < starts[:-1]).any() and not (order >= size).any()
