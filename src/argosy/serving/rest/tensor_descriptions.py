"""What the OpenAPI document says of a signature: its inputs, by V2 and by TensorFlow Serving's columns. Pure."""

from __future__ import annotations

from math import prod
from typing import Any, Final

from argosy.http.schemas import INTEGER, Schema, array_schema, object_schema
from argosy.models.signature import Signature, TensorSpec

MOST_EXAMPLE_ELEMENTS: Final = 100
"""Of a tensor in an example; one of more is left out."""


def signature_schema(signature: Signature) -> Schema:
    """V2's body."""
    tensors = [
        object_schema(
            {
                "name": {"const": one.name},
                "datatype": {"const": one.datatype},
                "shape": {**array_schema(INTEGER), **_dimensions(one)},
                "data": array_schema({}),
            }
        )
        for one in signature.inputs
    ]
    return object_schema({"inputs": array_schema({"anyOf": tensors})})


def signature_example(signature: Signature) -> dict[str, Any]:
    """A body of one row, as far as it is short."""
    return {
        "inputs": [
            {"name": one.name, "datatype": one.datatype, "shape": _shape(one), "data": _flat(one)}
            for one in signature.inputs
        ]
    }


def columns_schema(signature: Signature) -> Schema:
    """TensorFlow Serving's body by columns."""
    return object_schema({"inputs": object_schema({one.name: {} for one in signature.inputs})})


def columns_example(signature: Signature) -> dict[str, Any]:
    return {"inputs": {one.name: _nested(_flat(one), _shape(one)) for one in signature.inputs}}


def _dimensions(spec: TensorSpec) -> Schema:
    return {} if spec.has_any_rank else {"minItems": len(spec.shape), "maxItems": len(spec.shape)}


def _shape(spec: TensorSpec) -> list[int]:
    return [1 if size == -1 else size for size in spec.shape]


def _flat(spec: TensorSpec) -> list[Any]:
    count = prod(_shape(spec))
    return [_element(spec.datatype)] * (count if count <= MOST_EXAMPLE_ELEMENTS else 0)


def _nested(flat: list[Any], shape: list[int]) -> Any:
    """Lists of lists, as the shape says; as it is where elements were left out."""
    if not flat or not shape:
        return flat[0] if flat else []
    for size in reversed(shape[1:]):
        flat = [flat[at : at + size] for at in range(0, len(flat), size)]
    return flat


def _element(datatype: str) -> Any:
    return {"BYTES": "text", "BOOL": True}.get(datatype, 1.5 if datatype.startswith("FP") else 1)
