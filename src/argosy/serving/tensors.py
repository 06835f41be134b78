"""Rows out of V2's tensors, and answers into them; the same over REST and gRPC. Pure.

For a model of texts one BYTES tensor is a column of them, whatever its name. Otherwise tensors are columns of fields:
row i is the dictionary of every tensor's i-th element, under the tensors' names, where null and NaN are missing values.
One tensor of shape [rows, fields] holds the fields in the order of the model's metadata. One BYTES tensor with the
parameter `content_type: json` is a column of dictionaries, an object each; `base64` says how texts were written.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from math import isnan, prod
from typing import Any, Final

import msgspec

from argosy.errors import RequestInvalid
from argosy.models.adapter import FieldKind
from argosy.models.answer_kinds import VALUE, AnswerKind
from argosy.models.inputs import is_lone_text
from argosy.repeated_keys import check_keys, keys_in
from argosy.serving.requests import InferResponse, ModelMetadata
from argosy.serving.tensor_answers import signature_tensors, tensor_outputs
from argosy.typed_values import abridged, abridged_list, shown
from argosy.types import Input

TENSOR_DATATYPES = (
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP32", "FP64", "BYTES",
)  # fmt: skip
JSON_CONTENT: Final = "json"
BASE64_CONTENT: Final = "base64"
CONTENT_TYPES: Final = (JSON_CONTENT, BASE64_CONTENT, "str", "np", "pd")
"""Those of MLServer's that are read here: a text as it is (`str`), numbers (`np`), columns of a table (`pd`)."""
NOT_OFFERED: Final = ("shared_memory_region", "classification")
"""Triton's parameters of inputs and outputs that would change where a tensor is, or what it says."""
DIMENSIONS: Final = 8
LONE_TEXT: Mapping[str, FieldKind] = {"text": "text"}


class Tensor(msgspec.Struct):
    """One input, its elements in row-major order."""

    name: str
    shape: list[int]
    datatype: str
    data: list[Any] | None = None
    parameters: dict[str, Any] | None = None

    def parameter(self, name: str) -> Any:
        """Its value; None where it was not given."""
        return self.parameters.get(name) if self.parameters else None

    @property
    def rows(self) -> int:
        """As its shape says; see `check_shape`."""
        return self.shape[0] if self.shape else 1

    @property
    def elements(self) -> int:
        return prod(self.shape)


def tensor_noun(tensor: Tensor) -> str:
    """What error messages call it."""
    return f"the input '{abridged(tensor.name)}'"


def check_offered(noun: str, parameters: Iterable[str]) -> None:
    """Raises RequestInvalid where one of a tensor's parameters is not offered."""
    for name in parameters:
        if name in NOT_OFFERED:
            raise RequestInvalid(f"{noun} has the parameter '{name}': leave it out")


def check_shapes(tensors: Sequence[Tensor], reads: Mapping[str, FieldKind]) -> None:
    """Raises RequestInvalid where a tensor's shape is neither a column nor, of a lone one, a row for each input."""
    width = len(reads) if len(tensors) == 1 else 1
    for tensor in tensors:
        shape = tensor.shape
        is_column = len(shape) <= DIMENSIONS and min(shape, default=0) >= 0 and set(shape[1:]) <= {1}
        if not is_column and not (len(shape) == 2 and shape[0] >= 0 and shape[1] == width):
            wanted = (
                f"[rows], [rows, 1] or [rows, {width}] ({abridged_list(reads)})" if width > 1 else "[rows] or [rows, 1]"
            )
            raise RequestInvalid(f"{tensor_noun(tensor)} has the shape {shown(shape)}: it must be {wanted}")


def rows_of_tensors(tensors: Sequence[Tensor], reads: Mapping[str, FieldKind] = LONE_TEXT) -> list[Input]:
    """The inputs that the tensors hold, for a model that reads these fields; raises RequestInvalid."""
    if not tensors:
        raise RequestInvalid("inputs is empty: send one BYTES tensor of texts")
    check_shapes(tensors, reads)
    first = tensors[0]
    if len(tensors) == 1 and first.elements != first.rows:
        return _rows_of_matrix(first, list(reads))
    columns = {tensor.name: _values(tensor) for tensor in tensors}
    if len(columns) < len(tensors):
        raise RequestInvalid("two inputs have the same name")
    if len(columns) == 1 and first.parameter("content_type") == JSON_CONTENT:
        return [_object(first, row, value) for row, value in enumerate(columns[first.name])]
    if len(columns) == 1 and is_lone_text(reads):
        return _texts(first, columns[first.name])
    lengths = [f"'{name}' {len(column)}" for name, column in columns.items()]
    if len(set(map(len, columns.values()))) > 1:
        raise RequestInvalid(f"the inputs have different numbers of rows: {abridged_list(lengths)}")
    fields = [[_or_missing(value) for value in column] for column in columns.values()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*fields, strict=True)]


def json_texts(tensors: Sequence[Tensor]) -> bytes:
    """What the tensors hold that will be read as JSON."""
    data = (tensor.data or () for tensor in tensors if tensor.parameter("content_type") == JSON_CONTENT)
    return "".join(text for column in data for text in column if isinstance(text, str)).encode()


def _rows_of_matrix(tensor: Tensor, names: Sequence[str]) -> list[Input]:
    values, width = [_or_missing(value) for value in _values(tensor)], len(names)
    starts = range(0, len(values), width)
    return [dict(zip(names, values[start : start + width], strict=True)) for start in starts]


def _texts(only: Tensor, column: list[Any]) -> list[Input]:
    if only.datatype != "BYTES":
        raise RequestInvalid(f"{tensor_noun(only)} is {only.datatype}: texts are BYTES")
    if None in column:
        raise RequestInvalid(f"{tensor_noun(only)}: element {column.index(None) + 1} is not of the datatype BYTES")
    return column


def _object(tensor: Tensor, row: int, value: Any) -> dict[str, Any]:
    """A dictionary written as JSON."""
    try:
        parsed = msgspec.json.decode(value)
    except (TypeError, msgspec.DecodeError, UnicodeError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise RequestInvalid(f"{tensor_noun(tensor)}: element {row + 1} is not a JSON object, as its content_type says")
    try:
        check_keys(value.encode() if isinstance(value, str) else value, keys_in(parsed))
    except ValueError as problem:
        raise RequestInvalid(f"{tensor_noun(tensor)}: element {row + 1} is ambiguous: {problem}") from None
    return parsed


def _or_missing(value: Any) -> Any:
    return None if isinstance(value, float) and isnan(value) else value


def _values(tensor: Tensor) -> list[Any]:
    """The elements, checked and decoded."""
    place, elements = tensor_noun(tensor), tensor.elements
    if tensor.datatype not in TENSOR_DATATYPES:
        there = ", ".join(TENSOR_DATATYPES)
        raise RequestInvalid(f"{place} has the datatype '{abridged(tensor.datatype)}': there are {there}")
    if tensor.data is None:
        raise RequestInvalid(f"{place} has no data")
    values = _flat(tensor.data)
    if len(values) != elements:
        raise RequestInvalid(f"{place} has {len(values)} elements, its shape {shown(tensor.shape)} says {elements}")
    for number, value in enumerate(values, 1):
        if not _fits(value, tensor.datatype):
            raise RequestInvalid(f"{place}: element {number} is not of the datatype {tensor.datatype}")
    content = tensor.parameter("content_type")
    if content is None:
        return values
    if content not in CONTENT_TYPES:
        raise RequestInvalid(
            f"{place} has the content_type '{abridged(str(content))}': those read here are {', '.join(CONTENT_TYPES)}"
        )
    return _from_base64(tensor, values) if content == BASE64_CONTENT else values


def _from_base64(tensor: Tensor, values: list[Any]) -> list[Any]:
    if tensor.datatype != "BYTES":
        raise RequestInvalid(f"{tensor_noun(tensor)} is {tensor.datatype}: base64 is written as BYTES")
    return [
        None if value is None else text_of_base64(value, f"{tensor_noun(tensor)}: element {number}")
        for number, value in enumerate(values, 1)
    ]


def text_of_base64(value: Any, place: str) -> str:
    """The UTF-8 text that base64 stands for; raises RequestInvalid."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, TypeError, ValueError):
        raise RequestInvalid(f"{place} is not the base64 of a UTF-8 text") from None


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


OUTPUTS: Final[Mapping[AnswerKind, tuple[str, ...]]] = {
    "classify": ("label", "confidence", "probabilities", "prediction_id"),
    "regress": (VALUE, "prediction_id"),
    "tensors": (),
}
"""Of every model of that kind, whatever pair it is."""
TOP_LABELS, TOP_PROBABILITIES = TOP_OUTPUTS = ("top_labels", "top_probabilities")
"""Of a version whose decisions ask for its likeliest classes."""
TEXT_OUTPUTS: Final = ("label", "prediction_id", TOP_LABELS)
SCORES: Final = "scores"
"""What a model that classifies computed itself; an output where it is requested."""


def input_metadata(there: ModelMetadata) -> list[dict[str, Any]]:
    """The tensors that a version takes, a column for each field; or those of its signature."""
    if there.signatures:
        return signature_tensors(there.signature.inputs)
    return [
        {"name": name, "datatype": "FP64" if kind == "number" else "BYTES", "shape": [-1]}
        for name, kind in there.reads.items()
    ]


def output_metadata(there: ModelMetadata) -> list[dict[str, Any]]:
    """The tensors that a version gives."""
    if there.signatures:
        return signature_tensors(there.signature.outputs)
    shapes = {"probabilities": [-1, len(there.classes)], **{name: [-1, there.top] for name in TOP_OUTPUTS}}
    return [
        {"name": name, "datatype": "BYTES" if name in TEXT_OUTPUTS else "FP64", "shape": shapes.get(name, [-1])}
        for name in output_names(there.kind, has_top=there.top > 0)
    ]


def output_names(kind: AnswerKind, *, has_top: bool) -> tuple[str, ...]:
    """Those that are given where none is requested, the ids last."""
    *others, ids = OUTPUTS[kind]
    return (*others, *(TOP_OUTPUTS if has_top else ()), ids)


def check_outputs(wanted: Sequence[str], kind: AnswerKind, *, has_top: bool = False) -> None:
    """Raises RequestInvalid on an output that the model does not have."""
    there = output_names(kind, has_top=has_top)
    there = there if kind == "regress" else (*there, SCORES)
    for name in wanted:
        if name not in there:
            raise RequestInvalid(f"there is no output '{abridged(name)}'; there are: {', '.join(there)}")


def output_tensors(response: InferResponse, wanted: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The output tensors of those names, checked before, or all but the scores; the ids always.

    Of a model of tensors, its own alone, unless the ids are asked for.
    """
    if response.kind == "tensors":
        return tensor_outputs(response, wanted)
    names = [*(wanted or output_names(response.kind, has_top=response.top is not None))]
    if response.wants_scores and response.kind == "classify":
        names.append(SCORES)
    return [_output(name, response) for name in dict.fromkeys([*names, "prediction_id"])]


def _output(name: str, response: InferResponse) -> dict[str, Any]:
    count, width = response.scores.shape
    if name in ("probabilities", SCORES):
        numbers = response.scores if name == SCORES else response.probabilities
        return _tensor(name, "FP64", [count, width], numbers.ravel().tolist())
    if name in TOP_OUTPUTS:  # [[]] for each row, where the step was removed since the request was read
        rows: Sequence[Sequence[Any]] = response.top[TOP_OUTPUTS.index(name)] if response.top else [[]] * count
        datatype = "BYTES" if name == TOP_LABELS else "FP64"
        return _tensor(name, datatype, [count, len(rows[0])], [one for row in rows for one in row])
    if name in ("confidence", VALUE):
        return _tensor(name, "FP64", [count], response.confidences if name == "confidence" else response.values)
    return _tensor(name, "BYTES", [count], response.answers if name == "label" else response.prediction_ids)


def _tensor(name: str, datatype: str, shape: list[int], data: Sequence[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}
