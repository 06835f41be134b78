"""Tests of whether two models that answered the same rows differ.

Rows come in *rounds*: one for a validation part, one a fold, one a repeated split. Rows of folds are all different and
count as one sample, so McNemar's exact test applies (Q. McNemar 1947, "Note on the sampling error of the difference
between correlated proportions"), and to two micro-F1 the delta method: each row's pull on either figure is known, and
the sum of the rows' differences is about normal. Repeated splits share rows: there, the corrected resampled t-test
compares the rounds (C. Nadeau and Y. Bengio 2003, "Inference for the generalization error").

A leaderboard of single labels asks for nothing but `mcnemar`, and so waits for the import of neither numpy nor scipy.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from argosy.statistics.intervals import Floats, Interval

    Counted = tuple[NDArray[Any], NDArray[Any]]

Round = tuple[int, int]
"""How many rows, and a whole number whose bits say which were right."""


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


def mean_error_p(first: Sequence[Floats], other: Sequence[Floats], overlap: float | None = None) -> float | None:
    """As `difference_p`, of the mean of errors, a row each: the paired t-test (Student 1908)."""
    if [len(errors) for errors in first] != [len(errors) for errors in other] or not first:
        return None
    import numpy as np

    if overlap is not None and len(first) > 1:
        return corrected_t([float((mine - theirs).mean()) for mine, theirs in zip(first, other, strict=True)], overlap)
    differences = np.concatenate(list(first)) - np.concatenate(list(other))
    mean, rows = float(differences.mean()), len(differences)
    spread = float(differences.std(ddof=1)) / math.sqrt(rows) if rows > 1 else 0.0
    if spread == 0:
        return 1.0 if mean == 0 or rows < 2 else 0.0
    from scipy.special import stdtr

    return min(1.0, 2 * float(stdtr(rows - 1, -abs(mean) / spread)))


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


def corrected_interval(values: Sequence[float], overlap: float, confidence: float = 0.95) -> Interval:
    """The mean of one figure a repeated split, with its t-interval by `corrected_error`."""
    from scipy.special import stdtrit

    from argosy.statistics.intervals import Interval

    mean = statistics.fmean(values)
    reach = float(stdtrit(len(values) - 1, (1 + confidence) / 2)) * corrected_error(values, overlap)
    return Interval(mean, mean - reach, mean + reach)


def significant(p_values: Mapping[str, float], confidence: float = 0.95) -> set[str]:
    """Which of many comparisons show a difference, all of them rightly with the confidence given.

    Holm's step-down ("A simple sequentially rejective multiple test procedure", 1979): the first of a thousand equals
    is far ahead of most by luck alone, which a test of each by itself would take for quality.
    """
    found: set[str] = set()
    for place, (name, p_value) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        if p_value >= (1 - confidence) / (len(p_values) - place):
            break
        found.add(name)
    return found
