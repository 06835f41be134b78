"""Which rows are learned from together, and at which pace. Pure: randomness comes in as a generator."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

RowNumbers = NDArray[np.int64]
_POOL = 16
"""Batches whose rows are sorted by length together: little padding, and still another order every epoch."""


def batches(lengths: RowNumbers, size: int, random: np.random.Generator) -> list[RowNumbers]:
    """Every row once, in batches of `size` rows of like length, in random order."""
    order = random.permutation(len(lengths))
    found: list[RowNumbers] = []
    for start in range(0, len(order), size * _POOL):
        pool = order[start : start + size * _POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        found += [pool[at : at + size] for at in range(0, len(pool), size)]
    return [found[number] for number in random.permutation(len(found))]


def by_length(lengths: RowNumbers, size: int) -> list[RowNumbers]:
    """Every row once, in the order of length: for answering, where order does not matter."""
    order = np.argsort(lengths, kind="stable")
    return [order[at : at + size] for at in range(0, len(order), size)]


def learning_rate_share(step: int, steps: int, warm_up: float) -> float:
    """The share of the learning rate at a step: up over the first `warm_up` of all steps, then down to nothing."""
    rising = max(1, math.ceil(steps * warm_up))
    if step < rising:
        return (step + 1) / rising
    return (steps - step) / max(1, steps - rising)
