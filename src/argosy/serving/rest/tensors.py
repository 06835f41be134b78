"""Texts and fields out of V2 tensors, answers into them. Pure.

For a model of texts one BYTES tensor is a column of them, whatever its name. Otherwise tensors are columns of fields:
row i is the dictionary of every tensor's i-th element, under the tensors' names, where null and NaN are missing values.
One BYTES tensor with the parameter `content_type: json` is a column of such dictionaries, an object each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import msgspec

from argosy.errors import RequestInvalid
from argosy.models.adapter import FieldKind
from argosy.models.inputs import is_lone_text
from argosy.serving.dataplane import InferResponse
from argosy.typed_values import listed, shortened, shown
from argosy.types import Input

TENSOR_DATATYPES = (
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP32", "FP64", "BYTES",
)  # fmt: skip
REQUEST_ID_CHARACTERS = 1000
"""Of a request's own id, which its answer repeats."""
JSON_CONTENT = "json"
DIMENSIONS = 8
LONE_TEXT: Mapping[str, FieldKind] = {"text": "text"}


class Tensor(msgspec.Struct):
    """One input as V2 has it in JSON."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any] | None = None
    parameters: dict[str, Any] = {}


class Output(msgspec.Struct):
    """One output that is asked for."""

    name: str
    parameters: dict[str, Any] = {}


class InferBody(msgspec.Struct):
    """The body of V2's infer."""

    inputs: list[Tensor]
    id: str = ""
    parameters: dict[str, Any] = {}
    outputs: list[Output] | None = None


def parse_body(body: bytes | memoryview) -> InferBody:
    """Raises RequestInvalid with the path of what is wrong."""
    parsed = _parsed(body)
    if len(parsed.id) > REQUEST_ID_CHARACTERS:
        raise RequestInvalid(f"id must be text of at most {REQUEST_ID_CHARACTERS} characters")
    return parsed


def claimed_rows(tensor: Tensor) -> int:
    """How many rows its shape says; raises RequestInvalid where it says none that there can be."""
    shape = tensor.shape
    if len(shape) > DIMENSIONS or min(shape, default=0) < 0 or not set(shape[1:]) <= {1}:
        raise RequestInvalid(f"{where(tensor)} has the shape {shown(shape)}: it must be [rows] or [rows, 1]")
    return shape[0] if shape else 1


def _parsed(body: bytes | memoryview) -> InferBody:
    try:
        return _decode(body)
    except msgspec.ValidationError as error:
        raise RequestInvalid(f"the body is not a V2 request: {_lowered(str(error))}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestInvalid(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise RequestInvalid("the body is not JSON that we read: it is nested too deeply") from None


def rows(tensors: Sequence[Tensor], reads: Mapping[str, FieldKind] = LONE_TEXT) -> list[Input]:
    """The inputs that the tensors hold, for a model that reads these fields; raises RequestInvalid."""
    if not tensors:
        raise RequestInvalid("inputs is empty: send one BYTES tensor of texts")
    columns = {tensor.name: _column(tensor) for tensor in tensors}
    if len(columns) < len(tensors):
        raise RequestInvalid("two inputs have the same name")
    if len(columns) == 1 and tensors[0].parameters.get("content_type") == JSON_CONTENT:
        return [_object(tensors[0], row, value) for row, value in enumerate(columns[tensors[0].name])]
    if len(columns) == 1 and is_lone_text(reads):
        return _texts(tensors[0], columns[tensors[0].name])
    lengths = [f"'{name}' {len(column)}" for name, column in columns.items()]
    if len(set(map(len, columns.values()))) > 1:
        raise RequestInvalid(f"the inputs have different numbers of rows: {listed(lengths)}")
    fields = [[_or_missing(value) for value in column] for column in columns.values()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*fields, strict=True)]


def json_texts(tensors: Sequence[Tensor]) -> bytes:
    """What the tensors hold that will be read as JSON."""
    data = (tensor.data or () for tensor in tensors if tensor.parameters.get("content_type") == JSON_CONTENT)
    return "".join(text for column in data for text in column if isinstance(text, str)).encode()


def _texts(only: Tensor, column: list[Any]) -> list[Input]:
    if only.datatype != "BYTES":
        raise RequestInvalid(f"{where(only)} is {only.datatype}: texts are BYTES")
    if None in column:
        raise RequestInvalid(f"{where(only)}: element {column.index(None)} is not of the datatype BYTES")
    return column


def _object(tensor: Tensor, row: int, value: Any) -> dict[str, Any]:
    """A dictionary written as JSON."""
    try:
        parsed = msgspec.json.decode(value)
    except (TypeError, msgspec.DecodeError, UnicodeError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise RequestInvalid(f"{where(tensor)}: element {row} is not a JSON object, as its content_type says")
    return parsed


def _or_missing(value: Any) -> Any:
    return None if isinstance(value, float) and isnan(value) else value


def where(tensor: Tensor) -> str:
    """What error messages call it."""
    return f"the input '{shortened(tensor.name)}'"


def _column(tensor: Tensor) -> list[Any]:
    place, rows = where(tensor), claimed_rows(tensor)
    if tensor.datatype not in TENSOR_DATATYPES:
        there = ", ".join(TENSOR_DATATYPES)
        raise RequestInvalid(f"{place} has the datatype '{shortened(tensor.datatype)}': there are {there}")
    if tensor.data is None:
        raise RequestInvalid(f"{place} has no data")
    values = _flat(tensor.data)
    if len(values) != rows:
        raise RequestInvalid(f"{place} has {len(values)} elements, its shape {tensor.shape} says {rows}")
    for row, value in enumerate(values):
        if not _fits(value, tensor.datatype):
            raise RequestInvalid(f"{place}: element {row} is not of the datatype {tensor.datatype}")
    return values


def _flat(data: list[Any]) -> list[Any]:
    """One level of nesting undone: [[a], [b]] is [a, b]."""
    if any(isinstance(value, list) for value in data):
        return [inner for value in data for inner in (value if isinstance(value, list) else [value])]
    return data


def _fits(value: object, datatype: str) -> bool:
    if value is None:
        return True
    if datatype == "BYTES":
        return isinstance(value, str)
    if datatype == "BOOL":
        return isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool)


def outputs(response: InferResponse, wanted: Sequence[Output] | None) -> list[dict[str, Any]]:
    """The output tensors asked for, or all; the ids always. Raises RequestInvalid on one that does not exist."""
    count, width = response.scores.shape
    there: Mapping[str, dict[str, Any]] = {
        "label": _tensor("label", "BYTES", [count], response.answers),
        response.scores_name: _tensor(response.scores_name, "FP64", [count, width], response.scores.ravel().tolist()),
        "prediction_id": _tensor("prediction_id", "BYTES", [count], response.prediction_ids),
    }
    names = list(there) if not wanted else [output.name for output in wanted]
    return [there[name] for name in dict.fromkeys([*names, "prediction_id"])]


def check_outputs(wanted: Sequence[Output] | None, there: Sequence[str]) -> None:
    """Raises RequestInvalid on an output that the model does not have."""
    for output in wanted or ():
        if output.name not in there:
            raise RequestInvalid(f"there is no output '{shortened(output.name)}'; there are: {', '.join(there)}")


def _tensor(name: str, datatype: str, shape: list[int], data: Sequence[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


_decode = msgspec.json.Decoder(InferBody).decode
