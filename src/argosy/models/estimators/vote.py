"""The majority of the members' answers: all that members without probabilities can be asked for."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from argosy.models.ensembles import by_member, why_not_an_ensemble
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.plugin_hooks import AdapterHooks
from argosy.types import Options


class Vote(Estimator):
    """A member's vote counts 1, and so little more that ties go to the side of the member that is named first.

    Scores are shares of the votes, no probabilities: three members of three do not make an answer certain.
    """

    cost: ClassVar[float] = 0.1
    learns: ClassVar[bool] = False
    count_: int
    """Of classes."""

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:  # noqa: ARG003
        return why_not_an_ensemble("vote", adapter)

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: ARG002, N803
        self.count_ = by_member(X, n_classes).shape[2]
        return self

    def scores(self, X: Any) -> Scores:  # noqa: N803
        blocks = by_member(X, self.count_)
        members = blocks.shape[1]
        votes = np.zeros((len(blocks), self.count_))
        for number, answers in enumerate(blocks.argmax(axis=2).T):
            votes[np.arange(len(blocks)), answers] += 1 + 0.5 ** (number + 2)
        return np.asarray(votes / members)
