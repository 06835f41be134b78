"""How far two samples are from each other: mixes of classes by their distance, means by Welch's test. Pure.

A distance is above zero by chance alone, with many
classes far above: its p-value is of distances under the pooled mix (a parametric bootstrap test). Its interval holds
at least as often as it says, whatever changed: downwards by the triangle inequality it takes off all that noise can
have added, upwards, since a distance is too large on average (Jensen's inequality), only how far it varies; both from
the bootstrap (Davison and Hinkley 1997). Means are compared by Welch's test (Welch 1947).

In large samples a shift of no importance is beyond chance too, so each has a *size*, the share of rows that would have
to be others at least: of a distance itself, of means of shares (which lie between 0 and 1) their
difference, of other means the distance of two normal distributions whose means differ by as many standard deviations
(Cohen's d, 1988).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Self

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from argosy.statistics.intervals import Floats

RESAMPLES: Final = 2_000


class Moments(msgspec.Struct, frozen=True):
    """Of some numbers: how many, their mean, and the sum of squared distances from it."""

    rows: int = 0
    mean: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: ArrayLike) -> Self:
        """Those of the values themselves."""
        found = np.asarray(values, np.float64)
        if not found.size:
            return cls()
        mean = float(found.mean())
        return cls(found.size, mean, float(((found - mean) ** 2).sum()))

    @classmethod
    def of_sums(cls, rows: int, total: float, squares: float) -> Self:
        """The same from the sums of the values and of their squares, as a database gives them."""
        return cls(rows, total / rows, max(squares - total * total / rows, 0.0)) if rows else cls()

    @property
    def variance(self) -> float:
        """Unbiased; 0 of fewer than two."""
        return self.squares / (self.rows - 1) if self.rows > 1 else 0.0

    def __add__(self, other: Moments) -> Moments:
        """Those of both together (Chan, Golub and LeVeque 1979)."""
        rows = self.rows + other.rows
        if not rows:
            return self
        gap = other.mean - self.mean
        mean = self.mean + gap * other.rows / rows
        return Moments(rows, mean, self.squares + other.squares + gap * gap * self.rows * other.rows / rows)


class Shift(msgspec.Struct, frozen=True):
    """`value` is a distance, or live minus reference; `low` and `high` its interval at the confidence asked for."""

    value: float
    low: float
    high: float
    p_value: float
    """Of a shift as large where nothing changed."""
    size: float
    """From 0 to 1 and of one kind for all: the share of rows that would have to be others."""
    least_size: float
    """The size of the end of the interval that is nearer to no shift."""
    reference: float | None = None
    """The mean of the reference, where there is one."""
    live: float | None = None


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
    """The total variation distance of two normal distributions of that spread, whose means are at that distance."""
    if not spread:
        return float(distance > 0)
    return math.erf(distance / spread / (2 * math.sqrt(2)))


def _drawn(
    random: np.random.Generator, rows: NDArray[np.int64], first: Floats, second: Floats, resamples: int
) -> tuple[Floats, Floats]:
    """Shares of `rows` rows drawn from each mix, `resamples` times."""
    return random.multinomial(rows[0], first, resamples) / rows[0], random.multinomial(
        rows[1], second, resamples
    ) / rows[1]


def _distance(first: Floats, second: Floats) -> Floats:
    return np.asarray(np.abs(first - second).sum(axis=-1) / 2)
