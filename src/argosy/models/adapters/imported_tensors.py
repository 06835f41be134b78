"""A model that was trained elsewhere, asked by its own signatures: the bytes of its file, run by its format's runtime.

It has no features and no labels: the model `as_tensors` behind it passes tensors on. Only `argosy models import` makes
one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import ArtifactCorrupt, DefinitionInvalid, LabelsUnavailable
from argosy.models.adapter import Adapter, FieldKind
from argosy.models.adapters.imported import NOT_TRAINED
from argosy.models.compiled.tensors import ServedTensors
from argosy.models.runtime import Format
from argosy.models.runtimes import CALL_SECONDS, tensor_runtime_of
from argosy.models.served import Scorer, Served
from argosy.models.signature import DEFAULT_SIGNATURE, Arrays, Signature, Signatures, check_answer
from argosy.types import Input

if TYPE_CHECKING:
    from argosy.models.runtimes.isolated import IsolatedTensors

NO_LABELS = "the model answers tensors and has no labels: ask it through a server, by its signature"


class TensorAdapter(Adapter):
    """What the adapters of models of tensors share; `signatures` are as JSON."""

    has_amounts: ClassVar[bool] = False
    waits: ClassVar[bool] = True
    call_seconds: float = CALL_SECONDS
    signatures: dict[str, Any]

    @property
    def reads(self) -> Mapping[str, FieldKind]:
        """No fields: tensors."""
        return {}

    def limit_calls(self, seconds: float) -> None:
        self.call_seconds = seconds

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:  # noqa: ARG002
        raise DefinitionInvalid(NOT_TRAINED)

    def transform(self, inputs: Sequence[Input]) -> Any:  # noqa: ARG002
        raise LabelsUnavailable(NO_LABELS)

    def served_form(self, estimator: Scorer, classes: list[str]) -> Served:  # noqa: ARG002
        return ServedTensors(self)

    @cached_property
    def own_signatures(self) -> Signatures:
        """Raises ArtifactCorrupt."""
        try:
            return msgspec.convert(self.signatures, dict[str, Signature])
        except msgspec.ValidationError as problem:
            raise ArtifactCorrupt(f"the model's signatures are damaged: {problem}") from None

    def answer(self, signature: str, inputs: Arrays, rows: int) -> Arrays:
        """The outputs to inputs that `check_arrays` found to be so many rows.

        Raises ImportedModelFailed, ImportedModelRefused, ImportedModelTooSlow.
        """
        return check_answer(self.own_signatures[signature], self.ask(signature, inputs), rows)

    def ask(self, signature: str, inputs: Arrays) -> Arrays:
        """The model's own outputs, not checked."""
        raise NotImplementedError


class ImportedTensors(TensorAdapter):
    """`own` is whether the file says its signatures itself; otherwise it is opened under the declared one."""

    content_: NDArray[np.uint8]
    """The file, byte for byte."""

    def __init__(
        self,
        format: Format = "onnx",  # noqa: A002  # the word that users write
        sha256: str = "",
        signatures: dict[str, Any] | None = None,
        own: bool = True,
    ) -> None:
        self.format, self.sha256, self.signatures, self.own = format, sha256, signatures or {}, own

    @property
    def is_ready(self) -> bool:
        return "runtime" not in self.__dict__ or self.runtime.is_ready

    def take(self, content: bytes) -> Self:
        """Hold the bytes of a file."""
        self.content_ = np.frombuffer(content, np.uint8)
        return self

    def ask(self, signature: str, inputs: Arrays) -> Arrays:
        return self.runtime.run(signature, inputs)

    @cached_property
    def runtime(self) -> IsolatedTensors:
        """What runs it, made when first asked for; raises ImportInvalid, ArtifactCorrupt."""
        content = np.ascontiguousarray(self.content_).data
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ArtifactCorrupt("the imported model's bytes are not those that were imported")
        declared = None if self.own else self.own_signatures[DEFAULT_SIGNATURE]
        return tensor_runtime_of(self.format, content, declared, self.call_seconds)
