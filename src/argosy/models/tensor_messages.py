"""Tensors on the pipe to a model's process: their elements as bytes. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from argosy.models.signature import DTYPES, Array, Arrays
from argosy.models.tensor_rows import datatype_of


class PipedTensor(msgspec.Struct, frozen=True, array_like=True):
    """`content` is in C order, little-endian; of BYTES a list of the elements."""

    name: str
    datatype: str
    shape: list[int]
    content: bytes | list[bytes]


def piped(arrays: Arrays) -> list[PipedTensor]:
    return [
        PipedTensor(name, datatype_of(one), list(one.shape), _content(one))
        for name, one in ((name, np.asarray(array)) for name, array in arrays.items())
    ]


def arrays_of(tensors: Iterable[PipedTensor]) -> dict[str, Array]:
    """Raises ValueError, TypeError, KeyError where a message is not as `piped` makes it."""
    return {one.name: _array(one) for one in tensors}


def bytes_array(elements: list[bytes]) -> Array:
    """(n,), of objects."""
    found = np.empty(len(elements), object)
    found[:] = elements
    return found


def _content(array: Array) -> bytes | list[bytes]:
    return list(array.ravel().tolist()) if array.dtype.kind == "O" else array.tobytes()


def _array(tensor: PipedTensor) -> Array:
    if isinstance(tensor.content, list):
        return bytes_array(tensor.content).reshape(tensor.shape)
    return np.frombuffer(tensor.content, DTYPES[tensor.datatype]).reshape(tensor.shape)
