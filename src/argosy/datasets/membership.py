"""Which rows a dataset has and in which part, as bytes, and the digest that names it.

Bytes: a format byte, then zlib over the number of rows (uint64), the differences between ascending revision ids
(int64) and the parts (uint8), little-endian. The digest is sha256 over (example id, revision, part) in the order of
example ids: the same rows in the same parts have the same digest, whatever cut chose them.
"""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
from numpy.typing import NDArray

from argosy.datasets.split import PartCodes
from argosy.errors import ArtifactCorrupt

RevisionIds = NDArray[np.int64]
_FORMAT = b"\x01"


def encode(revision_ids: RevisionIds, parts: PartCodes) -> bytes:
    """`revision_ids` ascending, `parts` the code of each."""
    count = np.array([len(revision_ids)], dtype="<u8").tobytes()
    steps = np.diff(revision_ids, prepend=np.int64(0)).astype("<i8").tobytes()
    return _FORMAT + zlib.compress(count + steps + parts.tobytes(), 1)


def decode(data: bytes) -> tuple[RevisionIds, PartCodes]:
    """The revision ids, ascending, and their parts."""
    if data[:1] != _FORMAT:
        raise ArtifactCorrupt(
            f"a dataset's membership has format {data[:1]!r}: a newer Argosy wrote it, or it is damaged"
        )
    raw = zlib.decompress(data[1:])
    count = int.from_bytes(raw[:8], "little")
    steps = np.frombuffer(raw, dtype="<i8", count=count, offset=8)
    parts = np.frombuffer(raw, dtype=np.uint8, count=count, offset=8 + 8 * count)
    return np.cumsum(steps), parts


def digest(words: NDArray[np.uint64], revisions: NDArray[np.int64], parts: PartCodes) -> str:
    """`words` are the example ids, see `split.id_words`."""
    order = np.lexsort((words[:, 1], words[:, 0]))
    record = np.dtype([("high", ">u8"), ("low", ">u8"), ("revision", ">u4"), ("part", "u1")])
    table = np.empty(len(order), dtype=record)
    table["high"], table["low"] = words[order, 0], words[order, 1]
    table["revision"], table["part"] = revisions[order], parts[order]
    return hashlib.sha256(b"argosy dataset 1\n" + table.tobytes()).hexdigest()
