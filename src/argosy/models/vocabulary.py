"""An ordered list of distinct strings with a look-up: what a text adapter has learned to count.

A vocabulary is part of a model, in the clear. It is packed as one UTF-8 blob and the offsets (in characters) of its
entries, so that a memory-mapped artifact opens without touching it; the list and the look-up are built on first use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ArtifactCorrupt

CHUNK = 512
"""Entries at a time: one call that builds a large look-up would hold the interpreter for its whole duration."""


class Vocabulary:
    """Immutable; entry number `i` is feature number `i`."""

    def __init__(self, entries: Iterable[str]) -> None:
        self.entries = list(entries)

    @classmethod
    def unpack(cls, blob: NDArray[np.uint8], offsets: NDArray[np.uint32]) -> Self:
        """The inverse of `pack`; decodes nothing yet."""
        vocabulary = cls.__new__(cls)
        vocabulary._packed = (blob, offsets)
        return vocabulary

    def pack(self) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
        """The entries as one UTF-8 blob, and `len + 1` offsets in characters."""
        blob = "".join(self.entries).encode("utf-8", "surrogatepass")
        lengths = np.fromiter(map(len, self.entries), np.uint32, len(self.entries))
        offsets = np.zeros(len(self.entries) + 1, np.uint32)
        np.cumsum(lengths, out=offsets[1:])
        return np.frombuffer(blob, np.uint8), offsets

    def build(self, pause: Callable[[], None]) -> None:
        """Build the list and the look-up now, pausing every CHUNK entries: for a thread next to one that answers."""
        if "entries" not in self.__dict__:
            self.entries = self._unpacked(pause)
        if "index" not in self.__dict__:
            self.index = self._indexed(pause)

    def discard(self, pause: Callable[[], None]) -> None:
        """Free both, a chunk at a time too. Nobody may use the vocabulary after it."""
        index, entries = self.__dict__.pop("index", {}), self.__dict__.pop("entries", [])
        while entries:
            for _ in range(min(CHUNK, len(index))):
                index.popitem()
            del entries[-CHUNK:]
            pause()

    @cached_property
    def entries(self) -> list[str]:
        return self._unpacked(_no_pause)

    @cached_property
    def index(self) -> dict[str, int]:
        """The number of each entry."""
        return self._indexed(_no_pause)

    def _unpacked(self, pause: Callable[[], None]) -> list[str]:
        blob, offsets = self._packed
        text = blob.tobytes().decode("utf-8", "surrogatepass")
        if len(offsets) and (offsets[-1] > len(text) or (offsets[1:] < offsets[:-1]).any()):
            raise ArtifactCorrupt("a vocabulary whose entries overlap or lie outside of it")
        entries: list[str] = []
        for first in range(0, len(offsets) - 1, CHUNK):
            entries += [text[start:end] for start, end in pairwise(offsets[first : first + CHUNK + 1].tolist())]
            pause()
        return entries

    def _indexed(self, pause: Callable[[], None]) -> dict[str, int]:
        index: dict[str, int] = {}
        for first in range(0, len(self.entries), CHUNK):
            chunk = self.entries[first : first + CHUNK]
            index.update(zip(chunk, range(first, first + len(chunk)), strict=True))
            pause()
        return index

    def __len__(self) -> int:
        return len(self.entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]  # compared by value, and large

    _packed: tuple[NDArray[np.uint8], NDArray[np.uint32]]


def _no_pause() -> None:
    """A process that builds alone yields to nobody."""
