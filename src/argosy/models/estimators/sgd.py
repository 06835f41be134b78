"""Stochastic gradient descent on a linear model: scikit-learn's SGDClassifier, one class against the rest."""

from __future__ import annotations

import warnings
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from argosy.models.estimator import Codes, Scores
from argosy.models.linear import LinearEstimator, Link


class Sgd(LinearEstimator):
    """`alpha` is the penalty's strength; probabilities come with the loss `log_loss` only."""

    cost: ClassVar[float] = 1.0

    def __init__(
        self,
        alpha: Annotated[float, msgspec.Meta(gt=0)] = 1e-4,
        loss: Literal["log_loss", "hinge"] = "log_loss",
        penalty: Literal["l2", "l1", "elasticnet"] = "l2",
        class_weight: Literal["none", "balanced"] = "none",
        max_iter: Annotated[int, msgspec.Meta(ge=1)] = 1000,
        tolerance: Annotated[float, msgspec.Meta(gt=0)] = 1e-3,
        seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)] = 0,
    ) -> None:
        self.alpha, self.loss, self.penalty, self.class_weight = alpha, loss, penalty, class_weight
        self.max_iter, self.tolerance, self.seed = max_iter, tolerance, seed

    @property
    def link(self) -> Link:
        return "one_vs_rest" if self.loss == "log_loss" else "none"

    def solve(self, X: Any, y: Codes, n_classes: int, n_features: int) -> tuple[Scores, Scores, float]:  # noqa: ARG002, N803
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import SGDClassifier

        model = SGDClassifier(
            loss=self.loss,
            penalty=self.penalty,
            alpha=self.alpha,
            class_weight=None if self.class_weight == "none" else self.class_weight,
            max_iter=self.max_iter,
            tol=self.tolerance,
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X, y)
        return model.coef_.T, model.intercept_, 0.0
