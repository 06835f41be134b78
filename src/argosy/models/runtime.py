"""The port of runtimes: what runs a model that was trained elsewhere, from the bytes of its file.

Guarantees: the bytes are read and never written; `answers` gives one row an input, float64, a column a class in the
file's order, finite or not; it may be called from several threads; it raises ImportedModelFailed where the model
itself does. What runs the model in its own process may take for ever; `Isolated`, which everybody else asks, does not.
Making a runtime raises ImportInvalid where the bytes are no model that it can run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.models.fields import category_of, fields_of, number_of, written_of
from argosy.models.inputs import text_of
from argosy.models.signature import Arrays, Signatures
from argosy.types import FieldKind, Input

Format = Literal["onnx", "huggingface", "skops", "joblib", "pickle", "python", "savedmodel"]
TranslatedFormat = Literal["pmml", "lightgbm", "xgboost"]
"""Of files that are not run as they are: see `models/translators/`."""
Answers = NDArray[np.float64]
ModelRow = str | list[Any]


class Declared(msgspec.Struct, frozen=True):
    """What a model takes: the text, in `text` of a dictionary or alone; or, where there are any, `fields` in order."""

    text: str = ""
    fields: Mapping[str, FieldKind] = {}

    @property
    def reads(self) -> Mapping[str, FieldKind]:
        return self.fields or {self.text or "text": "text"}

    def row(self, item: Input) -> ModelRow:
        """The text, or a value a field: NaN or None where it is missing. Raises InputInvalid."""
        if not self.fields:
            return text_of(item, self.text)
        given = fields_of(item, self.fields)
        return [_VALUES[kind](given.get(name), name) for name, kind in self.fields.items()]


class Runtime(Protocol):
    """See the module's guarantees."""

    classes: list[str]
    """As the file says them; empty where it does not."""

    def answers(self, rows: Sequence[ModelRow]) -> Answers:
        """(n, classes) of rows as `Declared.row` makes them, at least one."""


class TensorRuntime(Protocol):
    """What answers tensors by a signature; the same guarantees but for `answers`."""

    signatures: Signatures
    """As the file says them, batched where it says so."""

    def run(self, signature: str, inputs: Arrays) -> Arrays:
        """The outputs to inputs that were checked against that signature."""


def one_hot(labels: Sequence[Any], classes: Sequence[str]) -> Answers:
    """Answers that are labels alone; one that is no class is a row of NaN."""
    place = {name: number for number, name in enumerate(classes)}
    found = np.zeros((len(labels), len(classes)))
    for number, label in enumerate(labels):
        at = place.get(class_name(label))
        found[number] = np.nan if at is None else np.eye(len(classes))[at]
    return found


def class_name(label: Any) -> str:
    """A class as Argosy names it: text."""
    value = label.item() if isinstance(label, np.generic) else label
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


_VALUES = {"number": number_of, "category": category_of, "text": written_of}
