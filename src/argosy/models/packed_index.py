"""A look-up of strings in one blob of UTF-8: no object is made of them, so that a large one is ready in a moment.

The strings are sorted into about as many buckets as there are of them: their bytes, read as one number, are taken
modulo a number that each process draws, and multiplied by another (multiply-shift hashing, Dietzfelbinger et al. 1997),
so that nobody can choose strings that share a bucket. All of it is array arithmetic, and may be done by another process
that was told the two numbers; what is looked up is remembered.
"""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ArtifactCorrupt

_KEPT = 1 << 15
_LONGEST_KEPT = 64
_BELOW = 1 << 64
_SHORT = 63
"""The most bytes of strings that are hashed together; longer ones are few."""
_AT_ONCE = 1 << 17


class HashDraw(NamedTuple):
    """What a hash depends on: odd numbers of 49 to 50 and of 64 bits."""

    modulus: int
    """The sum of 64 remainders times a byte, and one more, is a number of 64 bits."""
    factor: int

    def hash(self, string: bytes) -> int:
        """Of the string after a one, so that zeros before it count."""
        return int.from_bytes(b"\1" + string) % self.modulus


OWN = HashDraw((1 << 49) + 2 * secrets.randbelow(1 << 48) + 1, 2 * secrets.randbelow(1 << 63) + 1)
"""This process's."""


class Table(NamedTuple):
    """Where each string begins in the blob, one more at the end; where each bucket begins in `order`, one more at the
    end; the numbers of the strings by bucket."""

    places: NDArray[np.uint32]
    starts: NDArray[np.uint32]
    order: NDArray[np.uint32]


class PackedIndex(dict[str, int | None]):
    """The number of a string, or None, by `[]`; remembers what it was asked, up to 32,768 strings, which bounds the
    memory to some megabytes, then forgets them all. May be used from several threads.

    The table is one that was made with this process's draw.
    """

    def __init__(self, blob: NDArray[Any], table: Table) -> None:
        self._blob, self._places = _flat(blob).data, table.places.data
        self._starts, self._order = table.starts.data, table.order.data
        self._shift = _shift(len(table.starts) - 1)

    def __missing__(self, entry: str) -> int | None:
        number = self._found(entry.encode("utf-8", "surrogatepass"))
        if len(entry) <= _LONGEST_KEPT:
            if len(self) >= _KEPT:
                self.clear()
            self[entry] = number
        return number

    def _found(self, wanted: bytes) -> int | None:
        bucket = OWN.hash(wanted) * OWN.factor % _BELOW >> self._shift
        for place in range(self._starts[bucket], self._starts[bucket + 1]):
            number: int = self._order[place]
            if self._blob[self._places[number] : self._places[number + 1]] == wanted:
                return number
        return None


def make_table(blob: NDArray[Any], offsets: NDArray[Any], draw: HashDraw = OWN) -> Table:
    """`offsets` are in characters, one more than there are strings. Raises ArtifactCorrupt where they do not fit."""
    blob = _flat(blob)
    places = _in_bytes(blob, offsets)
    size = len(places) - 1
    buckets = 1 << max(size - 1, 1).bit_length()
    bucket = (_hashes(blob, places, draw) * np.uint64(draw.factor) >> np.uint64(_shift(buckets))).astype(np.int64)
    starts = np.zeros(buckets + 1, np.uint32)
    np.cumsum(np.bincount(bucket, minlength=buckets), out=starts[1:])
    return Table(places, starts, np.argsort(bucket, kind="stable").astype(np.uint32))


def check_offsets(offsets: NDArray[Any], length: int) -> None:
    """Raises ArtifactCorrupt where they are not those of strings that follow one another in so many characters."""
    if not len(offsets) or offsets[-1] > length or (offsets[1:] < offsets[:-1]).any():
        raise ArtifactCorrupt("a vocabulary whose entries overlap or lie outside of it")


def _flat(blob: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(blob, np.uint8).reshape(-1)


def _shift(buckets: int) -> int:
    return 65 - buckets.bit_length()


def _in_bytes(blob: NDArray[np.uint8], offsets: NDArray[Any]) -> NDArray[np.uint32]:
    """Where each string begins in the blob."""
    offsets = np.ascontiguousarray(offsets, np.uint32).reshape(-1)
    begins = np.flatnonzero((blob & 0xC0) != 0x80)  # a byte that continues a character is 10xxxxxx
    check_offsets(offsets, len(begins))
    if len(begins) == len(blob):
        return offsets
    return np.append(begins, len(blob)).astype(np.uint32)[offsets]


def _hashes(blob: NDArray[np.uint8], places: NDArray[np.uint32], draw: HashDraw) -> NDArray[np.uint64]:
    """The hash of each string, by few calls."""
    powers = np.array([pow(256, place, draw.modulus) for place in range(_SHORT + 1)], np.uint64)
    begins, ends = places[:-1].astype(np.int64), places[1:].astype(np.int64)
    lengths = ends - begins
    hashes: NDArray[np.uint64] = powers[np.minimum(lengths, _SHORT)]  # of the one before each string
    there = np.flatnonzero(lengths)
    for first in range(0, len(there), _AT_ONCE):
        some = there[first : first + _AT_ONCE]
        begin, end = int(begins[some[0]]), int(ends[some[-1]])
        behind = np.repeat(ends[some] - 1, lengths[some]) - np.arange(begin, end)
        weighed = powers[np.minimum(behind, _SHORT)] * blob[begin:end]
        hashes[some] += np.add.reduceat(weighed, begins[some] - begin)
    hashes %= np.uint64(draw.modulus)
    for number in np.flatnonzero(lengths > _SHORT).tolist():
        hashes[number] = draw.hash(blob[places[number] : places[number + 1]].tobytes())
    return hashes
