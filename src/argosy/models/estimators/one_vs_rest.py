"""Several labels for one text: another estimator, trained for each label on whether a text has it or not.

What is learned of linear estimators is put side by side, so that all labels together cost one product of a text's
features with the weights. Thresholds are tuned on rows that were kept from training, in folds of the training part.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import DatasetInvalid, DefinitionInvalid
from argosy.models.adapter import Adapter, SparseAdapter
from argosy.models.compiled.sparse_linear import SparseLinear
from argosy.models.estimator import Codes, Estimator, Scores
from argosy.models.linear import LinearEstimator
from argosy.models.links import Link
from argosy.models.served import Served
from argosy.models.set_thresholds import SetGoal, tuned_sets
from argosy.models.steps import step
from argosy.plugin_hooks import AdapterHooks, NamedPlugin
from argosy.types import Options

_COSTLY = 500.0
"""An estimator's `cost` that is too much for every label."""
Fraction = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class OneVsRest(Estimator):
    """`of` names the estimator, which must have probabilities, and `settings` are its options.

    `threshold` is the probability from which a label is answered, or what to tune it for, on `folds` of the training
    rows. A label that all rows have, or none, stays as common as it was.
    """

    cost: ClassVar[float] = 60.0
    answers_sets: ClassVar[bool] = True
    weights_: dict[str, Any]
    """Of linear estimators: what `LinearEstimator` keeps, a column a class; else empty."""
    each_: list[dict[str, Any] | float]
    """Of others: what each learned, or the share of a label that all rows have or none."""
    thresholds_: Scores

    def __init__(
        self,
        of: str = "logistic",
        settings: dict[str, Any] | None = None,
        threshold: Fraction | SetGoal = 0.5,
        folds: Annotated[int, msgspec.Meta(ge=2, le=50)] = 3,
        seed: Annotated[int, msgspec.Meta(ge=0)] = 0,
    ) -> None:
        self.of, self.settings, self.threshold, self.folds, self.seed = of, settings, threshold, folds, seed
        self._check()

    def _check(self) -> None:
        """Raise ValueError where the options do not go together."""
        try:
            inner = self._new()
        except DefinitionInvalid as problem:
            raise ValueError(f"the estimator '{self.of}': {problem}") from None
        if inner.label_kind() != "single":
            raise ValueError(f"one_vs_rest takes an estimator of single labels, not {self.of}")
        if inner.cost > _COSTLY:
            raise ValueError(f"{self.of} costs too much to train for each label: take sentence_embedding and logistic")
        if not inner.has_probabilities:
            raise ValueError(
                f"{self.of} has no probabilities: write of: calibrated, settings: {{of: {self.of}}}, or of: logistic"
            )
        if inner.options.get("after") or inner.options.get("update"):
            raise ValueError(f"{self.of} does not go on from an earlier version inside one_vs_rest")

    @property
    def answered_from(self) -> Scores | None:
        return self.thresholds_

    @property
    def has_probabilities(self) -> bool:
        return True

    @classmethod
    def unused(cls, options: Options) -> dict[str, str]:
        """What only tuning looks at."""
        if isinstance(options.get("threshold", 0.5), str):
            return {}
        return dict.fromkeys(("folds", "seed"), "a threshold that is given is not tuned")

    @classmethod
    def named_plugins(cls, options: Options) -> tuple[NamedPlugin, ...]:
        return (NamedPlugin("model", options.get("of", "logistic"), options.get("settings") or {}),)

    @classmethod
    def learner(cls, options: Options) -> type[Estimator]:
        """The estimator inside."""
        found: type[Estimator] = _registry().get(options.get("of", "logistic")).cls
        return found

    @classmethod
    def refuses(cls, adapter: type[AdapterHooks], options: Options) -> str | None:
        """What the estimator refuses that it has by default; see `learner`."""
        return cls.learner({}).refuses(adapter, options)

    @cached_property
    def linear(self) -> LinearEstimator | None:
        """All classes' weights side by side; None where the estimator is not linear."""
        return _SideBySide(self._new()).restored(self.weights_) if self.weights_ else None

    @cached_property
    def fitted(self) -> list[Estimator | float]:
        return [one if isinstance(one, float) else self._new().restored(one) for one in self.each_]

    def import_early(self) -> None:
        self._new().import_early()

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        if y.ndim != 2:
            raise DatasetInvalid("one_vs_rest learns lists of labels, and these are single ones: write model: logistic")
        if n_classes < 2:
            raise DatasetInvalid("one_vs_rest needs examples with at least two different labels")
        truth = np.ascontiguousarray(y[:, :n_classes] > 0)
        self.thresholds_ = self._thresholds(X, truth)
        for name in ("linear", "fitted"):
            self.__dict__.pop(name, None)
        self.weights_, self.each_ = self._learned(X, truth)
        return self

    def scores(self, X: Any) -> Scores:  # noqa: N803
        return self.probabilities(X)

    def probabilities(self, X: Any) -> Scores:  # noqa: N803
        if self.linear is not None:
            return self.linear.probabilities(X)
        rows = X.shape[0]
        columns = [np.full(rows, one) if isinstance(one, float) else one.probabilities(X)[:, 1] for one in self.fitted]
        return np.stack(columns, axis=1)

    def served_form(self, adapter: Adapter, classes: list[str]) -> Served:
        if self.linear is not None and isinstance(adapter, SparseAdapter):
            return SparseLinear(adapter, self.linear, classes, self.thresholds_)
        return super().served_form(adapter, classes)

    def _learned(self, X: Any, truth: NDArray[np.bool_]) -> tuple[dict[str, Any], list[dict[str, Any] | float]]:  # noqa: N803
        inner = self._new()
        if isinstance(inner, LinearEstimator):
            return _SideBySide(inner).fit(X, truth.astype(np.int64), truth.shape[1]).learned(), []
        each: list[dict[str, Any] | float] = []
        for column in truth.T:
            step()
            share = float(column.mean())
            each.append(share if share in (0.0, 1.0) else self._new().fit(X, column.astype(np.int64), 2).learned())
        return {}, each

    def _thresholds(self, X: Any, truth: NDArray[np.bool_]) -> Scores:  # noqa: N803
        if not isinstance(self.threshold, str):
            return np.full(truth.shape[1], float(self.threshold))
        fold = np.random.default_rng(self.seed).permutation(len(truth)) % self.folds
        held = np.zeros(truth.shape)
        for number in range(min(self.folds, len(truth))):
            part = type(self)(self.of, self.settings)
            part.weights_, part.each_ = part._learned(X[fold != number], truth[fold != number])
            held[fold == number] = part.probabilities(X[fold == number])
        return tuned_sets(held, truth, self.threshold)

    def _new(self) -> Estimator:
        made: Estimator = _registry().get(self.of, "model.options.of").create(self.settings or {}, "settings")
        return made


class _SideBySide(LinearEstimator):
    """One linear estimator a class, each against the rest."""

    def __init__(self, of: Estimator) -> None:
        self._of: Any = of

    @property
    def link(self) -> Link:
        return "each"

    def fit(self, X: Any, y: Codes, n_classes: int) -> Self:  # noqa: N803
        return self._learn(X, y, n_classes)

    def solve(self, X: Any, y: Codes, n_classes: int, n_features: int) -> tuple[Scores, Scores, Scores]:  # noqa: N803
        weights, bias, unseen = np.zeros((X.shape[1], n_classes)), np.zeros(n_classes), np.zeros(n_classes)
        for code in range(n_classes):
            step()
            has = int(y[:, code].sum())
            if has in (0, len(y)):  # nothing to learn: as likely as Laplace's rule of succession says
                bias[code] = np.log((has + 1) / (len(y) - has + 1))
                continue
            own, level, rest = self._of.solve(X, y[:, code], 2, n_features)
            weights[:, code], bias[code], unseen[code] = (_against(one) for one in (own, level, rest))
        return weights, bias, unseen


def _against(values: Any) -> Any:
    """Of two classes the second against the first; a lone column is that already."""
    values = np.atleast_1d(values)
    return values[..., -1] - values[..., 0] if values.shape[-1] == 2 else values[..., 0]


def _registry() -> Any:
    from argosy.models.estimators import estimators

    return estimators
