"""Two models that answered the same rows: who was right where, packed, and tests of whether they differ.

What is packed is a bit a row: 375 bytes for 3,000 rows. Rows come in *rounds*: one for a validation part, one a fold,
one a repeated split. Rows of folds are all different and count as one sample, so McNemar's exact test applies (Q.
McNemar 1947, "Note on the sampling error of the difference between correlated proportions"). Repeated splits share
rows: there, the corrected resampled t-test compares the rounds (C. Nadeau and Y. Bengio 2003, "Inference for the
generalization error"). Pure, and without numpy, which a leaderboard does without.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from numpy.typing import NDArray

Round = tuple[int, int]
"""How many rows, and a whole number whose bits say which were right."""


def pack_right(rounds: Iterable[NDArray[Any]]) -> bytes:
    """One boolean array a round, of whether each row was answered rightly."""
    import numpy as np

    return msgspec.msgpack.encode([[len(right), np.packbits(right).tobytes()] for right in rounds])


def unpack_right(packed: bytes) -> list[Round]:
    """The rounds that were packed."""
    return [(rows, int.from_bytes(bits, "big")) for rows, bits in msgspec.msgpack.decode(packed)]


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
