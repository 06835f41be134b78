"""How well probabilities agree with what comes true: bins of answers, and the expected calibration error. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from argosy.statistics.intervals import Floats, Interval, wilson


@dataclass(frozen=True)
class Bin:
    """Answers of about the same probability, and how many of them were right."""

    rows: int
    probability: float
    right: Interval


def calibration_bins(probabilities: Floats, right: NDArray[np.bool_], bins: int = 10) -> list[Bin]:
    """Answers in bins of as many rows each, by the probability of the answer, the least sure first."""
    order = np.argsort(probabilities, kind="stable")
    found = []
    for rows in np.array_split(order, min(bins, max(1, len(order) // 10))):
        share = wilson(int(right[rows].sum()), len(rows))
        if share is not None:
            found.append(Bin(len(rows), float(probabilities[rows].mean()), share))
    return found


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """How far probabilities are from what comes true, on average over the rows (expected calibration error)."""
    rows = sum(one.rows for one in bins)
    return sum(one.rows * abs(one.probability - one.right.value) for one in bins) / rows if rows else None


def confidence_gap(bins: Sequence[Bin]) -> float:
    """Mean confidence minus accuracy: above 0 the model is overconfident."""
    rows = sum(one.rows for one in bins)
    return sum(one.rows * (one.probability - one.right.value) for one in bins) / max(rows, 1)
