"""Learned state as JSON, exactly.

`pack` turns a value into JSON values and hands each array to `put`, which says what stands in its place: base64 text
in `to_dict`, a place in the file in an artifact. `unpack` is its inverse. What JSON cannot say is an object with one
key that begins with `$`; a dictionary of the user's that looks like one is written as a list of pairs.

Arrays, sparse rows, vocabularies, text, numbers (non-finite too), booleans, None, lists, tuples and dictionaries come
back with the type, the dtype and the bits that they had. Anything else is refused: nothing is ever pickled.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from argosy.models.vocabulary import Vocabulary

Array = NDArray[Any]
_KINDS = "biuf"
_WORD = 1 << 63


def pack(value: Any, put: Callable[[Array], Any]) -> Any:
    """`value` as JSON values; raises TypeError for what has no such form."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value) if -_WORD <= value < _WORD else {"$int": str(value)}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"$float": repr(float(value))}
    return _pack_container(value, put)


def _pack_container(value: Any, put: Callable[[Array], Any]) -> Any:
    if isinstance(value, np.ndarray):
        return {"$array": put(_storable(value))}
    if isinstance(value, Vocabulary):
        return {"$vocabulary": [put(array) for array in value.pack()]}
    if isinstance(value, list):
        return [pack(item, put) for item in value]
    if isinstance(value, tuple):
        return {"$tuple": [pack(item, put) for item in value]}
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: pack(item, put) for key, item in value.items()}
        return {"$pairs": [[pack(key, put), pack(item, put)] for key, item in value.items()]}
    if getattr(value, "format", "") == "csr":
        parts = [put(_storable(part)) for part in (value.data, value.indices, value.indptr)]
        return {"$csr": {"shape": list(value.shape), "parts": parts}}
    raise TypeError(
        f"a {type(value).__name__} cannot be stored: keep arrays, csr matrices, vocabularies or JSON values"
    )


def unpack(packed: Any, get: Callable[[Any], Array]) -> Any:
    """The value that was packed; `get` finds an array from what `put` left in its place."""
    if isinstance(packed, list):
        return [unpack(item, get) for item in packed]
    if not isinstance(packed, dict):
        return packed
    tag = next(iter(packed), "")
    if not tag.startswith("$"):
        return {key: unpack(item, get) for key, item in packed.items()}
    return _UNPACKERS[tag](packed[tag], get)


def packed_vocabularies(packed: Any) -> Iterator[list[Any]]:
    """What stands for the arrays of each vocabulary within packed values, in their order."""
    if isinstance(packed, dict):
        if isinstance(found := packed.get("$vocabulary"), list):
            yield found
        packed = list(packed.values())
    for value in packed if isinstance(packed, list) else ():
        yield from packed_vocabularies(value)


def to_base64(array: Array) -> dict[str, Any]:
    """An array as `{dtype, shape, base64}`: its elements in C order, little-endian."""
    text = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "base64": text}


def from_base64(stored: dict[str, Any]) -> Array:
    flat = np.frombuffer(base64.b64decode(stored["base64"]), np.dtype(stored["dtype"]))
    return flat.reshape(stored["shape"]).copy()


def _storable(array: Array) -> Array:
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"an array of {array.dtype} cannot be stored: keep numbers or booleans")
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _csr(stored: dict[str, Any], get: Callable[[Any], Array]) -> Any:
    from scipy.sparse import csr_matrix

    data, indices, indptr = (get(part) for part in stored["parts"])
    return csr_matrix((data, indices, indptr), shape=tuple(stored["shape"]), copy=False)


_UNPACKERS: dict[str, Callable[[Any, Callable[[Any], Array]], Any]] = {
    "$array": lambda stored, get: get(stored),
    "$vocabulary": lambda stored, get: Vocabulary.unpack(*map(get, stored)),
    "$tuple": lambda stored, get: tuple(unpack(item, get) for item in stored),
    "$pairs": lambda stored, get: {unpack(key, get): unpack(item, get) for key, item in stored},
    "$int": lambda stored, _: int(stored),
    "$float": lambda stored, _: float(stored),
    "$csr": _csr,
}
