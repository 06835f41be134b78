"""A service as a model of tensors, so that every protocol that asks models asks services too.

`service.offers` takes its inputs as columns by name and gives `decision`, `score` and what else there is of each row. A
version that is named is that of the main model. Inputs with defaults are those of the signature `all`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from argosy.definitions.service import Service
from argosy.definitions.service_steps import SCORE
from argosy.errors import InputInvalid, ModelNotFound, RequestInvalid, VersionNotFound
from argosy.models.signature import DEFAULT_SIGNATURE, DTYPES, Array, Signature, TensorSpec
from argosy.models.tensor_messages import bytes_array
from argosy.models.tensor_rows import TensorRows
from argosy.services.calls import ServiceAnswer, ServiceCall
from argosy.services.service_plane import ServicePlane
from argosy.serving.added_models import Abandoned
from argosy.serving.dataplane import DataPlane
from argosy.serving.request_queue import Done
from argosy.serving.requests import InferRequest, InferResponse, ModelMetadata
from argosy.serving.routing import ModelRouting

PREFIX: Final = "service."
ALL_INPUTS: Final = "all"
_OUTPUTS: Final = (
    TensorSpec("decision", "BYTES", (-1,)),
    TensorSpec(SCORE, "FP64", (-1,)),
    TensorSpec("label", "BYTES", (-1,)),
    TensorSpec("rank", "INT64", (-1,)),
)
_NONE: Final = np.empty((0, 0))


class ServiceModel:
    """What `DataPlane.add` takes."""

    def __init__(self, plane: ServicePlane, dataplane: DataPlane) -> None:
        self._plane, self._dataplane, self.name = plane, dataplane, PREFIX + plane.service.name
        self._metadata, self._is_placed = _described(self.name, plane.service), "compute" in plane.service.place
        self._main, _, self._version = plane.service.models[0].reference.partition("@")

    def metadata(self) -> ModelMetadata:
        there = self.routing()
        return replace(
            self._metadata, version=there.default or 0, versions=sorted(there.versions), aliases=dict(there.aliases)
        )

    def routing(self) -> ModelRouting:
        """Of the main model, where it is one of this server."""
        there = self._dataplane.manager.routing.models.get(self._main)
        if there is None or self._is_placed:
            return ModelRouting({})
        default = there.default
        if self._version:
            digits = str(there.aliases.get(self._version, self._version))
            default = next((number for number in there.versions if str(number) == digits), None)
        return replace(there, default=default)

    def is_ready(self, version: int | str | None = None) -> bool:
        """Whether its models could; models of another server say it themselves."""
        if self._is_placed:
            return True
        service, named = self._plane.service, []
        if version is not None:
            named = [self._is_version_ready(version)]
        others = [one.reference for one in service.models if not named or one.name != service.models[0].name]
        return all([*named, *(self._can_answer(*one.partition("@")) for one in others)])

    def _is_version_ready(self, version: int | str) -> bool:
        try:
            return self._dataplane.is_model_ready(self._main, version)
        except (ModelNotFound, VersionNotFound) as error:
            raise VersionNotFound(f"the versions of '{self.name}' are its model's: {error}") from None

    def _can_answer(self, model: str, _: str, version: str) -> bool:
        try:
            return self._dataplane.is_model_ready(model, version or None)
        except (ModelNotFound, VersionNotFound):
            return False

    def submit(self, request: InferRequest, done: Done) -> Abandoned:
        """Raises RequestInvalid, InputInvalid."""
        if not isinstance(request.inputs, TensorRows):
            raise RequestInvalid(f"'{self.name}' takes tensors: its inputs by name")
        call = ServiceCall(
            _rows(request.inputs.arrays, len(request.inputs)),
            None,
            "" if request.version is None else f"{self._main}@{request.version}",
            request.client,
            request.subject,
            request.entity,
            request.token,
            request.deadline,
            request.protocol,
            request.traceparent,
        )
        return self._plane.submit(call, partial(_tell, self.name, done))


_NUMBERS: Final = tuple(name for name in DTYPES if name not in ("BOOL", "BYTES"))
_ALSO: Final = {"number": _NUMBERS, "category": ("BOOL", *_NUMBERS)}
"""A category may be a number or a truth value."""


def _described(name: str, service: Service) -> ModelMetadata:
    specs = {
        column: TensorSpec(column, "FP64" if one.kind == "number" else "BYTES", (-1,), also=_ALSO.get(one.kind, ()))
        for column, one in service.accepts.items()
    }
    needed = tuple(specs[column] for column, one in service.accepts.items() if not one.has_default)
    signatures = {ALL_INPUTS: Signature(tuple(specs.values()), _OUTPUTS, is_batched=True)}
    if needed:
        signatures[DEFAULT_SIGNATURE] = Signature(needed, _OUTPUTS, is_batched=True)
    return ModelMetadata(name, 0, service.digest, [], {}, [], False, None, None, {}, signatures=signatures)


def _rows(arrays: Mapping[str, Array], count: int) -> Sequence[dict[str, Any]]:
    """Raises InputInvalid where a text is no UTF-8 or a number is infinite. NaN stands for one that is missing."""
    columns = {name: [_value(one, name) for one in array.tolist()] for name, array in arrays.items()}
    return [{name: values[row] for name, values in columns.items()} for row in range(count)]


def _value(element: Any, name: str) -> Any:
    if isinstance(element, bytes):
        try:
            return element.decode()
        except UnicodeDecodeError:
            raise InputInvalid(f"the input '{name}' has an element that is not UTF-8") from None
    if isinstance(element, float) and not math.isfinite(element):
        if math.isinf(element):
            raise InputInvalid(f"the input '{name}' has an infinite number: send finite ones")
        return None
    return element


def _tell(name: str, done: Done, answer: ServiceAnswer | Exception) -> None:
    if not isinstance(answer, Exception):
        try:
            done(_response(name, answer))
            return
        except (ValueError, TypeError) as error:
            answer = error
    done(answer)


def _response(name: str, answer: ServiceAnswer) -> InferResponse:
    rows, main = answer.rows, answer.responses[0]
    scores = [row.values.get(SCORE) for row in rows]
    outputs = {
        "decision": _texts([row.decision for row in rows]),
        SCORE: np.array([np.nan if score is None else score for score in scores], np.float64),
        "label": _texts(main.answers),
        "rank": np.array([row.rank or 0 for row in rows], np.int64),
    }
    decisions = [row.decision for row in rows]
    return InferResponse(
        name,
        main.version,
        [],
        decisions,
        main.confidences,
        _NONE,
        _NONE,
        main.prediction_ids,
        "tensors",
        outputs=outputs,
        is_batched=True,
    )


def _texts(values: Sequence[str]) -> Array:
    return bytes_array([value.encode() for value in values])
