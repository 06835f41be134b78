"""Another estimator with probabilities that hold, and with decision thresholds, both learned on rows kept from it.

The training part is cut into folds; each fold is scored by the estimator trained on the others, and from those scores
calibration and thresholds are learned. Then the estimator is trained on all of it. Validation and test stay untouched.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, DefinitionInvalid
from argosy.models.adapter import Adapter
from argosy.models.calibration import Method, apply_calibration, learn, margins, normalize_probabilities
from argosy.models.compiled.calibrated import CalibratedForm
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.models.linear import require_every_class
from argosy.models.served import Served
from argosy.models.thresholds import ThresholdGoal, tuned, weighted
from argosy.plugin_hooks import AdapterHooks, NamedPlugin
from argosy.statistics.intervals import Floats
from argosy.types import Options


class Calibrated(Estimator):
    """`of` names the estimator, `settings` are its options. With `thresholds` it gives scores, not probabilities."""

    cost: ClassVar[float] = 25.0
    inner_: dict[str, Any]
    """What the estimator learned."""
    learned_: list[Floats]
    """Of each column of margins; empty without a method."""
    weights_: Floats
    """Of each class; ones without thresholds."""

    def __init__(
        self,
        of: str = "svm",
        settings: dict[str, Any] | None = None,
        method: Method = "sigmoid",
        thresholds: ThresholdGoal | Literal["none"] = "none",
        folds: Annotated[int, msgspec.Meta(ge=2, le=50)] = 5,
        seed: Annotated[int, msgspec.Meta(ge=0)] = 0,
    ) -> None:
        self.of, self.settings, self.method, self.thresholds = of, settings, method, thresholds
        self.folds, self.seed = folds, seed
        self._check()

    def _check(self) -> None:
        """Raise ValueError where the options do not go together."""
        if self.method == "none" and self.thresholds == "none":
            raise ValueError("calibrated without a method and without thresholds is the estimator itself")
        if self.of == "calibrated":
            raise ValueError("calibrated takes another estimator, not itself")
        try:
            inner = self._new()
        except DefinitionInvalid as problem:
            raise ValueError(f"the estimator '{self.of}': {problem}") from None
        if inner.answers_numbers:
            raise ValueError(f"calibrated takes an estimator of classes, and {self.of} answers numbers")
        if inner.answers_sets:
            raise ValueError(f"calibrated takes an estimator of single labels: put it into {self.of}, as its `of`")
        if self.method == "none" and not inner.has_probabilities:
            raise ValueError(f"{self.of} has no probabilities that thresholds could weigh: choose a method")

    @property
    def has_probabilities(self) -> bool:
        return self.thresholds == "none"

    @property
    def difference(self) -> float:
        return self.inner.difference

    @property
    def agreement(self) -> float:
        return self.inner.agreement

    @classmethod
    def named_plugins(cls, options: Options) -> tuple[NamedPlugin, ...]:
        return (NamedPlugin("model", options.get("of", "svm"), options.get("settings") or {}),)

    @classmethod
    def learner(cls, options: Options) -> type[Estimator]:
        """The estimator inside."""
        found: type[Estimator] = _registry().get(options.get("of", "svm")).cls
        return found

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:
        """What the estimator refuses that it has by default; see `learner`."""
        return cls.learner({}).refuses(adapter, options)

    @classmethod
    def lacks(cls, options: Options) -> str:
        found: str = _registry().get(options.get("of", "svm")).cls.lacks(options.get("settings") or {})
        return found

    @cached_property
    def inner(self) -> Estimator:
        """The estimator, as it was trained on the whole training part."""
        return self._new().restored(self.inner_)

    def import_early(self) -> None:
        self._new().import_early()

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        require_every_class(y, n_classes)
        held, outputs = self._held_out(X, y, n_classes)
        margin = margins(outputs, self._is_probable)
        self.learned_ = []
        if self.method != "none":
            own = [n_classes - 1] if margin.shape[1] == 1 else range(n_classes)
            self.learned_ = [learn(margin[:, i], y[held] == code, self.method) for i, code in enumerate(own)]
        self.weights_ = np.ones(n_classes)
        if self.thresholds != "none":
            self.weights_ = tuned(self._calibrated(outputs), y[held], self.thresholds)
        self.__dict__.pop("inner", None)
        self.inner_ = self._new().fit(X, y, n_classes).learned()
        return self

    def scores(self, X: Any) -> Scores:  # noqa: N803
        return self.answered(_output(self.inner, X))

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        return self.scores(X) if self.has_probabilities else super().probabilities(X)

    def served_form(self, adapter: Adapter, classes: list[str]) -> Served:
        return CalibratedForm(self.inner.served_form(adapter, classes), self)

    def other_forms(self, adapter: Adapter, classes: list[str]) -> list[Served]:
        return [CalibratedForm(one, self) for one in self.inner.other_forms(adapter, classes)]

    def answered(self, outputs: Scores) -> Scores:
        """What the estimator's own probabilities, or scores where it has none, become."""
        found = self._calibrated(outputs)
        return found if self.thresholds == "none" else weighted(found, self.weights_)

    @cached_property
    def _is_probable(self) -> bool:
        """Whether the estimator has probabilities of its own."""
        return self._new().has_probabilities

    def _calibrated(self, outputs: Scores) -> Scores:
        if self.method == "none":
            return outputs
        margin = margins(outputs, self._is_probable)
        columns = [apply_calibration(margin[:, i], learned, self.method) for i, learned in enumerate(self.learned_)]
        return normalize_probabilities(np.stack(columns, axis=1))

    def _held_out(self, X: Any, y: Codes, n_classes: int) -> tuple[NDArray[np.int64], Scores]:  # noqa: N803
        """(rows, what the estimator says of them when it was trained on the other folds)."""
        fold = folds_of(y, n_classes, self.folds, self.seed)
        rows = [np.flatnonzero(fold == number) for number in range(self.folds)]
        rows = [one for one in rows if len(one)]
        if not rows:
            raise DatasetInvalid("calibrated keeps rows aside, and every class has but one in the training part")
        outputs = []
        for one in rows:
            others = np.setdiff1d(np.arange(len(y)), one)
            outputs.append(_output(self._new().fit(X[others], y[others], n_classes), X[one]))
        return np.concatenate(rows), np.concatenate(outputs)

    def _new(self) -> Estimator:
        made: Estimator = _registry().get(self.of, "model.options.of").create(self.settings or {}, "settings")
        return made


def folds_of(y: Codes, n_classes: int, folds: int, seed: int) -> NDArray[np.int64]:
    """Each row's fold, every class spread over them evenly; -1 for a class's only row, which is never kept aside."""
    order = np.random.default_rng(seed).permutation(len(y))
    fold = np.full(len(y), -1, np.int64)
    for code in range(n_classes):
        own = order[y[order] == code]
        if len(own) > 1:
            fold[own] = (np.arange(len(own)) + code) % folds
    return fold


def _output(estimator: Estimator, X: Any) -> Scores:  # noqa: N803
    return estimator.probabilities(X) if estimator.has_probabilities else estimator.scores(X)


def _registry() -> Any:
    from argosy.models.estimators import estimators

    return estimators
