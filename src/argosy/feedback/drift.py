"""Drift without labels: how far what a model meets now is from what it was tested on. Pure.

Two samples are compared: the *reference*, which is the model's test part, and the *live* predictions of one version.

- **Answers**: the total variation distance of the two class mixes, the share of answers that would have to change
  class; and the difference in mean confidence.
- **Inputs**: the difference in mean length (of its logarithm, so as a ratio), and in the mean share of a text's words
  that no training text has. Test rows are new to the model too, so the reference has unseen words of its own.

Each comes with an interval and the p-value of "nothing changed". A distance is above zero by chance alone: its interval
is the basic bootstrap's, which takes that bias off, and its p-value is of distances under the pooled mix. Drift says
that something changed, never that the model got worse: it may ask for a retraining, and the gate decides on evidence.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from argosy.models.intervals import Floats

WORD: Final = re.compile(r"\w\w+")
RESAMPLES: Final = 2_000


@dataclass(frozen=True)
class Shift:
    """`value` is a distance, or live minus reference; `low` and `high` its interval at the confidence asked for."""

    value: float
    low: float
    high: float
    p_value: float
    reference: float | None = None
    """The mean of the reference, where there is one."""
    live: float | None = None

    def is_shown(self, confidence: float = 0.95) -> bool:
        """Whether chance alone hardly explains it."""
        return self.p_value < 1 - confidence


@dataclass(frozen=True)
class Drift:
    """What of a version's live predictions is not as it was on its test part; None where it cannot be told."""

    reference_rows: int
    live_rows: int
    answers: Shift | None
    confidence: Shift | None
    length: Shift | None
    """Of the natural logarithm of the length in characters."""
    vocabulary: Shift | None
    """Of the mean share of a text's words that no training text has."""

    def shown(self, confidence: float = 0.95) -> list[str]:
        """The names of the shifts that chance alone hardly explains.

        Four things are looked at, so that each must be four times as sure (Bonferroni).
        """
        named = {name: getattr(self, name) for name in ("answers", "confidence", "length", "vocabulary")}
        each = 1 - (1 - confidence) / len(named)
        return [name for name, shift in named.items() if shift is not None and shift.is_shown(each)]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Sample:
    """One side: each sequence is of the same rows, or empty where it is not known."""

    answers: Sequence[str]
    confidences: ArrayLike
    lengths: ArrayLike
    """In characters."""
    unseen: ArrayLike
    """Of each text the share of its words that no training text has."""


def drift(reference: Sample, live: Sample, confidence: float = 0.95, seed: int = 0) -> Drift:
    """Every shift that both samples have the columns for."""

    def means(name: str, logarithmic: bool = False) -> Shift | None:
        before, now = (np.asarray(getattr(side, name), np.float64) for side in (reference, live))
        if logarithmic:
            before, now = np.log1p(before), np.log1p(now)
        return mean_shift(before, now, confidence)

    return Drift(
        len(reference.answers),
        len(live.answers),
        mix_shift(Counter(reference.answers), Counter(live.answers), confidence, seed=seed),
        means("confidences"),
        means("lengths", logarithmic=True),
        means("unseen"),
    )


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
    shares = counts / rows[:, None]
    value = float(_distance(shares[0], shares[1]))
    random = np.random.default_rng(seed)
    draws = _distances(random, rows, shares[0], shares[1], resamples)
    pooled = counts.sum(axis=0) / rows.sum()
    by_chance = _distances(random, rows, pooled, pooled, resamples)
    tail = (1 - confidence) / 2
    low, high = 2 * value - np.quantile(draws, [1 - tail, tail])
    p_value = (1 + int(np.count_nonzero(by_chance >= value - 1e-12))) / (resamples + 1)
    return Shift(value, float(np.clip(low, 0, 1)), float(np.clip(high, 0, 1)), p_value)


def mean_shift(reference: Floats, live: Floats, confidence: float = 0.95) -> Shift | None:
    """The difference in means by Welch's test, live minus reference; None with fewer than two rows a side."""
    if min(len(reference), len(live)) < 2:
        return None
    from scipy.special import stdtr, stdtrit

    before, now = float(reference.mean()), float(live.mean())
    parts = np.array([side.var(ddof=1) / len(side) for side in (reference, live)])
    error, value = math.sqrt(parts.sum()), now - before
    if error == 0:
        return Shift(value, value, value, 1.0 if value == 0 else 0.0, before, now)
    freedom = parts.sum() ** 2 / (parts**2 / [len(reference) - 1, len(live) - 1]).sum()
    margin = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    p_value = min(1.0, 2 * float(stdtr(freedom, -abs(value) / error)))
    return Shift(value, value - margin, value + margin, p_value, before, now)


def words(text: str) -> list[str]:
    """What counts as a word here, lower case."""
    return WORD.findall(text.lower())


def unseen_shares(texts: Iterable[str], vocabulary: Collection[str]) -> list[float]:
    """Of each text the share of its words that are not in the vocabulary; 0 for a text without words."""
    found = [words(text) for text in texts]
    return [sum(word not in vocabulary for word in row) / len(row) if row else 0.0 for row in found]


def _distances(
    random: np.random.Generator, rows: NDArray[np.int64], reference: Floats, live: Floats, resamples: int
) -> Floats:
    first = random.multinomial(rows[0], reference, resamples) / rows[0]
    second = random.multinomial(rows[1], live, resamples) / rows[1]
    return _distance(first, second)


def _distance(first: Floats, second: Floats) -> Floats:
    return np.asarray(np.abs(first - second).sum(axis=-1) / 2)
