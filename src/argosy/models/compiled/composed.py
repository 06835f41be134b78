"""An ensemble's answers from the served forms of its members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from argosy.models.answers import Scores
from argosy.models.compiled.direct import Direct
from argosy.models.inputs import TEXT_BYTES, check_inputs
from argosy.models.served import Encoder, Scorer
from argosy.types import Input


class ComposedEncoder(Encoder, Protocol):
    """An adapter whose features are answers of served forms."""

    def answers(self, inputs: Sequence[Input]) -> Any: ...


class Composed(Direct):
    """Costs what its members cost, one after another, and a few microseconds.

    The members' forms are compared in encoding; what follows them is the training form itself.
    """

    form = "composed"

    def __init__(self, adapter: ComposedEncoder, estimator: Scorer, classes: list[str]) -> None:
        super().__init__(adapter, estimator, classes)
        self._members = adapter

    def score(self, inputs: Iterable[Input], limit: int = TEXT_BYTES) -> Scores:
        return self._answer(self._members.answers(check_inputs(inputs, limit)))
