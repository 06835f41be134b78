"""From scores to probabilities that hold: of rows that are given 0.8, eight in ten are so.

Each class by itself against the rest, made to sum to one (Zadrozny and Elkan 2002); of two classes, one function for
both. A class's function is kept as two rows of numbers: a sigmoid's slope and intercept (Platt 1999), or where the
corners of an isotonic regression are and how high. Learning needs rows that the scores were not learned from.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from argosy.models.links import sigmoid
from argosy.statistics.intervals import Floats

Method = Literal["sigmoid", "isotonic", "none"]
_STEPS = 100
_LEAST = 1e-15


def margins(scores: Floats, are_probabilities: bool) -> Floats:
    """One column a class, or one for two classes: what calibration looks at. Probabilities become log-odds."""
    if are_probabilities:
        clipped = np.clip(scores, _LEAST, 1 - _LEAST)
        scores = np.log(clipped) - np.log1p(-clipped)
        return scores[:, 1:] if scores.shape[1] == 2 else scores
    return scores[:, 1:] - scores[:, :1] if scores.shape[1] == 2 else scores


def learn(margin: Floats, is_class: NDArray[np.bool_], method: Method) -> Floats:
    """(2, points) of one class: the slope and the intercept, or where the corners are and how high."""
    if method == "isotonic":
        return isotonic(margin, is_class)
    return platt(margin, is_class)


def apply_calibration(margin: Floats, learned: Floats, method: Method) -> Floats:
    """(rows,): the probability of one class."""
    if method == "isotonic":
        return np.asarray(np.interp(margin, learned[0], learned[1]))
    return sigmoid(learned[0, 0] * margin + learned[1, 0])


def normalize_probabilities(columns: Floats) -> Floats:
    """(rows, classes) that sum to one."""
    if columns.shape[1] == 1:
        return np.hstack([1 - columns, columns])
    total = columns.sum(axis=1, keepdims=True)
    return np.where(total > 0, columns / np.where(total > 0, total, 1), 1 / columns.shape[1])


def platt(margin: Floats, is_class: NDArray[np.bool_]) -> Floats:
    """The slope and the intercept of the likeliest sigmoid, by Newton's method with Platt's smoothed targets."""
    yes, no = int(is_class.sum()), int((~is_class).sum())
    target = np.where(is_class, (yes + 1) / (yes + 2), 1 / (no + 2))
    scale = float(np.abs(margin).max(initial=0.0)) or 1.0
    x = margin / scale
    found = np.array([0.0, np.log((yes + 1) / (no + 1))])
    loss = _loss(found, x, target)
    for _ in range(_STEPS):
        chance = sigmoid(found[0] * x + found[1])
        weight = np.maximum(chance * (1 - chance), 1e-12)
        gradient = np.array([(chance - target) @ x, (chance - target).sum()])
        curvature = np.array([[weight @ (x * x), weight @ x], [weight @ x, weight.sum()]]) + 1e-12 * np.eye(2)
        step, size = np.linalg.solve(curvature, gradient), 1.0
        while (ahead := _loss(found - size * step, x, target)) > loss and size > 1e-8:
            size /= 2
        if loss - ahead < 1e-12 * (1 + loss):
            break
        found, loss = found - size * step, ahead
    return np.array([[found[0] / scale], [found[1]]])


def isotonic(margin: Floats, is_class: NDArray[np.bool_]) -> Floats:
    """The line that never falls and is nearest: where its corners are, ascending, and how high."""
    from scipy.optimize import isotonic_regression

    where, place = np.unique(margin, return_inverse=True)
    rows = np.bincount(place).astype(np.float64)
    high = np.asarray(isotonic_regression(np.bincount(place, is_class) / rows, weights=rows).x)
    turns = np.ones(len(where), np.bool_)
    turns[1:-1] = (high[1:-1] != high[:-2]) | (high[1:-1] != high[2:])
    return np.array([where[turns], high[turns]])


def _loss(found: Floats, x: Floats, target: Floats) -> float:
    """Minus the log-likelihood, without overflow."""
    value = found[0] * x + found[1]
    return float((np.logaddexp(0, value) - target * value).sum())
