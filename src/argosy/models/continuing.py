"""Where to begin when a linear model goes on from an earlier one. Pure.

The earlier weights are arranged for the classes and the features of now.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from argosy.models.estimator import Codes, Scores
from argosy.models.linear import LinearEstimator


class Begin(NamedTuple):
    """`weights` are (columns, classes or 1); `columns` the features that they are of, None where all have their own."""

    weights: Scores
    bias: Scores
    columns: NDArray[np.int32] | None


def begin_with(earlier: LinearEstimator, known: Codes, X: Any, n_classes: int) -> Begin:  # noqa: N803
    """The earlier weights; what they say nothing of (new features, new classes) begins at zero.

    The earlier model's class `i` is `known[i]` now, out of `n_classes`; it must be one class against the rest.
    """
    weights, bias = of_classes(earlier.weights_, earlier.bias_, known, n_classes)
    if earlier.columns_ is None:
        return Begin(weights, bias, None)
    columns = np.union1d(earlier.columns_, np.unique(X.indices)).astype(np.int32)
    wider = np.zeros((len(columns), weights.shape[1]))
    wider[np.searchsorted(columns, earlier.columns_)] = weights[:-1]
    return Begin(wider, bias, columns)


def of_classes(weights: Scores, bias: Scores, known: Codes, n_classes: int) -> tuple[Scores, Scores]:
    """One column a class; two classes have but one column, of the second against the first."""
    if n_classes == 2:
        return weights.copy(), bias.copy()
    if weights.shape[1] == 1:
        weights, bias = np.hstack([-weights, weights]), np.concatenate([-bias, bias])
    laid_out, level = np.zeros((len(weights), n_classes)), np.zeros(n_classes)
    laid_out[:, known], level[known] = weights, bias
    return laid_out, level
