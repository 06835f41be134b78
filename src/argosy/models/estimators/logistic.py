"""Logistic regression, multinomial, with an l2 penalty: scikit-learn's lbfgs."""

from __future__ import annotations

import warnings
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np

from argosy.models.estimator import Codes, Scores
from argosy.models.linear import LinearEstimator
from argosy.models.links import Link


class Logistic(LinearEstimator):
    """`C` is the inverse of the penalty's strength; fitting stops at `max_iter` steps without complaint."""

    cost: ClassVar[float] = 8.0
    fits_with: ClassVar[tuple[str, ...]] = ("sklearn.linear_model",)
    converged_: bool

    def __init__(
        self,
        C: Annotated[float, msgspec.Meta(gt=0)] = 1.0,  # noqa: N803
        class_weight: Literal["none", "balanced"] = "none",
        max_iter: Annotated[int, msgspec.Meta(ge=1)] = 1000,
        tolerance: Annotated[float, msgspec.Meta(gt=0)] = 1e-4,
    ) -> None:
        self.C, self.class_weight, self.max_iter, self.tolerance = C, class_weight, max_iter, tolerance

    @property
    def link(self) -> Link:
        return "softmax"

    def solve(self, X: Any, y: Codes, n_classes: int, n_features: int) -> tuple[Scores, Scores, float]:  # noqa: ARG002, N803
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        weight = None if self.class_weight == "none" else self.class_weight
        model = LogisticRegression(C=self.C, class_weight=weight, max_iter=self.max_iter, tol=self.tolerance)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, y)
        self.converged_ = bool(np.max(model.n_iter_) < self.max_iter)
        return model.coef_.T, model.intercept_.astype(np.float64), 0.0
