"""What a number of answers looked like, as figures alone: how often each class, and the moments of a few numbers. Pure.

Profiles of two stretches of time add up to that of both, so that an hour is counted once and a day is a sum of hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import reduce
from typing import Self

import msgspec
import numpy as np
from numpy.typing import ArrayLike

ANSWERS, CONFIDENCE = "answers", "confidence"


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
        apart = other.mean - self.mean
        mean = self.mean + apart * other.rows / rows
        return Moments(rows, mean, self.squares + other.squares + apart * apart * self.rows * other.rows / rows)


class Profile(msgspec.Struct, frozen=True):
    """`answers`: how often each was given; `means`: by what was measured, such as `confidence` and `length`."""

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


def total(profiles: Iterable[Profile]) -> Profile:
    """All of them together."""
    return reduce(Profile.__add__, profiles, Profile())
