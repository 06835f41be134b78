"""What a caller asks, and what it is answered, in no protocol's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.models.adapter import FieldKind
from argosy.models.answer_kinds import AnswerKind
from argosy.models.answers import answer_kind
from argosy.models.decisions import NO_DECISIONS, Decisions, TopLabels, top_count
from argosy.models.signature import Arrays, Signature, Signatures, chosen_signature
from argosy.models.temperature import Temperature
from argosy.types import Input

PLATFORM: Final = "argosy_adapted_model"
"""What models run on, in V2's metadata."""
REQUEST_ID_CHARACTERS: Final = 1000
"""Of V2's id of a request, which its answer repeats."""


class InferRequest(msgspec.Struct, frozen=True):
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
    wants_scores: bool = False
    """Whether the answer is to show the model's own scores as well."""
    protocol: str = "python"
    """Over which it came: a label of the metrics."""
    traceparent: str = ""
    """The caller's span, as W3C's header says it."""
    is_logged: bool = True
    """False of what a service asks, which logs what it made of the answer."""


class InferResponse(msgspec.Struct, frozen=True):
    """`probabilities` and `scores` have the shape (rows, classes); `scores` are what the model itself computed.

    Of the kind `regress` both have the shape (rows, 1), and the numbers that are given are in `probabilities`. What a
    version's decisions change is the answers alone.
    """

    model: str
    version: int
    classes: Sequence[str]
    answers: Sequence[str]
    confidences: Sequence[float]
    probabilities: NDArray[np.float64]
    scores: NDArray[np.float64]
    prediction_ids: Sequence[str]
    kind: AnswerKind = "classify"
    wants_scores: bool = False
    top: TopLabels | None = None
    outputs: Arrays | None = None
    """Of a model of tensors, which has none of the other answers: what it gave, by name."""
    is_batched: bool = False
    """Whether the outputs have a row for each prediction."""

    @property
    def values(self) -> list[float]:
        """Of the kind `regress`: the number of each row."""
        values: list[float] = self.probabilities[:, 0].tolist()
        return values


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
    temperature: Temperature | None
    answered_from: NDArray[np.float64] | None
    reads: Mapping[str, FieldKind]
    decisions: Decisions = NO_DECISIONS
    form: str = ""
    """In which it answers; see `models/served.py`."""
    signatures: Signatures = field(default_factory=dict)
    """Of a model of tensors."""

    @property
    def signature(self) -> Signature:
        """Of a model of tensors: the one that answers where none is named."""
        return self.signatures[chosen_signature(self.signatures)]

    @property
    def kind(self) -> AnswerKind:
        if self.signatures:
            return "tensors"
        return answer_kind(self.classes, self.answered_from)

    @property
    def top(self) -> int:
        """How many of the likeliest classes it gives next to the label."""
        return top_count(self.classes, self.decisions.steps)

    @property
    def parameters(self) -> dict[str, Any]:
        """What V2's metadata says besides: which version it is, its form, and from when on each label is answered."""
        found: dict[str, Any] = {"version": str(self.version), "definition": self.label}
        if self.signatures:
            return {**found, "signatures": list(self.signatures), "batched": self.signature.is_batched}
        if self.kind == "classify":
            found["probabilities"] = self.probabilities_are
        if self.form:
            found["form"] = self.form
        if self.decisions.revision:
            found["decisions"] = msgspec.to_builtins(self.decisions)
        if self.answered_from is None:
            return found
        thresholds = dict(zip(self.classes, self.answered_from.tolist(), strict=True))
        return {**found, "labels": "several", "thresholds": thresholds}

    @property
    def probabilities_are(self) -> str:
        """`own`, `calibrated` from scores, or `uncalibrated`: in the order of the scores, and no more."""
        return "own" if self.has_probabilities else "uncalibrated" if self.temperature is None else "calibrated"
