"""V2's binary tensor extension: JSON first, then the tensors' bytes, in the order of the JSON. Pure.

A BYTES element is 4 bytes of length and then its bytes; numbers are little-endian in C order. The header
`Inference-Header-Content-Length` says how long the JSON is; `binary_data_size` how long each tensor.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from argosy.errors import RequestInvalid
from argosy.serving.rest.tensors import InferBody, Output, Tensor, claimed_rows, where
from argosy.typed_values import shortened

LENGTH_HEADER = "inference-header-content-length"
_SIZE = struct.Struct("<I")
_DTYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1", "INT16": "<i2",
    "INT32": "<i4", "INT64": "<i8", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip


def split(body: bytes, header: str | None) -> tuple[memoryview, memoryview]:
    """The JSON and the binary part; raises RequestInvalid where the header is no length within the body."""
    view = memoryview(body)
    if header is None:
        return view, view[len(body) :]
    if not header.isdecimal() or len(header) > 12 or int(header) > len(body):
        raise RequestInvalid(f"{LENGTH_HEADER} is '{header[:20]}': it must be the length of the body's JSON")
    return view[: int(header)], view[int(header) :]


def fill(tensors: Sequence[Tensor], binary: memoryview) -> None:
    """Give each tensor with a `binary_data_size` its data; raises RequestInvalid where sizes do not add up."""
    position = 0
    for tensor in tensors:
        size = tensor.parameters.get("binary_data_size")
        if size is None:
            continue
        if type(size) is not int or not 0 <= size <= len(binary) - position:
            raise RequestInvalid(f"{where(tensor)} has a binary_data_size beyond the body's end")
        tensor.data = _values(tensor, binary[position : position + size])
        position += size
    if position != len(binary):
        raise RequestInvalid(f"{len(binary) - position} bytes of the body belong to no input")


def _values(tensor: Tensor, data: memoryview) -> list[Any]:
    """Its elements; raises RequestInvalid before there are more of them than its shape says."""
    rows = claimed_rows(tensor)
    if tensor.datatype == "BYTES":
        return _texts(tensor, rows, data)
    dtype = _DTYPES.get(tensor.datatype)
    if dtype is None or len(data) != rows * np.dtype(dtype).itemsize:
        name = shortened(tensor.datatype)
        raise RequestInvalid(
            f"{where(tensor)}: {len(data)} bytes are no {name} elements, of which its shape says {rows}"
        )
    return list(np.frombuffer(data, dtype).tolist())


def _texts(tensor: Tensor, rows: int, data: memoryview) -> list[Any]:
    texts: list[Any] = []
    position = 0
    while position < len(data):
        start = position + _SIZE.size
        end = start + _SIZE.unpack_from(data, position)[0] if start <= len(data) else start
        if end > len(data):
            raise RequestInvalid(f"{where(tensor)}: element {len(texts)} is cut short")
        if len(texts) == rows:
            raise RequestInvalid(f"{where(tensor)} has more elements than its shape says, {rows}")
        try:
            texts.append(str(data[start:end], "utf-8"))
        except UnicodeDecodeError:
            raise RequestInvalid(f"{where(tensor)}: element {len(texts)} is not UTF-8") from None
        position = end
    return texts


def wanted(body: InferBody) -> frozenset[str] | None:
    """The outputs asked for in binary; None: every one, because the request says so for all."""
    everything = body.parameters.get("binary_data_output") is True
    if not body.outputs:
        return None if everything else frozenset()
    return frozenset(output.name for output in body.outputs if _is_binary(output, everything))


def _is_binary(output: Output, otherwise: bool) -> bool:
    return bool(output.parameters.get("binary_data", otherwise))


def join(answer: dict[str, Any], names: frozenset[str] | None) -> tuple[bytes, int]:
    """The answer's bytes, the outputs of those names in binary, and the length of its JSON."""
    parts, outputs = [], []
    for output in answer["outputs"]:
        if names is None or output["name"] in names:
            data = _bytes(output)
            parts.append(data)
            rest = {key: value for key, value in output.items() if key != "data"}
            outputs.append({**rest, "parameters": {"binary_data_size": len(data)}})
        else:
            outputs.append(output)
    head = msgspec.json.encode({**answer, "outputs": outputs})
    return head + b"".join(parts), len(head)


def _bytes(output: dict[str, Any]) -> bytes:
    if output["datatype"] == "BYTES":
        encoded = [value.encode() for value in output["data"]]
        return b"".join(_SIZE.pack(len(value)) + value for value in encoded)
    return np.asarray(output["data"], _DTYPES[output["datatype"]]).tobytes()
