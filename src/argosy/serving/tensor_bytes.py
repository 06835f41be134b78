"""A tensor's elements as V2 writes them in binary, and back; the same in REST's extension and in gRPC's raw contents.

Numbers are little-endian in C order; a BYTES element is 4 bytes of length and then its bytes. Pure.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from argosy.errors import RequestInvalid
from argosy.serving.tensors import Tensor, tensor_noun
from argosy.typed_values import abridged

_SIZE = struct.Struct("<I")
_DTYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1", "INT16": "<i2",
    "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip


def elements_from_bytes(tensor: Tensor, data: memoryview) -> list[Any]:
    """Its elements; raises RequestInvalid before there are more of them than its shape says."""
    elements = tensor.elements
    if tensor.datatype == "BYTES":
        return _texts(tensor, elements, data)
    dtype = _DTYPES.get(tensor.datatype)
    if dtype is None or len(data) != elements * np.dtype(dtype).itemsize:
        name = abridged(tensor.datatype)
        raise RequestInvalid(
            f"{tensor_noun(tensor)}: {len(data)} bytes are no {name} elements, of which its shape says {elements}"
        )
    return list(np.frombuffer(data, dtype).tolist())


def _texts(tensor: Tensor, elements: int, data: memoryview) -> list[Any]:
    texts: list[Any] = []
    position = 0
    while position < len(data):
        start = position + _SIZE.size
        end = start + _SIZE.unpack_from(data, position)[0] if start <= len(data) else start
        if end > len(data):
            raise RequestInvalid(f"{tensor_noun(tensor)}: element {len(texts) + 1} is cut short")
        if len(texts) == elements:
            raise RequestInvalid(f"{tensor_noun(tensor)} has more elements than its shape says, {elements}")
        try:
            texts.append(str(data[start:end], "utf-8"))
        except UnicodeDecodeError:
            raise RequestInvalid(f"{tensor_noun(tensor)}: element {len(texts) + 1} is not UTF-8") from None
        position = end
    return texts
