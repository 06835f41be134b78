"""The answers of an imported model: `as_imported`, `as_imported_number` or `as_tensors`, behind what runs it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np

from argosy.errors import LabelsUnavailable
from argosy.models.adapters.imported_tensors import NO_LABELS
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.plugin_hooks import AdapterHooks
from argosy.types import Options


class ForwardedScores(Estimator):
    """`kind` says what the answers are, as was found when the model was imported."""

    cost: ClassVar[float] = 0.1
    learns: ClassVar[bool] = False

    def __init__(self, kind: Literal["probabilities", "scores"] = "probabilities") -> None:
        self.kind = kind

    @property
    def has_probabilities(self) -> bool:
        return self.kind == "probabilities"

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:  # noqa: ARG003
        return "an imported model has no definition to train: argosy models import brings one in"

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: ARG002, N803
        return self

    def scores(self, X: Any) -> Scores:  # noqa: N803
        return np.asarray(X, np.float64)

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        """Made to sum to one as exactly as others do: single precision comes near it."""
        if not self.has_probabilities:
            return super().probabilities(X)
        found = self.scores(X).clip(0.0)
        return np.asarray(found / found.sum(axis=1, keepdims=True))


class ForwardedNumbers(Estimator):
    """What a model that was trained elsewhere to predict a number answers."""

    cost: ClassVar[float] = 0.1
    learns: ClassVar[bool] = False
    answers_numbers: ClassVar[bool] = True

    @property
    def has_probabilities(self) -> bool:
        return False

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:
        return ForwardedScores.refuses(adapter, options)

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: ARG002, N803
        return self

    def scores(self, X: Any) -> Scores:  # noqa: N803
        return np.asarray(X, np.float64)


class ForwardedTensors(Estimator):
    """What a model gives that was made elsewhere and has a signature: tensors, and no labels."""

    cost: ClassVar[float] = 0.1
    learns: ClassVar[bool] = False
    answers_tensors: ClassVar[bool] = True

    @property
    def has_probabilities(self) -> bool:
        return False

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:
        return ForwardedScores.refuses(adapter, options)

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: ARG002, N803
        return self

    def scores(self, X: Any) -> Scores:  # noqa: ARG002, N803
        raise LabelsUnavailable(NO_LABELS)
