"""A calibrated estimator's answers from the served form of the estimator inside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from argosy.models.answers import Scores
from argosy.models.inputs import TEXT_BYTES
from argosy.models.served import Scorer, Served
from argosy.models.temperature import Temperature
from argosy.types import Input


class CalibratedScorer(Scorer, Protocol):
    """An estimator around another, whose answers it corrects."""

    def answered(self, outputs: Scores) -> Scores: ...


class CalibratedForm:
    """As fast as the form inside, and a few microseconds."""

    temperature: Temperature | None = None

    def __init__(self, inside: Served, estimator: CalibratedScorer) -> None:
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
