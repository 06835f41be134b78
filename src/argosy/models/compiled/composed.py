"""An ensemble's answers from the served forms of its members."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from argosy.models.adapter import ComposedAdapter
from argosy.models.estimator import Estimator, Scores
from argosy.models.inputs import TEXT_BYTES, check_inputs
from argosy.types import Input


class Composed:
    """Costs what its members cost, one after another, and a few microseconds."""

    form = "composed"

    def __init__(self, adapter: ComposedAdapter, estimator: Estimator, classes: list[str]) -> None:
        self._adapter, self.classes = adapter, classes
        self.has_probabilities, self.reads = estimator.has_probabilities, adapter.reads
        self.answered_from, self.waits = estimator.answered_from, adapter.waits
        self._answer = estimator.probabilities if self.has_probabilities else estimator.scores

    def one(self, item: Input, limit: int = TEXT_BYTES) -> Scores:
        return np.asarray(self.score([item], limit)[0])

    def from_rows(self, features: Any) -> None:
        """The members' forms are compared in encoding; what follows them is the training form itself."""

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        return self._answer(self._adapter.answers(check_inputs(inputs, limit)))
