"""The outputs of models of tensors: responses, what the log has of them, and the forms of the protocols. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final

import msgspec
import numpy as np

from argosy.errors import RequestInvalid
from argosy.models.signature import Array, Arrays, Signature, TensorSpec
from argosy.models.tensor_rows import TensorRows, datatype_of, logged_row
from argosy.serving.requests import InferRequest, InferResponse
from argosy.typed_values import abridged, abridged_list

PREDICTION_ID = "prediction_id"
"""An output of every model, where it is asked for."""


DIFFERENT: Final = "different"
"""The answer that is logged of a shadow's row where its outputs are others than those that were served."""
NEARLY: Final = 1e-5
"""How far floating-point numbers may be apart, as a part of themselves, and be the same."""


def tensor_responses(
    requests: Sequence[InferRequest], version: int, outputs: Sequence[Arrays], ids: Sequence[str]
) -> list[InferResponse]:
    """A response for each request; `ids` are of all rows."""
    spans = pairwise(accumulate((len(one.inputs) for one in requests), initial=0))
    return [
        _response(request, version, given, ids[first:end])
        for request, given, (first, end) in zip(requests, outputs, spans, strict=True)
    ]


def _response(request: InferRequest, version: int, outputs: Arrays, ids: Sequence[str]) -> InferResponse:
    none = np.zeros((len(ids), 0))
    is_batched = isinstance(request.inputs, TensorRows) and request.inputs.is_batched
    return InferResponse(
        request.model,
        version,
        [],
        [""] * len(ids),
        [0.0] * len(ids),
        none,
        none,
        ids,
        "tensors",
        outputs=outputs,
        is_batched=is_batched,
    )


def compared_with_served(shadow: InferResponse, served: InferResponse) -> InferResponse:
    """The shadow's response with each row's answer: nothing where its outputs are those served, else `DIFFERENT`."""
    own, other = shadow.outputs or {}, served.outputs or {}
    is_by_row = shadow.is_batched and served.is_batched
    rows = [slice(row, row + 1) if is_by_row else slice(None) for row in range(len(shadow.answers))]
    are_same = own.keys() == other.keys()
    found = [are_same and all(_is_same(own[name], other[name], row) for name in own) for row in rows]
    return msgspec.structs.replace(shadow, answers=["" if one else DIFFERENT for one in found])


def _is_same(own: Array, other: Array, rows: slice) -> bool:
    if own.dtype != other.dtype or own.ndim != other.ndim:
        return False
    if own.ndim:
        own, other = own[rows], other[rows]
    if own.shape != other.shape:
        return False
    if own.dtype.kind == "f":
        return bool(np.allclose(own, other, rtol=NEARLY, atol=NEARLY, equal_nan=True))
    return bool((own == other).all())


def logged_tensors(inputs: Any, response: InferResponse, row: int) -> dict[str, Any]:
    """What the log has of a row: its `inputs` and its `outputs`."""
    outputs = logged_row(response.outputs or {}, row if response.is_batched else None)
    return {"inputs": dict(inputs), "outputs": outputs}


def check_wanted(wanted: Sequence[str], signature: Signature) -> None:
    """Raises RequestInvalid on an output that the signature does not have."""
    there = [one.name for one in signature.outputs]
    for name in wanted:
        if name not in there and name != PREDICTION_ID:
            raise RequestInvalid(f"there is no output '{abridged(name)}'; there are: {abridged_list(there)}")


def signature_tensors(tensors: Sequence[TensorSpec]) -> list[dict[str, Any]]:
    """As V2's metadata has them."""
    return [{"name": one.name, "datatype": one.datatype, "shape": list(one.shape)} for one in tensors]


def tensor_outputs(response: InferResponse, wanted: Sequence[str] = ()) -> list[dict[str, Any]]:
    """V2's output tensors of those names, or all of the model's own; their data as arrays without dimensions."""
    outputs = response.outputs or {}
    found = []
    for name in dict.fromkeys(wanted or outputs):
        array = outputs.get(name)
        if array is None:
            data: Any = list(response.prediction_ids)
            found.append({"name": name, "datatype": "BYTES", "shape": [len(data)], "data": data})
        else:
            datatype, shape = datatype_of(array), list(array.shape)
            found.append({"name": name, "datatype": datatype, "shape": shape, "data": array.ravel()})
    return found


def with_json_data(outputs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The same with data as JSON values; raises RequestInvalid on bytes that JSON cannot hold."""
    return [
        {**one, "data": _json_data(one["name"], one["data"])} if isinstance(one["data"], np.ndarray) else one
        for one in outputs
    ]


def _json_data(name: str, data: Array) -> list[Any]:
    values: list[Any] = data.tolist()
    if data.dtype.kind != "O":
        return values
    try:
        return [one.decode() for one in values]
    except UnicodeDecodeError:
        raise RequestInvalid(
            f"the output '{abridged(name)}' has bytes that are not UTF-8: ask for it in binary"
        ) from None
