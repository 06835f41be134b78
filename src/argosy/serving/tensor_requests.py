"""Tensors of a request to the arrays of a signature: names, datatypes, shapes, then elements. Pure.

Sizes are checked against what was sent before any array is made of it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

from argosy.errors import RequestInvalid
from argosy.models.signature import (
    Array,
    Signature,
    Signatures,
    check_names,
    check_shapes_of,
    chosen_signature,
)
from argosy.models.tensor_elements import array_of_content, array_of_elements, check_count, flattened
from argosy.models.tensor_rows import TensorRows
from argosy.serving.limits import InputLimits, check_rows
from argosy.serving.tensors import BASE64_CONTENT, Tensor, tensor_noun
from argosy.typed_values import abridged, shown

SIGNATURE_PARAMETER: Final = "signature"
"""Of a V2 request: which of a model's signatures it asks."""


def asked_signature(signatures: Signatures, parameters: Mapping[str, Any] | None) -> str:
    """Raises RequestInvalid, InputInvalid."""
    name = (parameters or {}).get(SIGNATURE_PARAMETER, "")
    if not isinstance(name, str):
        raise RequestInvalid(f"the parameter {SIGNATURE_PARAMETER} must be text, not {shown(name)}")
    return chosen_signature(signatures, name)


def check_tensors(tensors: Sequence[Tensor], signature: Signature, limits: InputLimits) -> int:
    """How many rows they are by their shapes; raises RequestInvalid, InputInvalid, RequestTooLarge."""
    given = {tensor.name: tensor for tensor in tensors}
    if len(given) < len(tensors):
        raise RequestInvalid("two inputs have the same name")
    check_names(signature, given)
    for spec in signature.inputs:
        tensor = given[spec.name]
        if tensor.datatype not in (spec.datatype, *spec.also):
            raise RequestInvalid(
                f"{tensor_noun(tensor)} is {abridged(tensor.datatype)}: the model takes {spec.datatype}"
            )
    rows = check_shapes_of(signature, {name: tensor.shape for name, tensor in given.items()})
    check_rows(rows, limits)
    return rows


def tensor_rows(
    name: str, signature: Signature, tensors: Sequence[Tensor], binary: Sequence[memoryview | None], rows: int
) -> TensorRows:
    """The request's rows, of tensors that were checked; `binary` has the bytes of those that came so."""
    arrays = {
        tensor.name: array_of_values(tensor, tensor.data) if data is None else array_of_bytes(tensor, data)
        for tensor, data in zip(tensors, binary, strict=True)
    }
    ordered = {spec.name: arrays[spec.name] for spec in signature.inputs}
    return TensorRows(name, ordered, rows, is_batched=signature.is_batched)


def array_of_bytes(tensor: Tensor, data: memoryview) -> Array:
    """Raises RequestInvalid where they are not as many elements as the shape says."""
    return array_of_content(tensor_noun(tensor), tensor.datatype, tensor.shape, data)


def array_of_values(tensor: Tensor, values: Sequence[Any] | None) -> Array:
    """Of JSON's values, nested as deep as the shape or not at all, or of a message's; raises RequestInvalid."""
    if values is None:
        raise RequestInvalid(f"{tensor_noun(tensor)} has no data")
    flat = flattened(values)
    check_count(tensor_noun(tensor), tensor.shape, len(flat))
    return array_of_elements(tensor_noun(tensor), tensor.datatype, _decoded(tensor, flat)).reshape(tensor.shape)


def bytes_of_base64(value: Any, noun: str) -> bytes:
    """Of TensorFlow's `{"b64": …}`; raises RequestInvalid."""
    try:
        return base64.b64decode(value["b64"], validate=True)
    except (binascii.Error, KeyError, TypeError, ValueError):
        raise RequestInvalid(f'{noun} has an object that is not {{"b64": BASE64}}') from None


def _decoded(tensor: Tensor, values: Sequence[Any]) -> Sequence[Any]:
    if tensor.parameter("content_type") != BASE64_CONTENT:
        return values
    try:
        return [base64.b64decode(one, validate=True) for one in values]
    except (binascii.Error, TypeError, ValueError):
        raise RequestInvalid(f"{tensor_noun(tensor)} is not base64, as its content_type says") from None
