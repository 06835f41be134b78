"""Drift without labels: how far what a model meets now is from what it was tested on. Pure.

Two profiles are compared: the *reference*, which is the model's test part, and the *live* answers of one version.

- **Answers**: the total variation distance of the two class mixes, the share of answers that would have to change
  class; and the difference in mean confidence.
- **Inputs**: the difference in mean length (of its logarithm, so as a ratio), in the mean share of a text's words that
  no training text has (test rows are new to the model too, so the reference has unseen words of its own), and in the
  mean of each numeric field.

Each comes with an interval and the p-value of "nothing changed". A distance is above zero by chance alone, with many
classes far above: its p-value is of distances under the pooled mix (a parametric bootstrap test). Its interval holds
at least as often as it says, whatever changed: downwards by the triangle inequality it takes off all that noise can
have added, upwards, since a distance is too large on average (Jensen's inequality), only how far it varies; both from
the bootstrap (Davison and Hinkley 1997). Means are compared by Welch's test (Welch 1947). Drift says that something
changed, never that the model got worse: it may ask for a retraining, and the gate decides on evidence.

With much traffic a shift of no importance is beyond chance too, so each has a *size*, the share of rows that would have
to be others at least: of a distance itself, of means of shares and confidences (which lie between 0 and 1) their
difference, of other means the distance of two normal distributions so many standard deviations apart (Cohen's d, 1988).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from argosy.feedback.input_profile import VOCABULARY
from argosy.models.intervals import Floats
from argosy.predictions.looks import Drift, Shift
from argosy.predictions.profiles import ANSWERS, CONFIDENCE, Moments, Profile

RESAMPLES: Final = 2_000
SHARES: Final = {CONFIDENCE, VOCABULARY}


def drift(reference: Profile, live: Profile, confidence: float = 0.95, seed: int = 0) -> Drift:
    """Every shift of what both profiles have."""
    shifts = {ANSWERS: mix_shift(reference.answers, live.answers, confidence, seed=seed)}
    for name, before in reference.means.items():
        if name in live.means:
            shifts[name] = mean_shift(before, live.means[name], confidence, is_share=name in SHARES)
    told = {name: shift for name, shift in shifts.items() if shift is not None}
    return Drift(reference.rows, live.rows, told)


def mix_shift(
    reference: Mapping[str, int],
    live: Mapping[str, int],
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Shift | None:
    """The total variation distance of two class mixes, given as counts; None where a side has no row."""
    classes = sorted({*reference, *live})
    counts = np.array([[side.get(name, 0) for name in classes] for side in (reference, live)], np.float64)
    rows = counts.sum(axis=1).astype(np.int64)
    if not rows.all():
        return None
    first, second = counts / rows[:, None]
    pooled = counts.sum(axis=0) / rows.sum()
    value = float(_distance(first, second))
    random = np.random.default_rng(seed)
    by_chance = _distance(*_drawn(random, rows, pooled, pooled, resamples))
    p_value = (1 + int(np.count_nonzero(by_chance >= value - 1e-12))) / (resamples + 1)
    tail = (1 - confidence) / 2
    firsts, seconds = _drawn(random, rows, first, second, resamples)
    noise = float(np.quantile(_distance(firsts - first, seconds - second), 1 - tail))
    around = _distance(firsts, seconds)
    high = min(value + float(around.mean() - np.quantile(around, tail)), 1.0)
    low = max(value - noise, 0.0)
    return Shift(value, low, high, p_value, value, low)


def mean_shift(reference: Moments, live: Moments, confidence: float = 0.95, *, is_share: bool = False) -> Shift | None:
    """The difference in means by Welch's test, live minus reference; None with fewer than two rows a side."""
    if min(reference.rows, live.rows) < 2:
        return None
    from scipy.special import stdtr, stdtrit

    value = live.mean - reference.mean
    spread = math.sqrt((reference.variance + live.variance) / 2)
    parts = np.array([side.variance / side.rows for side in (reference, live)])
    error, margin, p_value = math.sqrt(parts.sum()), 0.0, float(value == 0)
    if error:
        freedom = parts.sum() ** 2 / (parts**2 / [reference.rows - 1, live.rows - 1]).sum()
        margin = float(stdtrit(freedom, (1 + confidence) / 2)) * error
        p_value = min(1.0, 2 * float(stdtr(freedom, -abs(value) / error)))
    size, least_size = (
        distance if is_share else overlap_lost(distance, spread)
        for distance in (abs(value), max(abs(value) - margin, 0.0))
    )
    return Shift(value, value - margin, value + margin, p_value, size, least_size, reference.mean, live.mean)


def overlap_lost(distance: float, spread: float) -> float:
    """The total variation distance of two normal distributions of that standard deviation, their means so far apart."""
    if not spread:
        return float(distance > 0)
    return math.erf(distance / spread / (2 * math.sqrt(2)))


def _drawn(
    random: np.random.Generator, rows: NDArray[np.int64], first: Floats, second: Floats, resamples: int
) -> tuple[Floats, Floats]:
    """Shares of so many rows drawn from each mix, `resamples` times."""
    return random.multinomial(rows[0], first, resamples) / rows[0], random.multinomial(
        rows[1], second, resamples
    ) / rows[1]


def _distance(first: Floats, second: Floats) -> Floats:
    return np.asarray(np.abs(first - second).sum(axis=-1) / 2)
