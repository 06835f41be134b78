"""A calibrated estimator's answers from the served form of the estimator inside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from argosy.models.estimator import Scores
from argosy.models.estimators.calibrated import Calibrated
from argosy.models.inputs import TEXT_BYTES
from argosy.types import Input

if TYPE_CHECKING:
    from argosy.models.served import Served


class CalibratedForm:
    """As fast as the form inside, and a few microseconds."""

    def __init__(self, inside: Served, estimator: Calibrated) -> None:
        self._inside, self._answered = inside, estimator.answered
        self.form, self.classes, self.reads = f"calibrated {inside.form}", inside.classes, inside.reads
        self.has_probabilities, self.answered_from = estimator.has_probabilities, estimator.answered_from
        self.waits = inside.waits

    @property
    def is_ready(self) -> bool:
        return self._inside.is_ready

    def one(self, item: Input, limit: int = TEXT_BYTES) -> Scores:
        return np.asarray(self._answered(self._inside.one(item, limit)[None])[0])

    def from_rows(self, features: Any) -> Scores | None:
        outputs = self._inside.from_rows(features)
        return None if outputs is None else self._answered(outputs)

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        outputs = self._inside.score(inputs, limit)
        return self._answered(outputs) if len(outputs) else outputs
