"""Tensors of a request to the arrays of a signature: names, datatypes, shapes, then elements. Pure.

Sizes are checked against what was sent before any array is made of it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from argosy.errors import RequestInvalid
from argosy.models.signature import (
    DTYPES,
    Array,
    Signature,
    Signatures,
    check_names,
    check_shapes_of,
    chosen_signature,
)
from argosy.models.tensor_messages import bytes_array
from argosy.models.tensor_rows import TensorRows
from argosy.serving.limits import InputLimits, check_rows
from argosy.serving.tensors import BASE64_CONTENT, Tensor, tensor_noun
from argosy.typed_values import abridged, shown

SIGNATURE_PARAMETER: Final = "signature"
"""Of a V2 request: which of a model's signatures it asks."""
_TYPES: Final[Mapping[str, frozenset[type]]] = {
    "BOOL": frozenset({bool}),
    "BYTES": frozenset({str, bytes}),
    **dict.fromkeys(("FP16", "FP32", "FP64"), frozenset({int, float, type(None)})),
}
_WHOLE: Final = frozenset({int})


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
        if tensor.datatype != spec.datatype:
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
    elements = tensor.elements
    if tensor.datatype == "BYTES":
        return bytes_array(split_elements(tensor, data)).reshape(tensor.shape)
    dtype = np.dtype("u1" if tensor.datatype == "BOOL" else DTYPES[tensor.datatype])
    if len(data) != elements * dtype.itemsize:
        raise RequestInvalid(
            f"{tensor_noun(tensor)}: {len(data)} bytes are no {tensor.datatype} elements, of which its shape says "
            f"{elements}"
        )
    found = np.frombuffer(data, dtype).reshape(tensor.shape)
    return found != 0 if tensor.datatype == "BOOL" else found


def split_elements(tensor: Tensor, data: memoryview) -> list[bytes]:
    """The elements of BYTES, each behind four bytes of its length; raises RequestInvalid."""
    elements, position = tensor.elements, 0
    found: list[bytes] = []
    while position < len(data):
        start = position + 4
        end = start + int.from_bytes(data[position:start], "little") if start <= len(data) else len(data) + 1
        if end > len(data):
            raise RequestInvalid(f"{tensor_noun(tensor)}: element {len(found) + 1} is cut short")
        if len(found) == elements:
            raise RequestInvalid(f"{tensor_noun(tensor)} has more elements than its shape says, {elements}")
        found.append(bytes(data[start:end]))
        position = end
    _check_count(tensor, len(found))
    return found


def array_of_values(tensor: Tensor, values: Sequence[Any] | None) -> Array:
    """Of JSON's values, nested as deep as the shape or not at all, or of a message's; raises RequestInvalid."""
    if values is None:
        raise RequestInvalid(f"{tensor_noun(tensor)} has no data")
    flat = flattened(values)
    _check_count(tensor, len(flat))
    return array_of_elements(tensor_noun(tensor), tensor.datatype, _decoded(tensor, flat)).reshape(tensor.shape)


def array_of_elements(noun: str, datatype: str, values: Sequence[Any]) -> Array:
    """(n,); null is NaN in a tensor of floating-point numbers. Raises RequestInvalid where one does not fit."""
    allowed = _TYPES.get(datatype, _WHOLE)
    if not set(map(type, values)) <= allowed:
        at = next(place for place, one in enumerate(values, 1) if type(one) not in allowed)
        raise RequestInvalid(f"{noun}: element {at} is not of the datatype {datatype}")
    if datatype == "BYTES":
        return bytes_array([_utf8(noun, one) for one in values])
    try:
        with np.errstate(over="ignore"):
            found = np.array(values, DTYPES[datatype])
        if datatype in ("FP16", "FP32") and np.isinf(found).sum() > np.isinf(np.array(values, np.float64)).sum():
            raise OverflowError
    except OverflowError:
        raise RequestInvalid(f"{noun} has a number that {datatype} cannot hold") from None
    return found


def flattened(values: Sequence[Any]) -> Sequence[Any]:
    """All levels of nesting undone."""
    while any(isinstance(one, list) for one in values):
        values = [inner for one in values for inner in (one if isinstance(one, list) else [one])]
    return values


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


def _utf8(noun: str, value: str | bytes) -> bytes:
    try:
        return value if isinstance(value, bytes) else value.encode()
    except UnicodeEncodeError:
        raise RequestInvalid(f"{noun} has a text that is not Unicode") from None


def _check_count(tensor: Tensor, count: int) -> None:
    if count != tensor.elements:
        raise RequestInvalid(
            f"{tensor_noun(tensor)} has {count} elements, its shape {shown(tensor.shape)} says {tensor.elements}"
        )
