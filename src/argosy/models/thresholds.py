"""How much a class's probability counts when the answer is chosen: tuned for a figure on rows with known labels. Pure.

The answer is the class with the highest weighted probability; of two classes, three times the weight for the second is
a threshold of 0.25. Weights are found one class at a time, the others held, which never lowers the figure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from argosy.models.estimator import Codes
from argosy.statistics.intervals import Floats

ThresholdGoal = Literal["macro_f1", "accuracy"]
_CANDIDATES = np.exp(np.linspace(-3, 3, 61))
_ROUNDS = 3


def tuned(probabilities: Floats, codes: Codes, goal: ThresholdGoal) -> Floats:
    """(classes,): the weights, their mean logarithm zero; all one where nothing is better."""
    n_classes = probabilities.shape[1]
    figure, weights = _FIGURES[goal], np.ones(n_classes)
    best = figure(probabilities.argmax(axis=1), codes, n_classes)
    for _ in range(_ROUNDS):
        before = best
        for number in range(n_classes):
            weights[number], best = _tune_one(probabilities, codes, weights, number, figure, best)
        if best <= before:
            break
    return np.asarray(weights / np.exp(np.log(weights).mean()))


def weighted(probabilities: Floats, weights: Floats) -> Floats:
    """Weighted probabilities that sum to one: the highest is the answer; they are no probabilities any more."""
    scores = probabilities * weights
    return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def _tune_one(
    probabilities: Floats, codes: Codes, weights: Floats, number: int, figure: Figure, best: float
) -> tuple[float, float]:
    """The weight of one class and the figure with it; a weight nearer to one wins a tie."""
    others = probabilities * weights
    own = probabilities[:, number]
    others[:, number] = -1
    rival, height = others.argmax(axis=1), others.max(axis=1)
    chosen = weights[number]
    for candidate in sorted(_CANDIDATES, key=lambda one: abs(np.log(one))):
        found = figure(np.where(own * candidate > height, number, rival), codes, probabilities.shape[1])
        if found > best + 1e-12:
            chosen, best = candidate, found
    return chosen, best


def _accuracy(answers: Codes, codes: Codes, n_classes: int) -> float:  # noqa: ARG001
    return float((answers == codes).mean())


def _macro_f1(answers: Codes, codes: Codes, n_classes: int) -> float:
    hits = np.bincount(codes[answers == codes], minlength=n_classes)
    sizes = np.bincount(answers, minlength=n_classes) + np.bincount(codes, minlength=n_classes)
    occurs = sizes > 0
    return float((2 * hits[occurs] / sizes[occurs]).mean())


Figure = Callable[[Codes, Codes, int], float]
_FIGURES: dict[ThresholdGoal, Figure] = {"macro_f1": _macro_f1, "accuracy": _accuracy}
