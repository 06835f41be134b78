"""The served form of a model of tensors: it answers by its signatures, and has no scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

from argosy.errors import LabelsUnavailable
from argosy.models.answers import Scores
from argosy.models.inputs import TEXT_BYTES
from argosy.models.signature import Arrays, Signatures
from argosy.models.temperature import Temperature
from argosy.types import FieldKind, Input


class _Answering(Protocol):
    """What it needs of an adapter."""

    @property
    def own_signatures(self) -> Signatures: ...

    @property
    def waits(self) -> bool: ...

    @property
    def is_ready(self) -> bool: ...

    def answer(self, signature: str, inputs: Arrays, rows: int) -> Arrays: ...


class ServedTensors:
    """`run` takes the place of `score`, which raises LabelsUnavailable."""

    form = "tensors"
    has_probabilities = False
    temperature: Temperature | None = None
    answered_from: Scores | None = None

    def __init__(self, adapter: _Answering) -> None:
        self._adapter, self.signatures, self.waits = adapter, adapter.own_signatures, adapter.waits
        self.classes: list[str] = []
        self.reads: Mapping[str, FieldKind] = {}
        self.run = adapter.answer

    @property
    def is_ready(self) -> bool:
        return self._adapter.is_ready

    def one(self, item: Input, limit: int = TEXT_BYTES) -> NoReturn:
        self.score([item], limit)

    def from_rows(self, features: Any) -> None:
        """There is nothing to compare."""

    def score(self, inputs: Iterable[Input] | Sequence[Input], limit: int = TEXT_BYTES) -> NoReturn:  # noqa: ARG002
        raise LabelsUnavailable("the model answers tensors by its signature, and reads neither texts nor fields")
