"""What a number of answers looked like, as figures alone: how often each class, and the moments of a few numbers. Pure.

Profiles of two stretches of time add up to that of both, so that an hour is counted once and a day is a sum of hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import reduce

import msgspec

from argosy.statistics.shifts import Moments

ANSWERS, CONFIDENCE = "answers", "confidence"


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
