"""The tensors of one request to a model with a signature, as rows: what is counted, batched and logged. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, overload

from argosy.models.signature import DTYPES, Array, Arrays

LOGGED_BYTES: Final = 10_000
"""Of a row's tensors that are logged with all elements; of others datatype, shape and digest are logged."""
_NAMES: Final = {dtype.lstrip("<"): name for name, dtype in DTYPES.items()}


class TensorRows(Sequence[Mapping[str, Any]]):
    """Each row is a dictionary of its inputs, as the log has them; see `logged_row`."""

    def __init__(self, signature: str, arrays: Arrays, count: int, *, is_batched: bool) -> None:
        self.signature, self.arrays, self.is_batched, self._count = signature, arrays, is_batched, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, row: int) -> Mapping[str, Any]: ...

    @overload
    def __getitem__(self, row: slice) -> Sequence[Mapping[str, Any]]: ...

    def __getitem__(self, row: int | slice) -> Any:
        if isinstance(row, slice):
            return [self[place] for place in range(*row.indices(self._count))]
        if not 0 <= row < self._count:
            raise IndexError(row)
        return logged_row(self.arrays, row if self.is_batched else None)

    @property
    def row_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of one row of each tensor: only rows of the same shapes can be put together."""
        return tuple(self.arrays[name].shape[1:] for name in sorted(self.arrays))


def logged_row(arrays: Arrays, row: int | None) -> dict[str, Any]:
    """One row of each tensor, or all of it, as the log has it: nested lists, or what stands for a large tensor."""
    found, left = {}, LOGGED_BYTES
    for name, array in arrays.items():
        own = array if row is None else array[row : row + 1].reshape(array.shape[1:])
        size = sum(map(len, own.ravel().tolist())) if own.dtype.kind == "O" else own.nbytes
        size += own.size
        found[name] = json_elements(own) if size <= left else _digested(own)
        left -= min(size, left)
    return found


def json_elements(array: Array, *, always_base64: bool = False) -> Any:
    """Nested lists of JSON values; bytes that are not UTF-8, or all, as TensorFlow writes them: `{"b64": …}`."""
    values = array.tolist()
    return _texts(values, always_base64) if array.dtype.kind == "O" else values


def _digested(array: Array) -> dict[str, Any]:
    if array.dtype.kind == "O":
        content = b"".join(len(one).to_bytes(4, "little") + one for one in array.ravel().tolist())
    else:
        content = array.tobytes()
    return {"datatype": datatype_of(array), "shape": list(array.shape), "sha256": hashlib.sha256(content).hexdigest()}


def datatype_of(array: Array) -> str:
    """V2's word for it."""
    return _NAMES[array.dtype.str.lstrip("<|").replace("b1", "?")]


def _texts(values: Any, always_base64: bool) -> Any:
    if isinstance(values, list):
        return [_texts(one, always_base64) for one in values]
    try:
        if not always_base64:
            return values.decode()
    except UnicodeDecodeError:
        pass
    return {"b64": base64.b64encode(values).decode()}
