"""A model on another server that speaks Open Inference Protocol V2: every call is forwarded to it.

Its features are what the model answers, in the order of the sorted classes, for the model `as_imported` to pass on.
Only `argosy models import` makes one: there is no definition to train.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Final, Self

import msgspec
import numpy as np

from argosy.definitions.remote_servers import origin_of
from argosy.errors import (
    DefinitionInvalid,
    ImportedModelFailed,
    ImportedModelRefused,
    ImportedModelTooSlow,
    RemoteModelUnavailable,
)
from argosy.models.adapter import Adapter, FieldKind
from argosy.models.adapters.imported import NOT_TRAINED, in_order_of_classes
from argosy.models.remote_metadata import METADATA_SECONDS, change_since, path_of
from argosy.models.remote_servers import RemoteServer
from argosy.models.runtime import Answers, Declared, ModelRow, one_hot
from argosy.models.runtimes import CALL_SECONDS
from argosy.models.signature import TensorSpec
from argosy.types import Input

ROWS: Final = 1000
"""In one call."""
HEAD_BYTES: Final = 1 << 20
NUMBER_BYTES: Final = 32
"""Of a number as JSON writes it, and what is around it."""
IdentifiedTensor = tuple[str, str, int]
"""The name of an input, its datatype, and how many dimensions it has."""


class _Output(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: list[Any]


class _Answer(msgspec.Struct):
    outputs: list[_Output]


class Remote(Adapter):
    """`url` ends in /v2/models/NAME or that and /versions/VERSION; `output` is the tensor that is read, '' the first.

    `sha256` is that of what the server said about the model when it was imported.
    """

    has_amounts: ClassVar[bool] = False
    waits: ClassVar[bool] = True
    format: ClassVar[str] = "remote"
    call_seconds: float = CALL_SECONDS

    def __init__(
        self,
        url: str = "",
        sha256: str = "",
        classes: tuple[str, ...] = (),
        text: str = "",
        fields: dict[str, FieldKind] | None = None,
        inputs: tuple[IdentifiedTensor, ...] = (),
        output: str = "",
    ) -> None:
        self.url, self.sha256, self.classes, self.text, self.fields = url, sha256, classes, text, fields
        self.inputs, self.output = inputs, output

    @property
    def reads(self) -> Mapping[str, FieldKind]:
        return self._declared.reads

    def limit_calls(self, seconds: float) -> None:
        self.call_seconds = seconds

    def fit(self, inputs: Sequence[Input], labels: Sequence[str]) -> Self:  # noqa: ARG002
        raise DefinitionInvalid(NOT_TRAINED)

    def transform(self, inputs: Sequence[Input]) -> Any:
        if not len(inputs):
            return np.zeros((0, len(self.classes)))
        rows = [self._declared.row(item) for item in inputs]
        found = np.concatenate([self._answers(rows[at : at + ROWS]) for at in range(0, len(rows), ROWS)])
        if not np.isfinite(found).all():
            raise ImportedModelRefused(f"{self._server.origin} gave no number")
        return in_order_of_classes(found, self.classes)

    def _answers(self, rows: Sequence[ModelRow]) -> Answers:
        wanted = [{"name": self.output}] if self.output else []
        body = msgspec.json.encode({"inputs": self._tensors(rows), **({"outputs": wanted} if wanted else {})})
        most = HEAD_BYTES + NUMBER_BYTES * len(rows) * max(len(self.classes), 32)
        path = f"{path_of(self.url)}/infer"
        try:
            return self._read(self._server.call(path, body, self.call_seconds, most), len(rows))
        except (RemoteModelUnavailable, ImportedModelTooSlow):
            raise
        except ImportedModelFailed:
            if changed := self._change():
                raise RemoteModelUnavailable(changed) from None
            raise

    def _read(self, content: bytes, count: int) -> Answers:
        try:
            outputs = msgspec.json.decode(content, type=_Answer).outputs
            output = next(one for one in outputs if self.output in ("", one.name))
            return self._table(output, count)
        except (msgspec.MsgspecError, StopIteration, ValueError, TypeError):
            raise ImportedModelFailed(f"{self._server.origin} gave an answer that means nothing") from None

    def _change(self) -> str:
        """Where the other server refuses, or gives something else, it may have another model under that name now."""
        known = [TensorSpec(name, datatype, (-1,) * dimensions) for name, datatype, dimensions in self.inputs]
        return change_since(self._server, self.url, min(self.call_seconds, METADATA_SECONDS), known, ())

    def _tensors(self, rows: Sequence[ModelRow]) -> list[dict[str, Any]]:
        """One of all that is read, or one for each field."""
        count, names = len(rows), list(self.fields or ())
        if len(self.inputs) == 1:
            name, datatype, dimensions = self.inputs[0]
            shape = [count, max(1, len(names))] if dimensions > 1 or len(names) > 1 else [count]
            values = [_json_value(value) for row in rows for value in (row if isinstance(row, list) else [row])]
            return [{"name": name, "datatype": datatype, "shape": shape, "data": values}]
        places = {name: place for place, name in enumerate(names)}
        return [
            {
                "name": name,
                "datatype": datatype,
                "shape": [count, 1] if dimensions > 1 else [count],
                "data": [_json_value(row[places[name]]) for row in rows],
            }
            for name, datatype, dimensions in self.inputs
        ]

    def _table(self, output: _Output, count: int) -> Answers:
        """(rows, classes); raises ValueError, TypeError."""
        flat = _flat(output.data)
        if output.datatype.startswith("FP"):
            table = np.array(flat, np.float64).reshape(count, -1)
            if table.shape[1] == 1 and len(self.classes) == 2:
                table = np.hstack([1 - table, table])
            if table.shape[1] != len(self.classes):
                columns = f"{table.shape[1]} columns for {len(self.classes)} classes"
                raise ImportedModelFailed(f"{self._server.origin} gave {columns}")
            return table
        if len(flat) != count:
            raise ValueError
        are_names = output.datatype == "BYTES" or set(map(str, flat)) <= set(self.classes)
        return one_hot(flat if are_names else [self.classes[int(one)] for one in flat], self.classes)

    @cached_property
    def _declared(self) -> Declared:
        return Declared(self.text, self.fields or {})

    @cached_property
    def _server(self) -> RemoteServer:
        return RemoteServer(origin_of(self.url) or "")


def _flat(data: list[Any]) -> list[Any]:
    while any(isinstance(one, list) for one in data):
        data = [inner for one in data for inner in (one if isinstance(one, list) else [one])]
    return data


def _json_value(value: Any) -> Any:
    """A missing number is null: JSON has no NaN."""
    return None if isinstance(value, float) and value != value else value
