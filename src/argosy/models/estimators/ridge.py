"""Ridge regression: a number as a weighted sum of the features, with an l2 penalty (Hoerl and Kennard 1970)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import msgspec
import numpy as np

from argosy.models.estimator import Codes, Scores
from argosy.models.linear import LinearEstimator, require_varied
from argosy.models.links import Link

_MOST_CELLS = 20_000_000
_MOST_PRODUCTS = 2_000_000_000
"""What is smaller is solved exactly, by Cholesky's method."""


class Ridge(LinearEstimator):
    """`alpha` is the penalty's strength. Large sparse rows are solved by steps, which end at `tolerance`."""

    cost: ClassVar[float] = 2.0
    fits_with: ClassVar[tuple[str, ...]] = ("sklearn.linear_model",)
    answers_numbers: ClassVar[bool] = True

    def __init__(
        self,
        alpha: Annotated[float, msgspec.Meta(gt=0)] = 1.0,
        tolerance: Annotated[float, msgspec.Meta(gt=0)] = 1e-6,
    ) -> None:
        self.alpha, self.tolerance = alpha, tolerance

    @property
    def link(self) -> Link:
        return "number"

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        require_varied(y)
        return self._learn(X, y, n_classes)

    def solve(self, X: Any, y: Codes, n_classes: int, n_features: int) -> tuple[Scores, Scores, float]:  # noqa: ARG002, N803
        from sklearn.linear_model import Ridge as ScikitRidge

        less, more = sorted(X.shape)
        is_small = less * more <= _MOST_CELLS and less * less * more <= _MOST_PRODUCTS
        rows = X.toarray() if is_small and not isinstance(X, np.ndarray) else X
        model = ScikitRidge(alpha=self.alpha, tol=self.tolerance).fit(rows, y)
        return model.coef_.reshape(-1, 1), np.array([model.intercept_], np.float64), 0.0
