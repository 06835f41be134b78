"""Kernels, and the scores of a support vector machine trained pair by pair."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from argosy.models.estimator import Scores

KernelName = Literal["poly", "rbf", "sigmoid"]


def kernel(name: KernelName, X: Any, vectors: Any, gamma: float, coef0: float, degree: int) -> Scores:  # noqa: N803
    """(rows, vectors): how alike they are."""
    products = X @ vectors.T
    products = products if isinstance(products, np.ndarray) else products.toarray()
    if name == "rbf":
        distances = _squares(X)[:, None] + _squares(vectors)[None, :] - 2 * products
        return np.asarray(np.exp(-gamma * np.maximum(distances, 0)))
    inner = gamma * products + coef0
    return np.asarray(inner**degree if name == "poly" else np.tanh(inner))


def one_vs_one_scores(similar: Scores, duals: Scores, bias: Scores, counts: NDArray[np.int64]) -> Scores:
    """(rows, classes): the pairwise decisions as scikit-learn sums them up, votes first and sureness after.

    Of two classes the decision itself, as minus and plus.
    """
    n_classes = len(counts)
    ends = np.cumsum(counts)
    of_class = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    votes = np.zeros((len(similar), n_classes))
    sureness = np.zeros_like(votes)
    for number, (first, second) in enumerate(combinations(range(n_classes), 2)):
        decision = similar[:, of_class[first]] @ duals[second - 1, of_class[first]] + bias[number]
        decision += similar[:, of_class[second]] @ duals[first, of_class[second]]
        if n_classes == 2:
            return np.stack([decision, -decision], axis=1)
        sureness[:, first] += decision
        sureness[:, second] -= decision
        votes[:, first] += decision >= 0
        votes[:, second] += decision < 0
    transformed: Scores = votes + sureness / (3 * (np.abs(sureness) + 1))
    return transformed


def _squares(matrix: Any) -> Scores:
    squares = matrix.multiply(matrix) if hasattr(matrix, "multiply") else matrix * matrix
    return np.asarray(squares.sum(axis=1)).ravel()
