"""Two models that answered the same rows: who was right where, packed, and tests of whether they differ.

What is packed is a bit a row: 375 bytes for 3,000 rows; of lists of labels two bytes more, how many labels were rightly
answered and how many the row and its answer have together, which is all that micro-F1 needs. Rows come in *rounds*: one
for a validation part, one a fold, one a repeated split. Rows of folds are all different and count as one sample, so
McNemar's exact test applies (Q. McNemar 1947, "Note on the sampling error of the difference between correlated
proportions"), and to two micro-F1 the delta method: each row's pull on either figure is known, and the sum of the rows'
differences is about normal. Repeated splits share rows: there, the corrected resampled t-test compares the rounds
(C. Nadeau and Y. Bengio 2003, "Inference for the generalization error"). Pure; without numpy, which a leaderboard of
single labels does without.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counted = tuple[NDArray[Any], NDArray[Any]]

Round = tuple[int, int]
"""How many rows, and a whole number whose bits say which were right."""


def pack_right(rounds: Iterable[NDArray[Any]], counts: Iterable[Counted] | None = None) -> bytes:
    """One boolean array a round, of whether each row was answered rightly; of lists of labels the counts besides."""
    import numpy as np

    packed: list[list[Any]] = [[len(right), np.packbits(right).tobytes()] for right in rounds]
    for row, columns in zip(packed, counts or (), strict=False):
        row += [np.minimum(column, 255).astype(np.uint8).tobytes() for column in columns]
    return msgspec.msgpack.encode(packed)


def unpack_right(packed: bytes) -> list[Round]:
    """The rounds that were packed."""
    return [(rows, int.from_bytes(bits, "big")) for rows, bits, *_ in msgspec.msgpack.decode(packed)]


def unpack_counts(packed: bytes) -> list[Counted]:
    """(labels rightly answered, labels of row and answer together) of each row of each round; empty where not kept."""
    import numpy as np

    columns = [rest for _, _, *rest in msgspec.msgpack.decode(packed)]
    return [(np.frombuffer(pair[0], np.uint8), np.frombuffer(pair[1], np.uint8)) for pair in columns if pair]


def difference_p(first: Sequence[Round], other: Sequence[Round], overlap: float | None = None) -> float | None:
    """How likely chance alone makes two models differ so much or more; None where their rows are not the same.

    `overlap` is given for repeated splits: how many rows a round validates on for each that it learns from.
    """
    if [rows for rows, _ in first] != [rows for rows, _ in other] or not first:
        return None
    if overlap is not None:
        pairs = zip(first, other, strict=True)
        shares = [(mine.bit_count() - theirs.bit_count()) / rows for (rows, mine), (_, theirs) in pairs]
        return corrected_t(shares, overlap)
    bits = list(zip((mine for _, mine in first), (theirs for _, theirs in other), strict=True))
    return mcnemar(
        sum((mine & ~theirs).bit_count() for mine, theirs in bits),
        sum((theirs & ~mine).bit_count() for mine, theirs in bits),
    )


def micro_f1_p(first: Sequence[Counted], other: Sequence[Counted], overlap: float | None = None) -> float | None:
    """As `difference_p`, of micro-F1."""
    if [len(hits) for hits, _ in first] != [len(hits) for hits, _ in other] or not first:
        return None
    import numpy as np

    if overlap is not None:
        pairs = zip(first, other, strict=True)
        return corrected_t([_micro_f1(*mine)[0] - _micro_f1(*theirs)[0] for mine, theirs in pairs], overlap)
    sides = [[np.concatenate(column) for column in zip(*side, strict=True)] for side in (first, other)]
    (mine, pulls), (theirs, others) = (_micro_f1(hits, sizes) for hits, sizes in sides)
    spread = math.sqrt(float(((pulls - others) ** 2).sum()))
    return math.erfc(abs(mine - theirs) / spread / math.sqrt(2)) if spread else 1.0


def _micro_f1(hits: NDArray[Any], sizes: NDArray[Any]) -> tuple[float, NDArray[Any]]:
    """The figure, and how much each row pulls it up or down."""
    total = max(float(sizes.sum()), 1.0)
    value = 2 * float(hits.sum()) / total
    return value, (2.0 * hits - value * sizes) / total


def mcnemar(lost: int, won: int) -> float:
    """The exact two-sided p-value of "a disagreement is as likely to go either way"."""
    rows, fewer = lost + won, min(lost, won)
    term = math.exp(math.lgamma(rows + 1) - math.lgamma(fewer + 1) - math.lgamma(rows - fewer + 1) - rows * math.log(2))
    tail = 0.0
    for count in range(fewer, -1, -1):  # the binomial's tail from its largest term down
        tail += term
        term *= count / (rows - count + 1)
        if term < tail * 1e-17:
            break
    return min(1.0, 2 * tail)


def corrected_t(differences: Sequence[float], overlap: float) -> float:
    """The two-sided p-value of "no difference", given one difference a repeated split."""
    mean = statistics.fmean(differences)
    spread = corrected_error(differences, overlap)
    if spread == 0:
        return 1.0 if mean == 0 else 0.0
    from scipy.special import stdtr

    return min(1.0, 2 * float(stdtr(len(differences) - 1, -abs(mean) / spread)))


def corrected_error(values: Sequence[float], overlap: float) -> float:
    """The standard error of the mean over repeated splits, whose rounds share rows and so vary too little."""
    return math.sqrt((1 / len(values) + overlap) * statistics.variance(values))
