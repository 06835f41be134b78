"""An estimator that answers everything alike: what a request costs without a model. A plug-in of Argosy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np

from argosy.models.adapter import Adapter
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.models.estimators import estimators
from argosy.models.inputs import TEXT_BYTES, check_inputs
from argosy.models.served import Served
from argosy.types import Input


class Constant(Estimator):
    """Three to one for the last class."""

    learns: ClassVar[bool] = False
    count_: int

    @property
    def has_probabilities(self) -> bool:
        return True

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: ARG002, N803
        self.count_ = n_classes
        return self

    def scores(self, X: Any) -> Scores:  # noqa: N803
        return np.tile([0.25, 0.75], (X.shape[0], 1))

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        return self.scores(X)

    def served_form(self, adapter: Adapter, classes: list[str]) -> Served:
        return ConstantServed(adapter, classes)


class ConstantServed:
    """Looks at no text, but checks each as every served form does."""

    form = "constant"
    temperature = answered_from = None
    waits, is_ready, has_probabilities = False, True, True

    def __init__(self, adapter: Adapter, classes: list[str]) -> None:
        self.classes, self.reads = classes, adapter.reads

    def one(self, item: Input, limit: int = TEXT_BYTES) -> Scores:
        return np.asarray(self.score([item], limit)[0])

    def from_rows(self, features: Any) -> None:
        """There is nothing to compare."""

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        return np.tile([0.25, 0.75], (len(check_inputs(inputs, limit)), 1))


estimators.register("constant", Constant)
