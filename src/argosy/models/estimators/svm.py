"""Support vector machines: scikit-learn's LinearSVC for the linear kernel, its SVC for the others.

One estimator with two shapes of learned state: weights where the kernel is linear, support vectors where it is not.
"""

from __future__ import annotations

import warnings
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.models.adapter import Adapter
from argosy.models.estimator import Codes, Scores
from argosy.models.kernels import KernelName, kernel, one_vs_one_scores
from argosy.models.linear import LinearEstimator, require_every_class
from argosy.models.served import Served
from argosy.types import Options

Gamma = Annotated[float, msgspec.Meta(gt=0)] | Literal["scale", "auto"]


class Svm(LinearEstimator):
    """`gamma`, `degree` and `coef0` are the kernel's; a tie between pairwise votes goes to the more confident class."""

    cost: ClassVar[float] = 4.0
    fits_with: ClassVar[tuple[str, ...]] = ("sklearn.svm",)
    vectors_: Any
    """(support vectors, features), csr or dense, class by class."""
    counts_: NDArray[np.int64]
    """How many of them each class has."""
    duals_: Scores
    """(classes - 1, support vectors)"""
    gamma_: float

    def __init__(
        self,
        kernel: Literal["linear", "poly", "rbf", "sigmoid"] = "linear",
        degree: Annotated[int, msgspec.Meta(ge=1)] = 3,
        tolerance: Annotated[float, msgspec.Meta(gt=0)] = 1e-3,
        C: Annotated[float, msgspec.Meta(gt=0)] = 1.0,  # noqa: N803
        gamma: Gamma = "scale",
        coef0: float = 0.0,
        class_weight: Literal["none", "balanced"] = "none",
        seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)] = 0,
    ) -> None:
        self.kernel, self.degree, self.tolerance, self.C, self.gamma = kernel, degree, tolerance, C, gamma
        self.coef0, self.class_weight, self.seed = coef0, class_weight, seed

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        if self.kernel == "linear":
            return super().fit(X, y, n_classes)
        from sklearn.svm import SVC

        require_every_class(y, n_classes)
        shape = {"kernel": self.kernel, "degree": self.degree, "gamma": self.gamma, "coef0": self.coef0}
        model = SVC(**shape, **self._shared_settings()).fit(X, y)
        self.vectors_, self.counts_ = model.support_vectors_, model.n_support_.astype(np.int64)
        self.duals_ = _dense(model.dual_coef_)
        self.bias_, self.gamma_ = model.intercept_, float(model._gamma)
        if n_classes == 2:  # scikit-learn turns these two around, and then reads them the other way
            self.duals_, self.bias_ = -self.duals_, -self.bias_
        return self

    def solve(self, X: Any, y: Codes, n_classes: int, n_features: int) -> tuple[Scores, Scores, float]:  # noqa: ARG002, N803
        from sklearn.svm import LinearSVC

        is_dual = len(y) < n_features  # scikit-learn's own rule, on the features before those never seen were left out
        model = LinearSVC(random_state=self.seed, dual=is_dual, **self._shared_settings())
        _fit_quietly(model, X, y)
        return model.coef_.T, model.intercept_, 0.0

    def scores(self, X: Any) -> Scores:  # noqa: N803
        if self.kernel == "linear":
            return super().scores(X)
        name: KernelName = self.kernel
        similar = kernel(name, X, self.vectors_, self.gamma_, self.coef0, self.degree)
        return one_vs_one_scores(similar, self.duals_, self.bias_, self.counts_)

    def served_form(self, adapter: Adapter, classes: list[str]) -> Served:
        if self.kernel == "linear":
            return super().served_form(adapter, classes)
        return adapter.served_form(self, classes)

    def _shared_settings(self) -> dict[str, Any]:
        weight = None if self.class_weight == "none" else self.class_weight
        return {"tol": self.tolerance, "C": self.C, "class_weight": weight}

    @classmethod
    def unused(cls, options: Options) -> dict[str, str]:
        """What the kernel does not look at."""
        chosen = options.get("kernel", "linear")
        used_by = {"degree": {"poly"}, "gamma": {"poly", "rbf", "sigmoid"}, "coef0": {"poly", "sigmoid"}}
        used_by["seed"] = {"linear"}
        return {
            name: f"the {chosen} kernel has no {name}" for name, kernels in used_by.items() if chosen not in kernels
        }


def _fit_quietly(model: Any, X: Any, y: Codes) -> None:  # noqa: N803
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)


def _dense(matrix: Any) -> Scores:
    return np.ascontiguousarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray())
