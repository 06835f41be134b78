"""Which rows a model answered rightly, packed: what a result keeps so that two models can be compared later.

What is packed is a bit a row: 375 bytes for 3,000 rows; of lists of labels two bytes more, how many labels were rightly
answered and how many the row and its answer have together, which is all that micro-F1 needs; of numbers
no bits and how far each answer is from the truth, four bytes a row. Rows come in *rounds*: one
for a validation part, one a fold, one a repeated split. Unpacking bits needs no numpy, which a leaderboard of single
labels does without.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from argosy.statistics.paired_tests import Counted, Round

_LARGEST = 3e38  # what four bytes can hold


def pack_right(rounds: Iterable[NDArray[Any]], counts: Iterable[Counted] | None = None) -> bytes:
    """One boolean array a round, of whether each row was answered rightly; of lists of labels the counts too."""
    import numpy as np

    packed: list[list[Any]] = [[len(right), np.packbits(right).tobytes()] for right in rounds]
    for row, columns in zip(packed, counts or (), strict=False):
        row += [np.minimum(column, 255).astype(np.uint8).tobytes() for column in columns]
    return msgspec.msgpack.encode(packed)


def pack_errors(rounds: Iterable[NDArray[Any]]) -> bytes:
    """One array a round, of how far each row's number is from the truth."""
    import numpy as np

    return msgspec.msgpack.encode(
        [[len(errors), b"", np.minimum(errors, _LARGEST).astype("<f4").tobytes()] for errors in rounds]
    )


def unpack_errors(packed: bytes) -> list[NDArray[Any]]:
    """The rounds of numbers that were packed."""
    import numpy as np

    return [np.frombuffer(errors, "<f4").astype(np.float64) for _, _, errors in msgspec.msgpack.decode(packed)]


def unpack_right(packed: bytes) -> list[Round]:
    """The rounds that were packed."""
    return [(rows, int.from_bytes(bits, "big")) for rows, bits, *_ in msgspec.msgpack.decode(packed)]


def unpack_counts(packed: bytes) -> list[Counted]:
    """(labels rightly answered, labels of row and answer together) of each row of each round; empty where not kept."""
    import numpy as np

    columns = [rest for _, _, *rest in msgspec.msgpack.decode(packed)]
    return [(np.frombuffer(pair[0], np.uint8), np.frombuffer(pair[1], np.uint8)) for pair in columns if pair]
