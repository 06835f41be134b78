"""Linear scores, and how scores become probabilities.

Most estimators end as one row of weights a feature. Features that training never saw would all have the same row, so
weights are kept for the others only: `columns_` says which they are, and the last row is that of the unseen.
Hashing into 2^18 buckets thus costs, in time and in space, what the buckets in use cost.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid
from argosy.models.adapter import Adapter, SparseAdapter
from argosy.models.columns import columns_in_use, places, renumbered, take_columns
from argosy.models.compiled.direct import Direct
from argosy.models.compiled.sparse_linear import SparseLinear
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.models.links import Link, inverse_link
from argosy.models.served import Served


class LinearEstimator(Estimator):
    """`scores = X @ weights + bias`; a subclass says how to find the weights and what they mean."""

    weights_: Scores
    """(features, classes), or (features, 1) of the second class against the first; see `columns_`."""
    bias_: Scores
    columns_: NDArray[np.int32] | None
    """The features that have their own row of `weights_`, ascending; None where all have."""

    @property
    def link(self) -> Link:
        """How scores become probabilities."""
        return "none"

    @property
    def has_probabilities(self) -> bool:
        return self.link not in ("none", "number")

    @abstractmethod
    def solve(self, X: Any, y: Codes, n_classes: int, n_features: int) -> tuple[Scores, Scores, Scores | float]:  # noqa: N803
        """(weights as (columns of X, classes or 1), bias, weight of the unseen features).

        `X` has only the columns in use, out of `n_features`.
        """

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        require_every_class(y, n_classes)
        return self._learn(X, y, n_classes)

    def _learn(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        used = columns_in_use(X)
        columns = X if used is None else take_columns(X, used)
        weights, self.bias_, unseen = self.solve(columns, y, n_classes, X.shape[1])
        self.columns_ = None
        if used is not None:
            weights = np.vstack([weights, np.broadcast_to(unseen, weights.shape[1])])
            self.columns_ = used.astype(np.int32)
        self.weights_ = np.ascontiguousarray(weights, np.float64)
        return self

    def scores(self, X: Any) -> Scores:  # noqa: N803
        return self._decide(X) if self.link == "number" else spread(self._decide(X))

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        if not self.has_probabilities:
            return super().probabilities(X)
        return inverse_link(self._decide(X), self.link)

    def served_form(self, adapter: Adapter, classes: list[str]) -> Served:
        if isinstance(adapter, SparseAdapter):
            return SparseLinear(adapter, self, classes)
        return super().served_form(adapter, classes)

    def other_forms(self, adapter: Adapter, classes: list[str]) -> list[Served]:
        return [Direct(adapter, self, classes)] if isinstance(adapter, SparseAdapter) else []

    def rows(self, width: int) -> NDArray[np.int32] | None:
        """Each of `width` features' row of `weights_`, or None where they are the same."""
        return places(self.columns_, width)

    def _decide(self, X: Any) -> Scores:  # noqa: N803
        rows = self.rows(X.shape[1])
        if rows is not None:
            X = renumbered(X, rows[X.indices], len(self.weights_))  # noqa: N806
        return np.asarray(X @ self.weights_ + self.bias_)


def class_sums(X: Any, y: Codes, n_classes: int) -> Scores:  # noqa: N803
    """(classes, features): the sum of each class's rows."""
    from scipy.sparse import csr_matrix

    of_class = csr_matrix((np.ones(len(y)), (y, np.arange(len(y)))), shape=(n_classes, len(y)))
    sums = of_class @ X
    return np.asarray(sums if isinstance(sums, np.ndarray) else sums.toarray())


def spread(decision: Scores) -> Scores:
    """One column a class: a lone decision between two becomes minus itself and itself."""
    return np.hstack([-decision, decision]) if decision.shape[1] == 1 else decision


def require_every_class(y: Codes, n_classes: int) -> None:
    """Raise DatasetInvalid unless there are two classes or more, each with a row."""
    if n_classes < 2:
        raise DatasetInvalid("a classifier needs examples of at least two classes; the training part has one")
    if not np.bincount(y, minlength=n_classes)[:n_classes].all():
        raise DatasetInvalid("every class needs an example in the training part")


def require_varied(y: Codes) -> None:
    """Raise DatasetInvalid unless there are two different numbers or more."""
    if len(y) < 2 or not np.ptp(y):
        raise DatasetInvalid(
            "numbers are learned from at least two different ones; those of the training part are equal"
        )
