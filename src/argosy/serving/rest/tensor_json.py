"""Tensors as TensorFlow Serving and MLflow write them in JSON: nested lists, by rows or by columns, and back. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from argosy.errors import RequestInvalid
from argosy.http.bodies import json_type
from argosy.models.signature import Array, Signature, TensorSpec, check_names, check_shapes_of
from argosy.models.tensor_elements import array_of_elements, flattened
from argosy.models.tensor_rows import TensorRows, json_elements
from argosy.serving.limits import InputLimits, check_rows
from argosy.serving.requests import InferResponse
from argosy.serving.tensor_requests import bytes_of_base64
from argosy.typed_values import abridged, shown

BYTES_SUFFIX: Final = "_bytes"
"""Outputs whose names end so are written in base64, as TensorFlow Serving does."""


class GivenTensors(NamedTuple):
    """`instances` is how many rows a body by rows has; None of one by columns."""

    rows: TensorRows
    instances: int | None


def tensors_of_predict(body: Mapping[str, Any], name: str, signature: Signature, limits: InputLimits) -> GivenTensors:
    """Of `instances` (rows) or `inputs` (columns); raises RequestInvalid, InputInvalid, RequestTooLarge."""
    if ("instances" in body) == ("inputs" in body):
        raise RequestInvalid('the body must have either "instances" (rows) or "inputs" (columns)')
    if "inputs" in body:
        return GivenTensors(tensors_of_columns(_named(body["inputs"], signature), name, signature, limits), None)
    instances = body["instances"]
    if not isinstance(instances, list):
        raise RequestInvalid(f"instances must be an array, not {json_type(instances)}")
    check_rows(len(instances), limits)
    columns = columns_of_rows([_named(one, signature) for one in instances], signature)
    return GivenTensors(tensors_of_columns(columns, name, signature, limits), len(instances))


def columns_of_rows(rows: Sequence[Mapping[str, Any]], signature: Signature) -> dict[str, list[Any]]:
    """Raises RequestInvalid where not all rows have the same names."""
    names = list(rows[0]) if rows else [one.name for one in signature.inputs]
    for place, row in enumerate(rows):
        if row.keys() != set(names):
            raise RequestInvalid(f"instances[{place}] has other inputs than instances[0]")
    return {name: [row[name] for row in rows] for name in names}


def tensors_of_columns(columns: Mapping[str, Any], name: str, signature: Signature, limits: InputLimits) -> TensorRows:
    """Raises RequestInvalid, InputInvalid, RequestTooLarge."""
    check_names(signature, columns)
    shapes = {spec.name: nested_shape(columns[spec.name]) for spec in signature.inputs}
    count = check_shapes_of(signature, shapes)
    check_rows(count, limits)
    arrays = {spec.name: _array(spec, columns[spec.name], shapes[spec.name]) for spec in signature.inputs}
    return TensorRows(name, arrays, count, is_batched=signature.is_batched)


def nested_shape(value: Any) -> list[int]:
    """By the first element of each level."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return shape


def _array(spec: TensorSpec, value: Any, shape: Sequence[int]) -> Array:
    noun = f"the input '{abridged(spec.name)}'"
    flat = flattened(value if isinstance(value, list) else [value])
    if nested_depths(value) != {len(shape)} and len(flat):
        raise RequestInvalid(
            f"{noun} has lists that are nested differently: its first elements say {shown(list(shape))}"
        )
    if len(flat) != int(np.prod(shape, dtype=object)):
        raise RequestInvalid(f"{noun} has {len(flat)} elements, the lists of its first say {shown(list(shape))}")
    if spec.datatype == "BYTES":
        flat = [bytes_of_base64(one, noun) if isinstance(one, dict) else one for one in flat]
    return array_of_elements(noun, spec.datatype, flat).reshape(shape)


def nested_depths(value: Any) -> set[int]:
    """How deep its elements lie in lists."""
    level, depths, depth = [value], set(), 0
    while level:
        if any(not isinstance(one, list) for one in level):
            depths.add(depth)
        level = [inner for one in level if isinstance(one, list) for inner in one]
        depth += 1
    return depths


def _named(value: Any, signature: Signature) -> Mapping[str, Any]:
    """Tensors by name; of a signature with one input it may come without."""
    if isinstance(value, dict) and value.keys() != {"b64"}:
        return value
    if len(signature.inputs) > 1:
        names = ", ".join(one.name for one in signature.inputs[:10])
        raise RequestInvalid(f"the model takes several inputs, by name: {names}")
    return {signature.inputs[0].name: value}


def predictions_of(response: InferResponse, instances: int | None) -> bytes:
    """`{"predictions": […]}` where rows were asked, else `{"outputs": …}`, with the ids; NaN and infinities as tokens.

    Raises RequestInvalid where the outputs have no row for each instance.
    """
    columns = {name: _elements(name, one) for name, one in (response.outputs or {}).items()}
    ids = list(response.prediction_ids)
    if instances is None:
        outputs = next(iter(columns.values())) if len(columns) == 1 else columns
        return json_with_tokens({"outputs": outputs, "prediction_ids": ids})
    for name, one in (response.outputs or {}).items():
        if one.shape[:1] != (instances,):
            raise RequestInvalid(
                f"the output '{abridged(name)}' of shape {list(one.shape)} has not a row for each of {instances}: "
                'send "inputs" (columns)'
            )
    rows = zip(*columns.values(), strict=True)
    predictions = [row[0] if len(columns) == 1 else dict(zip(columns, row, strict=True)) for row in rows]
    return json_with_tokens({"predictions": predictions, "prediction_ids": ids})


def json_with_tokens(value: Any) -> bytes:
    """JSON with NaN, Infinity and -Infinity, as Python and TensorFlow write them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _elements(name: str, array: Array) -> Any:
    if array.dtype.kind != "O" or not name.endswith(BYTES_SUFFIX):
        return json_elements(array)
    return json_elements(array, always_base64=True)
