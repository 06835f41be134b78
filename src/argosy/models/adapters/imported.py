"""A model that was trained elsewhere: the bytes of its file, run by the runtime of its format.

Its features are what the model answers, in the order of the sorted classes, for the model `as_imported` to pass on.
Only `argosy models import` makes one: there is no definition to train.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from argosy.errors import ArtifactCorrupt, DefinitionInvalid, ImportedModelFailed, ImportedModelRefused
from argosy.models.adapter import Adapter, FieldKind
from argosy.models.runtime import Answers, Declared, Format, ModelRow
from argosy.models.runtimes import CALL_SECONDS, runtime_of
from argosy.typed_values import abridged_list
from argosy.types import Input

if TYPE_CHECKING:
    from argosy.models.runtimes.isolated import Isolated

NOT_TRAINED = "an imported model has no definition to train: argosy models import brings one in"


class Imported(Adapter):
    """`classes` are in the order of the file's outputs; `text` or `fields` say what it takes, see `Declared`."""

    has_amounts: ClassVar[bool] = False
    waits: ClassVar[bool] = True
    call_seconds: float = CALL_SECONDS
    """What one call of the model may take; see `limit_calls`."""
    content_: NDArray[np.uint8]
    """The file, byte for byte."""

    def __init__(
        self,
        format: Format = "onnx",  # noqa: A002  # the word that users write
        sha256: str = "",
        classes: tuple[str, ...] = (),
        text: str = "",
        fields: dict[str, FieldKind] | None = None,
        trusted: tuple[str, ...] = (),
    ) -> None:
        self.format, self.sha256, self.classes = format, sha256, classes
        self.text, self.fields, self.trusted = text, fields, trusted

    @property
    def reads(self) -> Mapping[str, FieldKind]:
        return self._declared.reads

    @property
    def is_ready(self) -> bool:
        return "runtime" not in self.__dict__ or self.runtime.is_ready

    def limit_calls(self, seconds: float) -> None:
        self.call_seconds = seconds

    def take(self, content: bytes) -> Self:
        """Hold the bytes of a file."""
        self.content_ = np.frombuffer(content, np.uint8)
        return self

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:  # noqa: ARG002
        raise DefinitionInvalid(NOT_TRAINED)

    def transform(self, inputs: Sequence[Input]) -> Any:
        if not len(inputs):
            return np.zeros((0, len(self.classes)))
        rows = [self._declared.row(item) for item in inputs]
        try:
            found = self.runtime.answers(rows)
        except ImportedModelRefused as problem:
            raise ImportedModelRefused(f"{problem}{_missing(rows, self._declared)}") from None
        if found.shape != (len(inputs), len(self.classes)):
            columns = f"{found.shape[-1]} columns for {len(self.classes)} classes"
            raise ImportedModelFailed(f"the imported model gave {columns}")
        if not np.isfinite(found).all():
            refused = [rows[place] for place in np.flatnonzero(~np.isfinite(found).all(axis=1))]
            count = f" for {len(refused):,} of {len(inputs):,} inputs" if len(inputs) > 1 else ""
            raise ImportedModelRefused(f"the imported model gave no number{count}{_missing(refused, self._declared)}")
        return in_order_of_classes(found, self.classes)

    @cached_property
    def _declared(self) -> Declared:
        return Declared(self.text, self.fields or {})

    @cached_property
    def runtime(self) -> Isolated:
        """What runs it, made when first asked for; raises ImportInvalid, ArtifactCorrupt."""
        content = np.ascontiguousarray(self.content_).data
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ArtifactCorrupt("the imported model's bytes are not those that were imported")
        classes = list(self.classes)
        return runtime_of(self.format, content, self._declared, classes, self.trusted, self.call_seconds)


def _missing(rows: Sequence[ModelRow], declared: Declared) -> str:
    """What is not there in some of these rows, for an error message."""
    places = enumerate(declared.fields)
    names = [name for place, name in places if any(row[place] is None or row[place] != row[place] for row in rows)]
    return f": {abridged_list(names)} missing" if names else ""


def in_order_of_classes(answers: Answers, classes: Sequence[str]) -> Answers:
    return np.ascontiguousarray(answers[:, sorted(range(len(classes)), key=classes.__getitem__)])
