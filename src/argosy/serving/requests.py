"""What a caller asks, and what it is answered, in no protocol's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from argosy.models.adapter import FieldKind
from argosy.models.answers import AnswerKind, answer_kind
from argosy.types import Input


@dataclass(frozen=True)
class InferRequest:
    """`version` is a number, an alias, or None for the default.

    `client`, `subject` and `entity` go into the log as they were said, and `token`, the name of the one that was shown.
    """

    model: str
    inputs: Sequence[Input]
    version: int | str | None = None
    client: str | None = None
    subject: str | None = None
    entity: str | None = None
    token: str = ""
    deadline: float = inf
    """The time, by `time.perf_counter`, after which nobody waits for the answer."""


@dataclass(frozen=True)
class InferResponse:
    """`scores` has shape (rows, classes): probabilities, or decision scores where the model has none.

    Of the kind `regress` it has shape (rows, 1), and its numbers are the answers.
    """

    model: str
    version: int
    classes: Sequence[str]
    answers: Sequence[str]
    scores: NDArray[np.float64]
    has_probabilities: bool
    prediction_ids: Sequence[str]
    kind: AnswerKind = "classify"

    @property
    def values(self) -> list[float]:
        """Of the kind `regress`: the number of each row."""
        values: list[float] = self.scores[:, 0].tolist()
        return values

    @property
    def scores_name(self) -> str:
        return scores_name(self.has_probabilities)


@dataclass(frozen=True)
class ModelMetadata:
    """What a loaded version takes and gives."""

    model: str
    version: int
    label: str
    versions: Sequence[int]
    aliases: dict[str, int]
    classes: Sequence[str]
    has_probabilities: bool
    answered_from: NDArray[np.float64] | None
    reads: Mapping[str, FieldKind]

    @property
    def kind(self) -> AnswerKind:
        return answer_kind(self.classes, self.answered_from)


def scores_name(has_probabilities: bool) -> str:
    """What the numbers are called on the wire."""
    return "probabilities" if has_probabilities else "scores"
