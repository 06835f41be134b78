"""A multi-layer perceptron with rectified units: scikit-learn's MLPClassifier, answered by numpy."""

from __future__ import annotations

import warnings
from typing import Annotated, Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid
from argosy.models.columns import columns_in_use, places, renumbered, take_columns
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.models.linear import require_every_class, spread
from argosy.models.links import inverse_link

Width = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


class Mlp(Estimator):
    """`hidden` are the sizes of the layers between; `early_stopping` keeps a tenth of the rows to see when to stop."""

    cost: ClassVar[float] = 20.0
    fits_with: ClassVar[tuple[str, ...]] = ("sklearn.neural_network",)
    weights_: list[Scores]
    """(inputs, outputs) of each layer; a feature that training never saw weighs nothing."""
    biases_: list[Scores]
    columns_: NDArray[np.int32] | None

    def __init__(
        self,
        hidden: Annotated[tuple[Width, ...], msgspec.Meta(min_length=1, max_length=8)] = (100,),
        alpha: Annotated[float, msgspec.Meta(ge=0)] = 1e-4,
        learning_rate: Positive = 1e-3,
        batch_size: Annotated[int, msgspec.Meta(ge=1)] = 200,
        max_iter: Annotated[int, msgspec.Meta(ge=1)] = 100,
        tolerance: Positive = 1e-4,
        early_stopping: bool = False,
        seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)] = 0,
    ) -> None:
        self.hidden, self.alpha, self.learning_rate, self.batch_size = hidden, alpha, learning_rate, batch_size
        self.max_iter, self.tolerance, self.early_stopping, self.seed = max_iter, tolerance, early_stopping, seed

    @property
    def has_probabilities(self) -> bool:
        return True

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier

        require_every_class(y, n_classes)
        used = columns_in_use(X)
        model = MLPClassifier(
            self.hidden,
            alpha=self.alpha,
            learning_rate_init=self.learning_rate,
            batch_size=min(self.batch_size, len(y) - self._kept_aside(y)),
            max_iter=self.max_iter,
            tol=self.tolerance,
            early_stopping=self.early_stopping,
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X if used is None else take_columns(X, used), y)
        self.columns_ = None if used is None else used.astype(np.int32)
        self.weights_, self.biases_ = list(model.coefs_), list(model.intercepts_)
        if used is not None:
            self.weights_[0] = np.vstack([self.weights_[0], np.zeros(self.weights_[0].shape[1])])
        return self

    def _kept_aside(self, y: Codes) -> int:
        """How many rows only say when to stop; raises DatasetInvalid where they cannot be of every class."""
        if not self.early_stopping:
            return 0
        aside = -(-len(y) // 10)
        if np.bincount(y).min() < 2 or aside < len(np.unique(y)):
            raise DatasetInvalid("early_stopping keeps a tenth aside: that is fewer rows than there are classes")
        return aside

    def scores(self, X: Any) -> Scores:  # noqa: N803
        return spread(self._decide(X))

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        return inverse_link(self._decide(X), "softmax")

    def _decide(self, X: Any) -> Scores:  # noqa: N803
        rows = places(self.columns_, X.shape[1])
        if rows is not None:
            X = renumbered(X, rows[X.indices], len(self.weights_[0]))  # noqa: N806
        values = np.asarray(X @ self.weights_[0] + self.biases_[0])
        for weights, bias in zip(self.weights_[1:], self.biases_[1:], strict=True):
            values = np.maximum(values, 0) @ weights + bias
        return values
