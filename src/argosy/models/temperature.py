"""Probabilities of a model that has none of its own: a softmax of its scores over one temperature (Guo et al. 2017).

One number, learned on the validation part and stored with the model. It cannot change which class is highest, so that
an answer and its probabilities agree. A model trained without rows to learn it from has the temperature 1, and its
probabilities are called uncalibrated: they are in the right order and mean nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Final, Self

import numpy as np

from argosy.models.answers import Codes, Scores, confidence

METHOD: Final = "temperature"
_STEPS = 60
_RANGE: Final = (1e-3, 1e5)
"""Of the factor, for scores whose typical distance from the highest is 1."""
_is_learned: ContextVar[bool] = ContextVar("is_learned", default=True)


@dataclass(frozen=True)
class Temperature:
    """`rows` says on how many it was learned."""

    value: float
    rows: int

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Raises ValueError, KeyError or TypeError on what `to_dict` did not give."""
        value, rows = float(stored["value"]), int(stored["rows"])
        if stored["method"] != METHOD or not (isfinite(value) and value > 0):
            raise ValueError(f"a calibration by {stored['method']} with the value {value}")
        return cls(value, rows)

    def to_dict(self) -> dict[str, Any]:
        return {"method": METHOD, **asdict(self)}


@contextmanager
def without_temperature(is_without: bool) -> Iterator[None]:
    """Within the block none is learned, as before there were any: a model of then comes out again bit for bit."""
    token = _is_learned.set(not is_without)
    try:
        yield
    finally:
        _is_learned.reset(token)


def learn_temperature(scores: Scores, codes: Codes) -> Temperature | None:
    """The likeliest, as if one row of every class had been seen besides; None without rows of known classes."""
    known = codes >= 0
    margins = _margins(scores[known])
    if not _is_learned.get() or not len(margins):
        return None
    scale = float(np.abs(margins).mean()) or 1.0
    x, truth = margins / scale, codes[known]
    rows, classes = x.shape
    target = np.full_like(x, 1 / (rows + classes))
    target[np.arange(rows), truth] += rows / (rows + classes)
    return Temperature(scale / _likeliest_factor(x, target), rows)


def probabilities_of(scores: Scores, temperature: Temperature | None) -> Scores:
    """(n, classes), rows summing to one, of scores without a scale."""
    with np.errstate(over="ignore"):
        powers = np.exp(_margins(scores) / (1.0 if temperature is None else temperature.value))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def answer_confidence(
    scores: Scores, has_probabilities: bool, temperature: Temperature | None, thresholds: Scores | None = None
) -> Scores:
    """(n,): how sure each answer is; see `confidence`. Of scores with a temperature, the highest probability."""
    if has_probabilities or temperature is None:
        return confidence(scores, has_probabilities, thresholds)
    return confidence(probabilities_of(scores, temperature), True, thresholds)


def _margins(scores: Scores) -> Scores:
    """(n, classes): how far each score is below its row's highest; a distance beyond a float's range is infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))


def _likeliest_factor(x: Scores, target: Scores) -> float:
    """Newton's method on the logarithm's convex loss, each step kept within the range."""
    low, high = _RANGE
    factor = 1.0
    for _ in range(_STEPS):
        chance = np.exp(factor * x)
        chance /= chance.sum(axis=1, keepdims=True)
        mean = (chance * x).sum(axis=1)
        slope = float(mean.sum() - (target * x).sum())
        low, high = (low, factor) if slope > 0 else (factor, high)
        bend = float((chance * (x - mean[:, None]) ** 2).sum())
        step = factor - slope / bend if bend > 0 else factor
        following = step if low < step < high else (low * high) ** 0.5
        if abs(following - factor) <= 1e-12 * factor:
            break
        factor = following
    return factor
