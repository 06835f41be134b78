"""A signature: the tensors that a model takes and gives, by name, with V2's datatypes and their shapes. Pure.

A size of -1 is free, and a tensor of an unknown rank has any number of dimensions. A signature is batched where the
first dimension of every tensor is one row for each caller's row, and the rows do not depend on each other: then rows of
several callers may be answered in one call. Otherwise all that a request holds is one row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.errors import DefinitionInvalid, ImportedModelFailed, ImportInvalid, InputInvalid
from argosy.typed_values import abridged, abridged_list, shown

Array = NDArray[Any]
Arrays = Mapping[str, Array]
"""Tensors by name; those of the datatype BYTES hold objects of `bytes`."""
DTYPES: Final = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1", "INT16": "<i2",
    "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8", "BYTES": "O",
}  # fmt: skip
DEFAULT_SIGNATURE: Final = "serving_default"
MOST_TENSORS: Final = 1000
MOST_DIMENSIONS: Final = 32
MOST_ELEMENTS: Final = 1 << 31
ANY_SHAPE: Final = (-1,)
"""Of a tensor of an unknown rank, where a shape must be said: most are vectors."""
_ANY: Final = "..."
_WRITTEN = re.compile(r"([A-Z0-9]+)\s*\[([-0-9,\s]*|\.\.\.)\]")


class TensorSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """One tensor of a signature; of one that has any number of dimensions `shape` is `ANY_SHAPE`."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    has_any_rank: bool = False
    also: tuple[str, ...] = ()
    """Datatypes that an input takes as well."""

    def __str__(self) -> str:
        return f"{self.name} {self.datatype}{self.sizes}"

    @property
    def sizes(self) -> str:
        """The shape as it is written."""
        return f"[{_ANY}]" if self.has_any_rank else _sizes(self.shape)

    def takes(self, shape: Sequence[int]) -> bool:
        """Whether a tensor may have that shape."""
        if min(shape, default=0) < 0 or len(shape) > MOST_DIMENSIONS:
            return False
        is_fit = len(shape) == len(self.shape) and all(
            wanted in (-1, size) for size, wanted in zip(shape, self.shape, strict=True)
        )
        return self.has_any_rank or is_fit


class Signature(msgspec.Struct, frozen=True):
    """What one function of a model takes and gives."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    is_batched: bool = False
    method: str = ""
    """Of a SavedModel, `classify` or `regress` where the input is TensorFlow's examples."""

    def __str__(self) -> str:
        given = [", ".join(map(str, tensors)) for tensors in (self.inputs, self.outputs)]
        return f"takes {given[0]}; gives {given[1]}"


Signatures = Mapping[str, Signature]


def checked_signature(signature: Signature, name: str = DEFAULT_SIGNATURE) -> Signature:
    """Raises ImportInvalid where it cannot be served."""
    for noun, tensors in (("input", signature.inputs), ("output", signature.outputs)):
        names = [one.name for one in tensors]
        if not 0 < len(names) <= MOST_TENSORS or len(set(names)) < len(names) or not all(names):
            raise ImportInvalid(
                f"the signature '{abridged(name)}' needs 1 to {MOST_TENSORS} {noun}s of different names"
            )
        for one in tensors:
            if one.datatype not in DTYPES:
                raise ImportInvalid(
                    f"the {noun} '{abridged(one.name)}' is {one.datatype}: the datatypes here are {', '.join(DTYPES)}"
                )
            if len(one.shape) > MOST_DIMENSIONS or min(one.shape, default=0) < -1:
                raise ImportInvalid(f"the {noun} '{abridged(one.name)}' has the shape {_sizes(one.shape)}")
    if signature.is_batched and not may_be_batched(signature):
        raise ImportInvalid("a batched signature has the first size -1 in every input and output")
    return signature


def may_be_batched(signature: Signature) -> bool:
    """Whether every tensor begins with a free dimension."""
    return all(one.shape[:1] == (-1,) for one in (*signature.inputs, *signature.outputs))


def parse_tensors(given: Any, where: str) -> tuple[TensorSpec, ...]:
    """`{x: "FP32[-1,4]", y: "BOOL[-1]"}`; raises DefinitionInvalid."""
    if not isinstance(given, Mapping):
        raise DefinitionInvalid('expected tensors by name, such as {x: "FP32[-1,4]"}', where)
    found = []
    for name, written in given.items():
        match = _WRITTEN.fullmatch(written.strip()) if isinstance(written, str) else None
        has_any_rank = match is not None and match[2] == _ANY
        written_sizes = match[2] if match and not has_any_rank else ""
        sizes = [one.strip() for one in written_sizes.split(",")] if written_sizes.strip() else []
        if match is None or not all(re.fullmatch(r"-1|\d{1,10}", one) for one in sizes):
            raise DefinitionInvalid(
                f'expected a datatype and a shape, such as "FP32[-1,4]" or "FP32[...]"; got {shown(written)}',
                f"{where}.{name}",
            )
        shape = ANY_SHAPE if has_any_rank else tuple(map(int, sizes))
        found.append(TensorSpec(str(name), match[1], shape, has_any_rank))
    return tuple(found)


def chosen_signature(signatures: Signatures, name: str = "") -> str:
    """The name of the one asked for, or of the default; raises InputInvalid."""
    if name in signatures:
        return name
    if name:
        raise InputInvalid(f"the model has no signature '{abridged(name)}'; there are: {abridged_list(signatures)}")
    return DEFAULT_SIGNATURE if DEFAULT_SIGNATURE in signatures else min(signatures)


def check_arrays(signature: Signature, arrays: Arrays) -> int:
    """How many rows they are; raises InputInvalid where they are not what the signature takes."""
    check_names(signature, arrays)
    for spec in signature.inputs:
        array = arrays[spec.name]
        if array.dtype not in (np.dtype(DTYPES[one]) for one in (spec.datatype, *spec.also)):
            raise InputInvalid(f"the input '{abridged(spec.name)}' is not {spec.datatype}, as the model takes it")
    return check_shapes_of(signature, {name: array.shape for name, array in arrays.items()})


def check_names(signature: Signature, names: Mapping[str, Any]) -> None:
    """Raises InputInvalid on an input that is missing, or one that the model does not take."""
    wanted = [one.name for one in signature.inputs]
    takes = f"the model takes {abridged_list([str(one) for one in signature.inputs])}"
    if missing := [name for name in wanted if name not in names]:
        raise InputInvalid(f"the input '{abridged(missing[0])}' is missing: {takes}")
    if others := [name for name in names if name not in wanted]:
        raise InputInvalid(f"there is no input '{abridged(others[0])}': {takes}")


def check_shapes_of(signature: Signature, shapes: Mapping[str, Sequence[int]]) -> int:
    """How many rows tensors of these shapes are; raises InputInvalid."""
    rows = set()
    for spec in signature.inputs:
        shape = shapes[spec.name]
        if math.prod(max(size, 1) for size in shape) > MOST_ELEMENTS:
            raise InputInvalid(f"the input '{abridged(spec.name)}' has the shape {shown(list(shape))}: it is too large")
        if not spec.takes(shape):
            raise InputInvalid(
                f"the input '{abridged(spec.name)}' has the shape {shown(list(shape))}: it must be {spec.sizes}"
            )
        if signature.is_batched and not shape:
            raise InputInvalid(f"the input '{abridged(spec.name)}' is one value: send a list of rows")
        rows.add(shape[0] if signature.is_batched else 1)
    if len(rows) > 1:
        given = [f"'{one.name}' {shapes[one.name][0]}" for one in signature.inputs]
        raise InputInvalid(f"the inputs have different numbers of rows: {abridged_list(given)}")
    [count] = rows
    if not count:
        raise InputInvalid("the request has no rows: send at least one")
    return count


def check_answer(signature: Signature, outputs: Arrays, rows: int) -> Arrays:
    """The outputs, where they are those of the signature; raises ImportedModelFailed."""
    for spec in signature.outputs:
        found = outputs.get(spec.name)
        if found is None or found.dtype != np.dtype(DTYPES[spec.datatype]):
            raise ImportedModelFailed(
                f"the imported model gave no output '{spec.name}' of the datatype {spec.datatype}"
            )
        if signature.is_batched and found.shape[:1] != (rows,):
            raise ImportedModelFailed(
                f"the imported model gave the output '{spec.name}' of shape {list(found.shape)} for {rows} rows"
            )
    return {spec.name: outputs[spec.name] for spec in signature.outputs}


def _sizes(shape: Sequence[int]) -> str:
    return f"[{','.join(map(str, shape))}]"
