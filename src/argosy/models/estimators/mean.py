"""The mean of the members' probabilities: what an ensemble answers where all of them are to be believed alike."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from argosy.models.ensembles import by_member, why_not_an_ensemble
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.plugin_hooks import AdapterHooks
from argosy.types import Options


class Mean(Estimator):
    """No options; learns nothing but how many classes there are."""

    cost: ClassVar[float] = 0.1
    learns: ClassVar[bool] = False
    count_: int
    """Of classes."""

    @property
    def has_probabilities(self) -> bool:
        return True

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:  # noqa: ARG003
        return why_not_an_ensemble("mean", adapter)

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: ARG002, N803
        self.count_ = by_member(X, n_classes).shape[2]
        return self

    def scores(self, X: Any) -> Scores:  # noqa: N803
        found: Scores = by_member(X, self.count_).mean(axis=1)
        return found

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        return self.scores(X)
