"""Warm-up requests of models of tensors: a row's inputs by name, as the prediction log has them, to tensors. Pure.

A request is `{"inputs": {NAME: VALUES}}`, perhaps with the `signature` that it asks; the values are one row's where the
signature is batched. What a prediction logs has this form too, besides its outputs; of a large tensor it has only the
digest, and cannot be asked again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from argosy.errors import InputInvalid, RequestInvalid
from argosy.models.signature import Array, Signatures, TensorSpec, check_names, check_shapes_of, chosen_signature
from argosy.models.tensor_elements import array_of_elements, flattened
from argosy.models.tensor_rows import TensorRows
from argosy.serving.tensor_requests import bytes_of_base64
from argosy.typed_values import abridged
from argosy.types import Input


def tensors_asked(item: Input, signatures: Signatures) -> TensorRows | None:
    """The request as tensors; None where one was so large that the log has no values of it. Raises InputInvalid."""
    given = item.get("inputs") if isinstance(item, Mapping) else None
    if not isinstance(given, Mapping) or not given:
        raise InputInvalid('a request for a model of tensors is {"inputs": {NAME: VALUES, …}}')
    name = _signature(item, given, signatures)
    signature = signatures[name]
    check_names(signature, given)
    if any(isinstance(one, Mapping) and "sha256" in one for one in given.values()):
        return None
    try:
        arrays = {one.name: _array(one, given[one.name], signature.is_batched) for one in signature.inputs}
    except RequestInvalid as problem:
        raise InputInvalid(str(problem)) from None
    rows = check_shapes_of(signature, {one: array.shape for one, array in arrays.items()})
    return TensorRows(name, arrays, rows, is_batched=signature.is_batched)


def _signature(item: Any, given: Mapping[str, Any], signatures: Signatures) -> str:
    """The one that is named, or the default where it takes these inputs, or the first that does."""
    if named := item.get("signature"):
        return chosen_signature(signatures, str(named))
    default = chosen_signature(signatures)
    fits = [name for name, one in signatures.items() if {tensor.name for tensor in one.inputs} == set(given)]
    return default if default in fits or not fits else fits[0]


def _array(spec: TensorSpec, values: Any, is_batched: bool) -> Array:
    """Nested lists to the array of that shape; raises RequestInvalid."""
    noun = f"the input '{abridged(spec.name)}'"
    nested: Any = [values] if is_batched else values
    shape: list[int] = []
    level = nested
    while isinstance(level, list) and (spec.has_any_rank or len(shape) < len(spec.shape)):
        shape.append(len(level))
        level = level[0] if level else None
    flat = flattened(nested if isinstance(nested, list) else [nested])
    decoded = [bytes_of_base64(one, noun) if isinstance(one, Mapping) else one for one in flat]
    if len(decoded) != math.prod(shape):
        raise RequestInvalid(f"{noun} has {len(decoded)} elements for the shape {shape}")
    return array_of_elements(noun, spec.datatype, decoded).reshape(shape)
