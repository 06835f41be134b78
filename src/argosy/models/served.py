"""The port of served forms: a trained pair as something that only answers.

Guarantees: `score` and `one` agree with the training form (`agreement` measures by how much); they may be called from
several threads; they raise InputInvalid on what no model could answer; no package is imported that only training needs.
Scores are probabilities where `has_probabilities`, else the estimator's own scores: the highest is the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from argosy.errors import InputInvalid
from argosy.models.inputs import TEXT_BYTES, check_input
from argosy.types import Input

if TYPE_CHECKING:
    from argosy.models.adapted_model import AdaptedModel

Scores = NDArray[np.float64]
_NO_LIMIT = 1 << 62


class Served(Protocol):
    """A model in the form that answers fastest."""

    form: str
    """Which form this is, such as `sparse_linear`."""
    classes: list[str]
    has_probabilities: bool

    def one(self, item: Input, limit: int = TEXT_BYTES) -> Scores:
        """(classes,) for one input of at most `limit` bytes."""

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        """(n, classes)."""


def compile_model(model: AdaptedModel) -> Served:
    """The fastest form that the pair has."""
    from argosy.models.adapter import SparseAdapter
    from argosy.models.compiled.direct import Direct
    from argosy.models.compiled.sparse_linear import SparseLinear
    from argosy.models.linear import LinearEstimator

    adapter, estimator = model.adapter, model.estimator
    if isinstance(adapter, SparseAdapter) and isinstance(estimator, LinearEstimator) and hasattr(estimator, "weights_"):
        return SparseLinear(adapter, estimator, model.classes)
    return Direct(adapter, estimator, model.classes)


def agreement(model: AdaptedModel, served: Served, inputs: Sequence[Input], reference: Scores | None = None) -> float:
    """The largest difference between the two forms' scores on those of these inputs that can be answered.

    `reference` are the training form's scores of all the inputs (probabilities where it has them), which whoever
    has evaluated the model has at hand; they are computed unless given.
    """
    if reference is None:
        features, estimator = model.adapter.transform(inputs), model.estimator
        reference = estimator.probabilities(features) if estimator.has_probabilities else estimator.scores(features)
    answerable = np.fromiter(map(_is_answerable, inputs), np.bool_, len(inputs))
    expected = reference[answerable]
    asked = [item for item, is_asked in zip(inputs, answerable.tolist(), strict=True) if is_asked]
    answers = np.array([served.one(item, _NO_LIMIT) for item in asked]).reshape(expected.shape)
    return float(np.abs(answers - expected).max(initial=0.0))


def _is_answerable(item: Input) -> bool:
    try:
        check_input(item, _NO_LIMIT)
    except InputInvalid:
        return False
    return True
