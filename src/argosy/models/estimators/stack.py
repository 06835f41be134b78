"""A logistic regression over the members' probabilities, which learns whom to believe of what.

It learns from answers to rows that the answering copies of the members were kept from (Wolpert, "Stacked
generalization", 1992), as scikit-learn's StackingClassifier does; see `argosy.models.members`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from argosy.models.ensembles import by_member, why_not_an_ensemble
from argosy.models.estimator import Codes, Scores
from argosy.models.estimators.logistic import Logistic
from argosy.plugin_hooks import AdapterHooks
from argosy.types import Options


class Stack(Logistic):
    """The options of `logistic`. Of two classes one probability a member is enough."""

    cost: ClassVar[float] = 40.0
    count_: int
    """Of classes."""

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:  # noqa: ARG003
        return why_not_an_ensemble("stack", adapter)

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        self.count_ = n_classes
        return super().fit(self._read(X), y, n_classes)

    def _decide(self, X: Any) -> Scores:  # noqa: N803
        return super()._decide(self._read(X))

    def _read(self, X: Any) -> Scores:  # noqa: N803
        blocks = by_member(X, self.count_)
        taken = blocks[:, :, 1:] if self.count_ == 2 else blocks
        return taken.reshape(len(blocks), -1)
