"""The port of served forms: a trained pair as something that only answers.

Guarantees: `score` and `one` agree with the training form (`encoding_agreement` and `scoring_agreement` measure by how
much); they may be called from several threads; they raise InputInvalid on what no model could answer; no package is
imported that only training needs.
Scores are probabilities where `has_probabilities`, else the estimator's own scores: the highest is the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from argosy.errors import InputInvalid
from argosy.models.estimator import Scores
from argosy.models.inputs import NO_LIMIT, TEXT_BYTES, check_input
from argosy.types import Input

if TYPE_CHECKING:
    from argosy.models.adapted_model import AdaptedModel
    from argosy.models.adapter import Adapter, FieldKind
    from argosy.models.estimator import Estimator


class Served(Protocol):
    """A model in the form that answers fastest."""

    form: str
    """Which form this is, such as `sparse_linear`."""
    classes: list[str]
    has_probabilities: bool
    answered_from: Scores | None
    """(classes,): the probability from which each class is answered; None where the highest score is the answer."""
    reads: Mapping[str, FieldKind]
    """What its adapter reads."""
    waits: bool
    """See `Adapter.waits`."""

    @property
    def is_ready(self) -> bool:
        """See `Adapter.is_ready`."""

    def one(self, item: Input, limit: int = TEXT_BYTES) -> Scores:
        """(classes,) for one input of at most `limit` bytes."""

    def from_rows(self, features: Any) -> Scores | None:
        """(n, classes): what `one` makes of encoded inputs, row by row; None where this is the training form."""

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        """(n, classes)."""


def compile_model(model: AdaptedModel) -> Served:
    """The fastest form that the pair has."""
    from argosy.models.adapter import SparseAdapter
    from argosy.models.compiled.calibrated import CalibratedForm
    from argosy.models.compiled.sparse_linear import SparseLinear
    from argosy.models.estimators.calibrated import Calibrated
    from argosy.models.estimators.one_vs_rest import OneVsRest

    if isinstance(model.estimator, Calibrated):
        inside = _form_of(model.adapter, model.estimator.inner, model.classes)
        return CalibratedForm(inside, model.estimator)
    if isinstance(model.estimator, OneVsRest) and model.estimator.linear and isinstance(model.adapter, SparseAdapter):
        return SparseLinear(model.adapter, model.estimator.linear, model.classes, model.estimator.answered_from)
    return _form_of(model.adapter, model.estimator, model.classes)


def _form_of(adapter: Adapter, estimator: Estimator, classes: list[str]) -> Served:
    from argosy.models.adapter import ComposedAdapter, SparseAdapter
    from argosy.models.compiled.composed import Composed
    from argosy.models.compiled.direct import Direct
    from argosy.models.compiled.sparse_linear import SparseLinear
    from argosy.models.linear import LinearEstimator

    if isinstance(adapter, SparseAdapter) and isinstance(estimator, LinearEstimator) and hasattr(estimator, "weights_"):
        return SparseLinear(adapter, estimator, classes)
    if isinstance(adapter, ComposedAdapter):
        return Composed(adapter, estimator, classes)
    return Direct(adapter, estimator, classes)


def encoding_agreement(adapter: Adapter, inputs: Sequence[Input], features: Any) -> float:
    """The largest difference of what serves from `transform`'s rows: what an adapter's models share."""
    from argosy.models.adapter import ComposedAdapter, SparseAdapter

    if isinstance(adapter, ComposedAdapter):
        asked = [place for place, item in enumerate(inputs) if _is_answerable(item)]
        return _furthest(adapter.answers([inputs[place] for place in asked]), features[asked])
    if not isinstance(adapter, SparseAdapter):
        return 0.0
    return float(abs(SparseAdapter.transform(adapter, inputs) - features).max())


def scoring_agreement(served: Served, features: Any, expected: Scores) -> float:
    """The other half: that of the served form's answers to rows of features from the training form's."""
    answers = served.from_rows(features)
    return 0.0 if answers is None else _furthest(answers, expected)


def _furthest(answers: Scores, expected: Scores) -> float:
    return float(np.abs(answers - expected).max(initial=0.0))


def _is_answerable(item: Input) -> bool:
    try:
        check_input(item, NO_LIMIT)
    except InputInvalid:
        return False
    return True
