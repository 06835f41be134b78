"""Figures of many answers: how often each class was answered, and the moments of a few numbers. Pure.

Profiles of two stretches of time add up to that of both, so that an hour is counted once and a day is a sum of hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import reduce

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from argosy.statistics.shifts import Moments

ANSWERS, CONFIDENCE, NUMBER = "answers", "confidence", "number"


class Profile(msgspec.Struct, frozen=True):
    """`answers`: how often each was given; `means`: by what was measured, such as `confidence` and `length`.

    Where answers are numbers, all of them are counted as one, `number`, whose mean is that of the answers.
    """

    answers: dict[str, int] = {}
    means: dict[str, Moments] = {}

    @property
    def rows(self) -> int:
        return sum(self.answers.values())

    def __add__(self, other: Profile) -> Profile:
        means = dict(self.means)
        for name, moments in other.means.items():
            means[name] = means.get(name, Moments()) + moments
        return Profile(dict(Counter(self.answers) + Counter(other.answers)), means)


def number_profile(values: ArrayLike, counts: ArrayLike) -> Profile:
    """Of answers that are numbers, each given as often as its count says."""
    numbers, weights = np.asarray(values, np.float64), np.asarray(counts, np.float64)
    rows = int(weights.sum())
    if not rows:
        return Profile()
    mean = float(numbers @ weights / rows)
    return Profile({NUMBER: rows}, {NUMBER: Moments(rows, mean, float((numbers - mean) ** 2 @ weights))})


def total(profiles: Iterable[Profile]) -> Profile:
    """All of them together."""
    return reduce(Profile.__add__, profiles, Profile())
