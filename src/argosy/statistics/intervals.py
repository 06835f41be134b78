"""Confidence intervals: by the bootstrap (Efron 1979), by array arithmetic; of one share by Wilson's score.

Resampling rows and counting a confusion matrix is one multinomial draw over the matrix's cells, so accuracy and F1
never touch a row. A mean of row values is resampled row by row, or, of many rows, taken as normal, which its
bootstrap distribution then is to within the resampling's own error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_MANY_ROWS = 20_000
_DRAWN = 1 << 26  # row numbers that are drawn at most: very many rows are resampled less often
_BLOCK = 1 << 22
_KEPT = 1 << 22  # draws times rows that may be kept between calls: 16 MB, twice


@dataclass(frozen=True)
class Interval:
    """A figure and the bounds that its true value is between, at the stated confidence."""

    value: float
    low: float
    high: float

    def to_dict(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high}


def resampled_confusions(
    confusion: NDArray[np.int64], random: np.random.Generator, resamples: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(counts of the cells in use in each resample, their true classes, their answers)."""
    true, answer = np.nonzero(confusion)
    cells = confusion[true, answer]
    return random.multinomial(cells.sum(), cells / cells.sum(), resamples), true, answer


def resampled_means(values: Floats, seed: int, resamples: int) -> Floats:
    """The mean of each of `resamples` draws of as many rows as there are, with replacement."""
    count = len(values)
    if count > _MANY_ROWS:
        random = np.random.default_rng(seed)
        return random.normal(values.mean(), values.std() / np.sqrt(count), resamples)
    if count * resamples <= _KEPT:
        return (_draws(count, seed, resamples) @ values.astype(np.float32)).astype(np.float64) / count
    random = np.random.default_rng(seed)
    return np.array([values[random.integers(0, count, count, np.int32)].mean() for _ in range(resamples)])


@lru_cache(maxsize=2)
def _draws(count: int, seed: int, resamples: int) -> NDArray[np.float32]:
    """(resamples, rows): how often each draw has each row. The same for every model that answers these rows."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, count, (resamples, count), np.int32)
    rows += (np.arange(resamples, dtype=np.int32) * count)[:, None]
    return np.bincount(rows.ravel(), minlength=resamples * count).reshape(resamples, count).astype(np.float32)


def resampled_sums(columns: Floats, seed: int, resamples: int) -> Floats:
    """(resamples, columns): the sums of rows of columns over as many rows as there are, drawn with replacement."""
    random, rows = np.random.default_rng(seed), len(columns)
    wanted = max(min(resamples, _DRAWN // rows), 100)
    few = columns.astype(np.float32)
    found = []
    for at in range(0, wanted, max(1, _BLOCK // rows)):
        size = min(max(1, _BLOCK // rows), wanted - at)
        drawn = random.integers(0, rows, (size, rows), np.int32) + (np.arange(size, dtype=np.int64) * rows)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(np.float32)
        found.append(weights @ few)
    return np.concatenate(found).astype(np.float64)


def percentile_interval(value: float, draws: Floats, confidence: float) -> Interval:
    """The percentile interval of the draws around the figure."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, (tail, 1 - tail))
    return Interval(float(value), float(low), float(high))


def wilson(hits: int, rows: int) -> Interval | None:
    """A share and its 95 % interval by Wilson's score (1927), which holds at 0, at 1 and with few rows."""
    if not rows:
        return None
    z = NormalDist().inv_cdf(0.975)
    share, spread = hits / rows, z * z / rows
    middle = (share + spread / 2) / (1 + spread)
    margin = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    return Interval(share, min(max(0.0, middle - margin), share), max(min(1.0, middle + margin), share))
