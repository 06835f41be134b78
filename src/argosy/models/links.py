"""How the scores of linear models become probabilities. Pure."""

from __future__ import annotations

from typing import Literal

import numpy as np

from argosy.models.answers import Scores

Link = Literal["none", "softmax", "one_vs_rest", "each", "number"]
"""`each`: every class by itself, for texts with several labels; `number`: the lone score is the answer."""


def inverse_link(decision: Scores, link: Link) -> Scores:
    """Softmax, or the sigmoid of each class against the rest made to sum to one; of two classes, both are a sigmoid."""
    if link == "each":
        return sigmoid(decision)
    if decision.shape[1] == 1:
        second = sigmoid(decision)
        return np.hstack([1 - second, second])
    if link == "one_vs_rest":
        odds = sigmoid(decision)
        total = odds.sum(axis=1, keepdims=True)
        return np.where(total > 0, odds / np.where(total > 0, total, 1), 1 / decision.shape[1])
    powers = np.exp(decision - decision.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def sigmoid(values: Scores) -> Scores:
    """1 / (1 + e^-x) without overflow."""
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1 / (1 + small), small / (1 + small))
