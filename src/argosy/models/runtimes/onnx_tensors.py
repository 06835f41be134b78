"""ONNX graphs asked by their own inputs and outputs, run by ONNX Runtime on one thread."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from argosy.errors import ImportedModelFailed, ImportInvalid
from argosy.models.runtimes.onnx import cause_of_rows, open_session
from argosy.models.signature import DEFAULT_SIGNATURE, Array, Arrays, Signature, TensorSpec, checked_signature
from argosy.models.tensor_messages import bytes_array

DATATYPES: Final = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "float": "FP32",
    "double": "FP64",
    "string": "BYTES",
}
_UNNAMED = re.compile(r"unk_.*")
"""Names that converters invent for dimensions that have none."""


class OnnxTensors:
    """Its one signature is batched where the first dimension of all tensors is free, and named alike if it is named."""

    def __init__(self, content: bytes) -> None:
        self._session = open_session(content)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        signature = Signature(_specs(inputs), _specs(outputs), is_batched=_has_rows([*inputs, *outputs]))
        self.signatures: Mapping[str, Signature] = {DEFAULT_SIGNATURE: checked_signature(signature)}
        self._names = [one.name for one in outputs]

    def run(self, signature: str, inputs: Arrays) -> Arrays:  # noqa: ARG002  # a graph has one
        feeds = {name: _texts(name, one) if one.dtype.kind == "O" else one for name, one in inputs.items()}
        try:
            found = self._session.run(self._names, feeds)
        except Exception as error:
            raise ImportedModelFailed(f"the imported model failed: {cause_of_rows(error)}") from error
        return {name: _encoded(one) for name, one in zip(self._names, map(np.asarray, found), strict=True)}


def _specs(tensors: Iterable[Any]) -> tuple[TensorSpec, ...]:
    found = []
    for one in tensors:
        kind = one.type.removeprefix("tensor(").removesuffix(")")
        if kind not in DATATYPES or not one.type.startswith("tensor("):
            raise ImportInvalid(
                f"the model's '{one.name}' is a {one.type}: tensors of {', '.join(DATATYPES)} are served"
            )
        sizes = tuple(size if isinstance(size, int) else -1 for size in one.shape)
        found.append(TensorSpec(one.name, DATATYPES[kind], sizes))
    return tuple(found)


def _has_rows(tensors: Iterable[Any]) -> bool:
    firsts = [one.shape[0] if one.shape else 0 for one in tensors]
    named = {one for one in firsts if isinstance(one, str) and not _UNNAMED.fullmatch(one)}
    return not any(isinstance(one, int) for one in firsts) and len(named) <= 1


def _texts(name: str, array: Array) -> Array:
    """ONNX's strings are UTF-8."""
    try:
        texts = [one.decode() for one in array.ravel().tolist()]
    except UnicodeDecodeError:
        raise ImportedModelFailed(f"the input '{name}' has an element that is not UTF-8") from None
    found = np.empty(len(texts), object)
    found[:] = texts
    return found.reshape(array.shape)


def _encoded(array: Array) -> Array:
    if array.dtype.kind not in "OU":
        return array
    return bytes_array([str(one).encode() for one in array.ravel().tolist()]).reshape(array.shape)
