"""Multinomial naive Bayes: one pass over the counts, the numbers of scikit-learn's MultinomialNB."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np

from argosy.errors import DatasetInvalid
from argosy.models.estimator import Codes, Scores
from argosy.models.linear import LinearEstimator, class_sums
from argosy.models.links import Link
from argosy.plugin_hooks import AdapterHooks
from argosy.types import Options


class NaiveBayes(LinearEstimator):
    """`alpha` is added to every feature's count in every class."""

    cost: ClassVar[float] = 0.1

    def __init__(self, alpha: Annotated[float, msgspec.Meta(gt=0)] = 1.0) -> None:
        self.alpha = alpha

    @property
    def link(self) -> Link:
        return "softmax"

    def solve(self, X: Any, y: Codes, n_classes: int, n_features: int) -> tuple[Scores, Scores, Scores]:  # noqa: N803
        values = X if isinstance(X, np.ndarray) else X.data
        if values.min(initial=0.0) < 0:
            raise DatasetInvalid("naive Bayes counts features, and this adapter's are negative in places")
        counts = class_sums(X, y, n_classes) + self.alpha
        unseen_columns = n_features - X.shape[1]
        totals = np.log(counts.sum(axis=1) + unseen_columns * self.alpha)
        prior = np.log(np.bincount(y, minlength=n_classes) / len(y))
        return np.log(counts).T - totals, prior, np.log(self.alpha) - totals

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:
        """Features that may be negative cannot be counted."""
        if not adapter.is_non_negative(options):
            return "naive_bayes counts features, and this adapter's may be negative"
        return super().refuses(adapter, options)
