"""Two models that estimated numbers for the same rows: how much nearer the second one is, and whether by chance.

A *gain* is how much smaller the second model's error on a row is than the first's; rows may have weights, see
`weighted_pairs`. The test is the randomization test by sign flips (Fisher 1935, "The design of experiments"; Pitman
1937): under "no difference" a gain is as likely to be a loss of the same size. With many rows the sum of the flips is
as good as normal. As with weighted answers, where weights differ one more of the largest gains, with the weight that
the heaviest row has over the lightest, counts against whichever model leads.
"""

from __future__ import annotations

import math

import numpy as np

from argosy.statistics.intervals import Floats, resampled_sums
from argosy.statistics.weighted_pairs import Weights

FLIPS = 200_000
_MANY_ROWS = 1000
_SIGNS = 20_000_000  # that are drawn at most
_BLOCK_SIGNS = 100_000  # at once: what a processor's cache holds


def mean_gain(gains: Floats, weights: Weights) -> float:
    """How much smaller the second model's mean error is, in the rows that these stand for."""
    return float(gains @ weights / weights.sum())


def gain_interval(gains: Floats, weights: Weights, confidence: float, resamples: int, seed: int) -> tuple[float, float]:
    """The paired bootstrap's percentile interval for `mean_gain`."""
    scale = float(np.abs(gains).max()) or 1.0
    sums = resampled_sums(np.column_stack([gains / scale * weights, weights]), seed, resamples)
    tail = (1 - confidence) / 2
    low, high = np.quantile(scale * sums[:, 0] / sums[:, 1], [tail, 1 - tail])
    return float(low), float(high)


def gain_p(gains: Floats, weights: Weights, seed: int) -> float:
    """The two-sided p-value of "no difference"."""
    scale = float(np.abs(gains).max())
    if not scale:
        return 1.0
    pulls = gains / scale * weights
    unseen = float(np.ptp(weights))
    lead = abs(float(pulls.sum())) - unseen
    if lead <= 0:
        return 1.0
    if len(pulls) > _MANY_ROWS:
        spread = math.sqrt(float((pulls**2).sum()) + unseen**2)
        return math.erfc(lead / spread / math.sqrt(2))
    random, extreme = np.random.default_rng(seed), 0
    flips, block, total = min(FLIPS, _SIGNS // len(pulls)), _BLOCK_SIGNS // len(pulls), float(pulls.sum())
    for at in range(0, flips, block):
        size = min(block, flips - at)
        kept = random.integers(0, 2, (size, len(pulls)), np.int8).astype(np.float64)
        sums = 2.0 * (kept @ pulls) - total + unseen * (2 * random.integers(0, 2, size) - 1)
        extreme += int(np.count_nonzero(sums >= lead - 1e-9))
    return min(1.0, 2 * (extreme + 1) / (flips + 1))
