"""An ordered list of distinct strings with a look-up: what a text adapter has learned to count.

A vocabulary is part of a model, in the clear. Packed it is four arrays: its entries as one UTF-8 blob, the offsets of
their bytes, and the table of `PackedIndex`, so that a memory-mapped artifact of any size opens without reading it, and
answers from the pages that all its processes share. The list and a look-up of Python objects are made on first use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ArtifactCorrupt
from argosy.models.packed_index import PackedIndex, check_offsets, in_utf8, index_table

Packed = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
"""The blob, `len + 1` offsets, and the two arrays of `index_table`."""


class Vocabulary:
    """Immutable; entry number `i` is feature number `i`."""

    def __init__(self, entries: Iterable[str]) -> None:
        self.entries = list(entries)

    @classmethod
    def unpack(cls, *packed: NDArray[Any]) -> Self:
        """The inverse of `pack`; reads nothing yet.

        Older artifacts have a blob and offsets in characters alone; those are read at once.
        """
        if len(packed) == 2:
            return cls(_in_characters(*packed))
        if len(packed) != 4:
            raise ArtifactCorrupt(f"a vocabulary of {len(packed)} arrays")
        vocabulary = cls.__new__(cls)
        blob, offsets, starts, order = packed
        vocabulary._packed = blob, offsets, starts, order
        return vocabulary

    def pack(self) -> Packed:
        """See `Packed`."""
        return self._packed

    @cached_property
    def _packed(self) -> Packed:
        each = in_utf8(self.entries)
        offsets = np.zeros(len(each) + 1, np.uint32)
        np.cumsum(np.fromiter(map(len, each), np.uint32, len(each)), out=offsets[1:])
        return np.frombuffer(b"".join(each), np.uint8), offsets, *index_table(each)

    @cached_property
    def entries(self) -> list[str]:
        blob, offsets = self._packed[:2]
        check_offsets(offsets, len(blob))
        whole = blob.tobytes()
        return [whole[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(offsets.tolist())]

    @cached_property
    def index(self) -> dict[str, int]:
        """The number of each entry: the fastest look-up, and the one that takes time and memory to build."""
        return dict(zip(self.entries, range(len(self.entries)), strict=True))

    @cached_property
    def find(self) -> Callable[[str], int | None]:
        """The number of an entry, or None. Builds nothing; may be called from several threads."""
        if "entries" in self.__dict__:
            return self.index.get
        return PackedIndex(*self._packed).__getitem__

    def numbers(self, entries: Sequence[str]) -> NDArray[np.int64]:
        """The number of each, -1 for one that is not there."""
        find = self.find if len(entries) < len(self) else self.index.get
        found = map(find, entries)
        return np.fromiter((-1 if number is None else number for number in found), np.int64, len(entries))

    def __len__(self) -> int:
        return len(self.entries) if "entries" in self.__dict__ else len(self._packed[1]) - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.entries == other.entries

    __hash__ = None  # type: ignore[assignment]  # compared by value, and large


def _in_characters(blob: NDArray[Any], offsets: NDArray[Any]) -> list[str]:
    text = blob.tobytes().decode("utf-8", "surrogatepass")
    check_offsets(offsets, len(text))
    return [text[start:end] for start, end in pairwise(offsets.tolist())]
