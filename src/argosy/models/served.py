"""The port of served forms: a trained pair as something that only answers.

Guarantees: `score` and `one` agree with the training form (`agreement` measures by how much); they may be called from
several threads; they raise InputInvalid on what no model could answer; no package is imported that only training needs.
Scores are probabilities where `has_probabilities`, else the estimator's own scores: the highest is the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from argosy.models.inputs import TEXT_BYTES
from argosy.types import Input

if TYPE_CHECKING:
    from argosy.models.adapted_model import AdaptedModel

Scores = NDArray[np.float64]


class Served(Protocol):
    """A model in the form that answers fastest."""

    form: str
    """Which form this is, such as `sparse_linear`."""
    classes: list[str]
    has_probabilities: bool

    def one(self, item: Input, limit: int = TEXT_BYTES) -> Scores:
        """(classes,) for one input of at most `limit` bytes."""

    def score(self, inputs: Sequence[Input], limit: int = TEXT_BYTES) -> Scores:
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


def agreement(model: AdaptedModel, served: Served, inputs: Sequence[Input]) -> float:
    """The largest difference between the two forms' scores on these inputs."""
    features = model.adapter.transform(inputs)
    estimator = model.estimator
    reference = estimator.probabilities(features) if estimator.has_probabilities else estimator.scores(features)
    limit = 1 << 62
    answers = np.array([served.one(item, limit) for item in inputs]).reshape(reference.shape)
    return float(np.abs(answers - reference).max(initial=0.0))
