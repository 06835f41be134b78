"""Requests and answers of Open Inference Protocol V2 as a client writes and reads them. Pure.

JSON, and where the other side takes binary tensors, their elements after it, in the order of the JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from argosy.errors import InputInvalid, RequestInvalid
from argosy.models.signature import DTYPES, Array, Arrays
from argosy.models.tensor_elements import array_of_content, array_of_elements, bytes_of_elements, check_count, flattened
from argosy.models.tensor_rows import datatype_of
from argosy.typed_values import abridged

LENGTH_FIELD: Final = "inference-header-content-length"
"""The header field with how long the JSON is; without it, all is JSON."""
BINARY_EXTENSION: Final = "binary_tensor_data"
"""What a server's metadata says that takes binary tensors."""


class V2Message(NamedTuple):
    """A body; `head` is how many bytes of it are JSON, where tensors follow in binary."""

    content: bytes
    head: int | None = None


class _Output(msgspec.Struct):
    name: str
    datatype: str
    shape: list[int]
    data: Any = None
    parameters: dict[str, Any] | None = None


class _Answer(msgspec.Struct):
    outputs: list[_Output]
    model_version: str | None = None


class V2Answer(NamedTuple):
    """The outputs by name, and the version that gave them; empty where the server does not say it."""

    outputs: dict[str, Array]
    version: str


def v2_request(
    arrays: Arrays, outputs: Iterable[str] = (), parameters: Mapping[str, Any] | None = None, *, in_binary: bool
) -> V2Message:
    """Asks for these outputs, or for all; in binary in both directions, or neither.

    Raises InputInvalid where JSON cannot hold an element: an infinity, or bytes that are not UTF-8.
    """
    said = {**(parameters or {}), **({"binary_data_output": True} if in_binary else {})}
    tensors, parts = [], []
    for name, array in arrays.items():
        tensor: dict[str, Any] = {"name": name, "datatype": datatype_of(array), "shape": list(array.shape)}
        if in_binary:
            parts.append(bytes_of_elements(tensor["datatype"], array.ravel() if array.dtype.kind == "O" else array))
            tensor["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            tensor["data"] = _json_elements(name, array)
        tensors.append(tensor)
    as_bytes = {"parameters": {"binary_data": True}} if in_binary else {}
    wanted = [{"name": name, **as_bytes} for name in outputs]
    head = msgspec.json.encode(
        {"inputs": tensors, **({"outputs": wanted} if wanted else {}), **({"parameters": said} if said else {})}
    )
    return V2Message(head + b"".join(parts), len(head) if in_binary else None)


def v2_answer(message: V2Message) -> V2Answer:
    """Raises ValueError where it is none: RequestInvalid, which is one, with the output that is at fault."""
    view = memoryview(message.content)
    end = len(view) if message.head is None else message.head
    if not 0 <= end <= len(view):
        raise ValueError("its JSON is longer than the body")
    try:
        answer = msgspec.json.decode(view[:end], type=_Answer)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as problem:
        raise ValueError(str(problem)) from None
    found, position = {}, end
    for output in answer.outputs:
        size = (output.parameters or {}).get("binary_data_size")
        if size is not None and not (type(size) is int and 0 <= size <= len(view) - position):
            raise ValueError(f"the output '{abridged(output.name)}' goes beyond the body's end")
        found[output.name] = _array(output, None if size is None else view[position : position + size])
        position += size or 0
    return V2Answer(found, answer.model_version or "")


def _array(output: _Output, content: memoryview | None) -> Array:
    noun = f"the output '{abridged(output.name)}'"
    if output.datatype not in DTYPES or min(output.shape, default=0) < 0:
        raise ValueError(f"{noun} is {abridged(output.datatype)}{output.shape}")
    try:
        if content is not None:
            return array_of_content(noun, output.datatype, output.shape, content)
        flat = flattened(output.data if isinstance(output.data, list) else [output.data])
        check_count(noun, output.shape, len(flat))
        return array_of_elements(noun, output.datatype, flat).reshape(output.shape)
    except RequestInvalid as problem:
        raise ValueError(str(problem)) from None


def _json_elements(name: str, array: Array) -> Sequence[Any]:
    """A missing number is null: JSON has no NaN. Raises InputInvalid."""
    noun = f"the input '{abridged(name)}'"
    if array.dtype.kind == "f":
        if np.isinf(array).any():
            raise InputInvalid(f"{noun} has an infinity, which the other server cannot be sent: it takes JSON only")
        values = array.ravel().tolist()
        return [None if one != one else one for one in values] if np.isnan(array).any() else values
    values = array.ravel().tolist()
    if array.dtype.kind != "O":
        return list(values)
    try:
        return [one.decode() for one in values]
    except UnicodeDecodeError:
        raise InputInvalid(
            f"{noun} has bytes that are not UTF-8, which the other server cannot be sent: it takes JSON only"
        ) from None
