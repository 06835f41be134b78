"""The elements of one tensor as V2 writes them, in JSON and in binary, and arrays. Pure.

In binary numbers are little-endian in C order, and a BYTES element is 4 bytes of length and then its bytes; the same in
REST's extension and in gRPC's raw contents.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, Final

import numpy as np

from argosy.errors import RequestInvalid
from argosy.models.signature import DTYPES, Array
from argosy.models.tensor_messages import bytes_array
from argosy.typed_values import shown

_SIZE = struct.Struct("<I")
_pack, _size = _SIZE.pack, _SIZE.unpack_from
_TYPES: Final[Mapping[str, frozenset[type]]] = {
    "BOOL": frozenset({bool}),
    "BYTES": frozenset({str, bytes}),
    **dict.fromkeys(("FP16", "FP32", "FP64"), frozenset({int, float, type(None)})),
}
_WHOLE: Final = frozenset({int})


def bytes_of_elements(datatype: str, data: Sequence[Any] | Array) -> bytes:
    """In binary; texts among BYTES as UTF-8."""
    if datatype == "BYTES":
        encoded = [value if isinstance(value, bytes) else value.encode() for value in data]
        return b"".join([part for value in encoded for part in (_pack(len(value)), value)])
    return np.asarray(data, DTYPES[datatype]).tobytes()


def array_of_content(noun: str, datatype: str, shape: Sequence[int], data: memoryview) -> Array:
    """Of binary; raises RequestInvalid where it is not as many elements as the shape says."""
    elements = prod(shape)
    if datatype == "BYTES":
        return bytes_array(_split(noun, shape, data)).reshape(shape)
    dtype = np.dtype("u1" if datatype == "BOOL" else DTYPES[datatype])
    if len(data) != elements * dtype.itemsize:
        raise RequestInvalid(
            f"{noun}: {len(data)} bytes are no {datatype} elements, of which its shape says {elements}"
        )
    found = np.frombuffer(data, dtype).reshape(shape)
    return found != 0 if datatype == "BOOL" else found


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


def check_count(noun: str, shape: Sequence[int], count: int) -> None:
    """Raises RequestInvalid where there are not as many elements as the shape says."""
    if count != prod(shape):
        raise RequestInvalid(f"{noun} has {count} elements, its shape {shown(list(shape))} says {prod(shape)}")


def _split(noun: str, shape: Sequence[int], data: memoryview) -> list[bytes]:
    """The elements of BYTES; raises RequestInvalid before there are more of them than the shape says."""
    elements, position = prod(shape), 0
    content, end = bytes(data), len(data)
    found: list[bytes] = []
    while position < end:
        start = position + _SIZE.size
        position = start + _size(content, position)[0] if start <= end else end + 1
        if position > end:
            raise RequestInvalid(f"{noun}: element {len(found) + 1} is cut short")
        if len(found) == elements:
            raise RequestInvalid(f"{noun} has more elements than its shape says, {elements}")
        found.append(content[start:position])
    check_count(noun, shape, len(found))
    return found


def _utf8(noun: str, value: str | bytes) -> bytes:
    try:
        return value if isinstance(value, bytes) else value.encode()
    except UnicodeEncodeError:
        raise RequestInvalid(f"{noun} has a text that is not Unicode") from None
