"""An ordered list of distinct strings with a look-up: what a text adapter has learned to count.

A vocabulary is part of a model, in the clear. It is packed as one UTF-8 blob and the offsets (in characters) of its
entries, so that a memory-mapped artifact opens without touching it; the list and the look-ups are made on first use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from argosy.models.packed_index import PackedIndex, Table, check_offsets, make_table


class Vocabulary:
    """Immutable; entry number `i` is feature number `i`."""

    def __init__(self, entries: Iterable[str]) -> None:
        self.entries = list(entries)

    @classmethod
    def unpack(cls, blob: NDArray[Any], offsets: NDArray[Any], *table: NDArray[np.uint32]) -> Self:
        """The inverse of `pack`; decodes nothing yet. `table`, where it has been made, is what finds entries."""
        vocabulary = cls.__new__(cls)
        vocabulary._packed = (blob, offsets)
        vocabulary._table = Table(*table) if table else None
        return vocabulary

    def pack(self) -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
        """The entries as one UTF-8 blob, and `len + 1` offsets in characters."""
        blob = "".join(self.entries).encode("utf-8", "surrogatepass")
        lengths = np.fromiter(map(len, self.entries), np.uint32, len(self.entries))
        offsets = np.zeros(len(self.entries) + 1, np.uint32)
        np.cumsum(lengths, out=offsets[1:])
        return np.frombuffer(blob, np.uint8), offsets

    @cached_property
    def entries(self) -> list[str]:
        blob, offsets = self._packed
        text = blob.tobytes().decode("utf-8", "surrogatepass")
        check_offsets(offsets, len(text))
        return [text[start:end] for start, end in pairwise(offsets.tolist())]

    @cached_property
    def index(self) -> dict[str, int]:
        """The number of each entry: the fastest look-up, and the one that takes time and memory to build."""
        return dict(zip(self.entries, range(len(self.entries)), strict=True))

    @cached_property
    def find(self) -> Callable[[str], int | None]:
        """The number of an entry, or None; makes nothing of each entry. May be called from several threads."""
        if "entries" in self.__dict__:
            return self.index.get
        return PackedIndex(self._packed[0], self._table or make_table(*self._packed)).__getitem__

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

    _packed: tuple[NDArray[Any], NDArray[Any]]
    _table: Table | None
