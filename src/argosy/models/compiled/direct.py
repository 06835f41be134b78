"""The training form itself: what serves a pair that has nothing faster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from argosy.models.answers import Scores
from argosy.models.inputs import TEXT_BYTES, check_inputs
from argosy.models.served import Encoder, Scorer
from argosy.models.temperature import Temperature
from argosy.types import Input


class Direct:
    """Adapter, then estimator."""

    form = "direct"
    temperature: Temperature | None = None

    def __init__(self, adapter: Encoder, estimator: Scorer, classes: list[str]) -> None:
        self._adapter, self.classes = adapter, classes
        self.has_probabilities, self.reads = estimator.has_probabilities, adapter.reads
        self.answered_from, self.waits = estimator.answered_from, adapter.waits
        self._answer = estimator.probabilities if self.has_probabilities else estimator.scores

    @property
    def is_ready(self) -> bool:
        return self._adapter.is_ready

    def one(self, item: Input, limit: int = TEXT_BYTES) -> Scores:
        return np.asarray(self.score([item], limit)[0])

    def from_rows(self, features: Any) -> Scores | None:  # noqa: ARG002
        """The training form itself: there is nothing to compare."""
        return None

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        return self._answer(self._adapter.transform(check_inputs(inputs, limit)))
