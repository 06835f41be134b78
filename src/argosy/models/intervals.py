"""Confidence intervals by the bootstrap (Efron 1979), by array arithmetic.

Resampling rows and counting a confusion matrix is one multinomial draw over the matrix's cells, so accuracy and F1
never touch a row. A mean of row values is resampled row by row, or, of many rows, taken as normal, which its
bootstrap distribution then is to within the resampling's own error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_MANY_ROWS = 20_000
_CHUNK = 1 << 18  # row draws at a time: stays in the processor's cache


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


def resampled_means(values: Floats, random: np.random.Generator, resamples: int) -> Floats:
    """The mean of each of `resamples` draws of as many rows as there are, with replacement."""
    count = len(values)
    if count > _MANY_ROWS:
        return random.normal(values.mean(), values.std() / np.sqrt(count), resamples)
    at_once = max(1, _CHUNK // count)
    means = [
        values[random.integers(0, count, (min(at_once, resamples - done), count), np.int32)].mean(axis=1)
        for done in range(0, resamples, at_once)
    ]
    return np.concatenate(means)


def between(value: float, draws: Floats, confidence: float) -> Interval:
    """The percentile interval of the draws around the figure."""
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, (tail, 1 - tail))
    return Interval(float(value), float(low), float(high))
