"""The port of served forms: a trained pair as something that only answers.

Guarantees: `score` and `one` agree with the training form (`Adapter.encoding_difference` and `scoring_difference`
measure how closely); they may be called from several threads; they raise InputInvalid on what no model could answer;
no package is imported that only training needs.
Scores are probabilities where `has_probabilities`, else the estimator's own scores: the highest is the answer.

An estimator offers its form (`Estimator.served_form`), most by leaving it to the adapter (`Adapter.served_form`), and
others that a server may find faster (`Estimator.other_forms`).
A form knows neither: what it needs of them is below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np

from argosy.models.answers import Scores
from argosy.models.inputs import TEXT_BYTES
from argosy.models.temperature import Temperature
from argosy.types import FieldKind, Input

AGREEMENT: Final = 1e-6
"""How far the scores of two forms of one pair may be apart."""


class Served(Protocol):
    """A model in the form that answers fastest."""

    form: str
    """Which form this is, such as `sparse_linear`."""
    classes: list[str]
    has_probabilities: bool
    answered_from: Scores | None
    """(classes,): the probability from which each class is answered; None where the highest score is the answer."""
    temperature: Temperature | None
    """That of the adapted model, which sets it; None too where the form has probabilities."""
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


class Encoder(Protocol):
    """What a form needs of an adapter."""

    @property
    def reads(self) -> Mapping[str, FieldKind]: ...

    @property
    def waits(self) -> bool: ...

    @property
    def is_ready(self) -> bool: ...

    def transform(self, inputs: Sequence[Input]) -> Any: ...


class Scorer(Protocol):
    """What a form needs of an estimator."""

    @property
    def has_probabilities(self) -> bool: ...

    @property
    def answered_from(self) -> Scores | None: ...

    def scores(self, X: Any) -> Scores: ...  # noqa: N803  # as estimators have it

    def probabilities(self, X: Any) -> Scores: ...  # noqa: N803


def scoring_difference(served: Served, features: Any, expected: Scores) -> float:
    """The largest difference of the served form's answers to rows of features from the training form's."""
    answers = served.from_rows(features)
    return 0.0 if answers is None else largest_difference(answers, expected)


def largest_difference(answers: Scores, expected: Scores) -> float:
    return float(np.abs(answers - expected).max(initial=0.0))
