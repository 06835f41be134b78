"""Two models that answered the same rows, where rows have weights: how much they differ, and whether by chance.

A row that was drawn with probability p stands for 1 / p rows (Horvitz and Thompson 1952, "A generalization of sampling
without replacement from a finite universe"), so that rows drawn with unequal chances measure without bias (Sawade,
Landwehr, Bickel and Scheffer 2010, "Active risk estimation"; Kossen, Farquhar, Gal and Rainforth 2021, "Active
testing"). An *outcome* is 1 where only the second model is right, -1 where only the first is, 0 where they agree.

With equal weights the test is McNemar's. Otherwise it is the randomization test by sign flips: under "no difference"
a row where the models differ is as likely to favour either, whatever its weight. The flips alone are too bold: the
rows that stand for most are drawn least, and the one that would have turned the sum may be missing. So one more such
row counts against whichever model leads, with the weight that the heaviest row has over the lightest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Outcomes = NDArray[np.int8]
Weights = NDArray[np.float64]

FLIPS = 200_000
_CELLS = 4_000_000  # of one block of draws: 32 MB


def are_equal(weights: Weights) -> bool:
    """Whether no row stands for more than another."""
    return not len(weights) or bool(np.ptp(weights) <= 1e-9 * weights.max())


def mean_difference(outcomes: Outcomes, weights: Weights) -> float:
    """The second model's accuracy minus the first's, in the rows that these stand for (Hájek 1971)."""
    return float(outcomes @ weights / weights.sum())


def difference_interval(
    outcomes: Outcomes, weights: Weights, confidence: float, resamples: int, seed: int
) -> tuple[float, float]:
    """The paired bootstrap's percentile interval for `mean_difference`.

    Rows of one weight and outcome are one cell, and a resample is one draw from a multinomial over the cells, so the
    cost grows with the different weights and not with the rows.
    """
    cells, counts = np.unique(np.column_stack([weights, outcomes]), axis=0, return_counts=True)
    values, signs = cells.T
    random, rows = np.random.default_rng(seed), len(outcomes)
    found = []
    for size in _blocks(resamples, len(cells)):
        draws = random.multinomial(rows, counts / rows, size)
        found.append((draws @ (values * signs)) / (draws @ values))
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.concatenate(found), [tail, 1 - tail])
    return float(low), float(high)


def sign_flip_p(outcomes: Outcomes, weights: Weights, seed: int, flips: int = FLIPS) -> float:
    """The two-sided p-value of "no difference", by `flips` random flips; see the module for what is added to them.

    It is never below 2 / (flips + 1) (Phipson and Smyth 2010, "Permutation p-values should never be zero").
    """
    unseen = float(np.ptp(weights))
    lead = abs(float(outcomes @ weights)) - unseen
    if lead <= 0:
        return 1.0
    values, counts = np.unique(weights[outcomes != 0], return_counts=True)
    random, extreme = np.random.default_rng(seed), 0
    for size in _blocks(flips, len(values)):
        sums = (2 * random.binomial(counts, 0.5, (size, len(values))) - counts) @ values
        sums += unseen * (2 * random.integers(0, 2, size) - 1)
        extreme += int(np.count_nonzero(sums >= lead - 1e-9))
    return min(1.0, 2 * (extreme + 1) / (flips + 1))


def _blocks(rows: int, columns: int) -> list[int]:
    """The sizes of the blocks in which `rows` draws of `columns` numbers are made."""
    size = max(1, _CELLS // max(columns, 1))
    return [min(size, rows - done) for done in range(0, rows, size)]
