"""Stochastic gradient descent on a linear model: scikit-learn's SGDClassifier, one class against the rest.

It may go on from an earlier version: `after` names that one's label, and its weights, its features and its count of
steps are where training begins (`partial_fit`). New classes are added to the earlier ones, which all stay.
"""

from __future__ import annotations

import warnings
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec
import numpy as np

from argosy.errors import DefinitionInvalid
from argosy.models.columns import places, renumbered
from argosy.models.continuing import Begin, begin_with
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.models.linear import LinearEstimator
from argosy.models.links import Link
from argosy.types import Options

_AFTER = "model.options.after"


class Sgd(LinearEstimator):
    """`alpha` is the penalty's strength; probabilities come with the loss `log_loss` only.

    `update` has retrainings go on from the version they are to replace, in `passes` over their training part.
    """

    cost: ClassVar[float] = 1.0
    fits_with: ClassVar[tuple[str, ...]] = ("sklearn.linear_model",)
    goes_on: ClassVar[bool] = True
    steps_: float
    """How many rows were looked at so far: steps get smaller with it."""

    def __init__(
        self,
        alpha: Annotated[float, msgspec.Meta(gt=0)] = 1e-4,
        loss: Literal["log_loss", "hinge"] = "log_loss",
        penalty: Literal["l2", "l1", "elasticnet"] = "l2",
        class_weight: Literal["none", "balanced"] = "none",
        max_iter: Annotated[int, msgspec.Meta(ge=1)] = 1000,
        tolerance: Annotated[float, msgspec.Meta(gt=0)] = 1e-3,
        seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)] = 0,
        update: bool = False,
        after: str = "",
        passes: Annotated[int, msgspec.Meta(ge=1)] = 5,
    ) -> None:
        self.alpha, self.loss, self.penalty, self.class_weight = alpha, loss, penalty, class_weight
        self.max_iter, self.tolerance, self.seed = max_iter, tolerance, seed
        self.update, self.after, self.passes = update, after, passes
        self._earlier: tuple[Sgd, Codes] | None = None

    @property
    def link(self) -> Link:
        return "one_vs_rest" if self.loss == "log_loss" else "none"

    @classmethod
    def unused(cls, options: Options) -> dict[str, str]:
        """What only one of the two ways to train looks at."""
        if options.get("after"):
            return dict.fromkeys(("max_iter", "tolerance"), "going on from an earlier version takes `passes`")
        return {} if options.get("update") else {"passes": "nothing goes on from an earlier version"}

    def go_on_from(self, earlier: Estimator, known: Codes) -> None:
        if not isinstance(earlier, Sgd) or earlier.loss != self.loss:
            raise DefinitionInvalid(f"sgd goes on from sgd with the same loss, not from {earlier!r}", _AFTER)
        self._earlier = earlier, known

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        if self._earlier is None:
            if self.after:
                raise DefinitionInvalid(f"the earlier version '{self.after}' is not at hand", _AFTER)
            return super().fit(X, y, n_classes)
        earlier, known = self._earlier
        begin = begin_with(earlier, known, X, n_classes)
        rows = places(begin.columns, X.shape[1])
        if rows is not None:
            X = renumbered(X, rows[X.indices], len(begin.weights))  # noqa: N806
        weights, self.bias_ = self._pass_over(X, y, n_classes, begin, earlier.steps_)
        self.columns_ = begin.columns
        if begin.columns is not None:
            weights = np.vstack([weights, np.zeros(weights.shape[1])])
        self.weights_ = np.ascontiguousarray(weights)
        return self

    def _pass_over(self, X: Any, y: Codes, n_classes: int, begin: Begin, steps: float) -> tuple[Scores, Scores]:  # noqa: N803
        from sklearn.linear_model import SGDClassifier

        model = SGDClassifier(
            loss=self.loss,
            penalty=self.penalty,
            alpha=self.alpha,
            class_weight=_balanced(y, n_classes) if self.class_weight == "balanced" else None,
            random_state=np.random.RandomState(self.seed),  # one for all passes, so that each has an order of its own
        )
        model.classes_, model.n_features_in_, model.t_ = np.arange(n_classes), X.shape[1], steps
        model.coef_, model.intercept_ = np.ascontiguousarray(begin.weights.T), begin.bias.copy()
        for _ in range(self.passes):
            model.partial_fit(X, y)
        self.steps_ = float(model.t_)
        return model.coef_.T, model.intercept_

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
        self.steps_ = float(model.t_)
        return model.coef_.T, model.intercept_, 0.0


def _balanced(y: Codes, n_classes: int) -> dict[int, float]:
    """Rare classes weighed up; one without a row weighs what it did."""
    counts = np.bincount(y, minlength=n_classes)
    present = int((counts > 0).sum())
    return {code: len(y) / (present * count) if count else 1.0 for code, count in enumerate(counts.tolist())}
