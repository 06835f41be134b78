"""A model on another server that computes for a service: rows as the columns that it reads, and its answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import msgspec
import numpy as np

from argosy.errors import InputInvalid, RemoteModelUnavailable, RequestInvalid
from argosy.models.answer_kinds import VALUE
from argosy.models.signature import DTYPES, Array, TensorSpec
from argosy.models.tensor_elements import array_of_elements
from argosy.models.v2_messages import BINARY_EXTENSION, V2Answer
from argosy.serving.requests import InferRequest, InferResponse

_READ: Final = ("label", "confidence", "probabilities", VALUE)
"""The outputs that are asked for, where the model has them."""


class PlacedModel(msgspec.Struct, frozen=True):
    """What the other server says of it, and whether that takes tensors in binary."""

    inputs: list[TensorSpec] = []
    outputs_there: list[TensorSpec] = msgspec.field(name="outputs", default_factory=list)
    classes: list[str] = []
    takes_binary: bool = False

    @classmethod
    def described(cls, where: str, model: Mapping[str, Any], server: Mapping[str, Any]) -> Self:
        """By the two descriptions of V2; raises RemoteModelUnavailable where one is none."""
        said = {**model, "takes_binary": BINARY_EXTENSION in (server.get("extensions") or ())}
        try:
            found = msgspec.convert(said, cls)
        except msgspec.ValidationError as problem:
            raise RemoteModelUnavailable(f"{where} is described in a way that is not V2's: {problem}") from None
        if unknown := [one for one in found.inputs if one.datatype not in DTYPES]:
            raise RemoteModelUnavailable(f"{where} takes {unknown[0]}, which is no datatype of V2")
        return found

    @property
    def outputs(self) -> list[str]:
        """Those that are read."""
        return [one.name for one in self.outputs_there if one.name in _READ]

    def columns(self, rows: Sequence[Any]) -> dict[str, Array]:
        """(rows,) for each input; raises InputInvalid where one is in no row, or is not of its datatype."""
        return {one.name: _column(one, [row.get(one.name) for row in rows]) for one in self.inputs}

    def response(self, request: InferRequest, answer: V2Answer, ids: Sequence[str]) -> InferResponse:
        """Raises KeyError, TypeError, ValueError where it is none of a model of labels or numbers."""
        outputs, rows, version = answer.outputs, len(request.inputs), int(answer.version)
        if VALUE in outputs:
            numbers = np.asarray(outputs[VALUE], np.float64).reshape(rows, 1)
            labels = [repr(one) for one in numbers[:, 0].tolist()]
            ones = [1.0] * rows
            return InferResponse(request.model, version, [VALUE], labels, ones, numbers, numbers, ids, "regress")
        probabilities = np.asarray(outputs["probabilities"], np.float64).reshape(rows, len(self.classes))
        return InferResponse(
            request.model,
            version,
            self.classes,
            [one.decode() for one in outputs["label"].reshape(rows).tolist()],
            outputs["confidence"].reshape(rows).tolist(),
            probabilities,
            probabilities,
            ids,
        )


def _column(spec: TensorSpec, values: list[Any]) -> Array:
    """What is missing is NaN among floating-point numbers, and refused among others."""
    if not spec.datatype.startswith("FP") and None in values:
        raise InputInvalid(f"row {values.index(None) + 1}: the model reads '{spec.name}', which is not there")
    if spec.datatype == "BYTES":
        values = [one if isinstance(one, str) else str(one) for one in values]
    elif spec.datatype == "BOOL":
        values = [one if isinstance(one, bool) else bool(one) for one in values]
    elif spec.datatype.startswith("FP"):
        values = [float(one) if isinstance(one, bool) else one for one in values]
    else:
        values = [int(one) if isinstance(one, bool | float) and one == int(one) else one for one in values]
    try:
        return array_of_elements(f"the input '{spec.name}'", spec.datatype, values)
    except RequestInvalid as problem:
        raise InputInvalid(str(problem)) from None
