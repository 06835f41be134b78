"""Open Inference Protocol V2: health, metadata, infer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from argosy.http.bodies import BINARY_TYPES
from argosy.http.request_limits import RequestLimits, check_values
from argosy.http.responses import json_response, to_json
from argosy.models.tensor_rows import TensorRows
from argosy.serving.dataplane import DataPlane
from argosy.serving.limits import check_rows
from argosy.serving.readiness import Readiness
from argosy.serving.requests import PLATFORM, InferResponse, ModelMetadata
from argosy.serving.rest import v2_body
from argosy.serving.rest.inference import Asked
from argosy.serving.rest.v2_plain import plain_answer, plain_question
from argosy.serving.tensor_answers import check_wanted, with_json_data
from argosy.serving.tensor_requests import asked_signature, check_tensors, tensor_rows
from argosy.serving.tensors import (
    check_outputs,
    check_shapes,
    input_metadata,
    json_texts,
    output_metadata,
    output_tensors,
    rows_of_tensors,
)
from argosy.types import Input
from argosy.version import __version__

EXTENSIONS = ["binary_tensor_data", "model_repository", "statistics"]


class V2Protocol:
    def __init__(self, dataplane: DataPlane, readiness: Readiness) -> None:
        self._dataplane, self._readiness = dataplane, readiness

    async def live(self, _: Request) -> Response:
        return json_response({"live": True})

    async def ready(self, _: Request) -> Response:
        is_ready = await self._readiness.is_ready()
        return json_response({"ready": is_ready}, 200 if is_ready else 503)

    async def server(self, _: Request) -> Response:
        return json_response({"name": "argosy", "version": __version__, "extensions": EXTENSIONS})

    async def model(self, request: Request) -> Response:
        return json_response(_metadata(self._dataplane.metadata(*_asked(request))))

    async def model_ready(self, request: Request) -> Response:
        name, version = _asked(request)
        is_ready = await self._readiness.is_model_ready(name, version)
        return json_response({"name": name, "ready": is_ready}, 200 if is_ready else 503)


class V2Inference:
    """V2's way to write questions and answers."""

    name = "v2"
    content_types: tuple[str, ...] = BINARY_TYPES

    def __init__(self, dataplane: DataPlane, limits: RequestLimits) -> None:
        self._dataplane, self._limits = dataplane, limits

    def read(self, data: bytes, asked: Asked) -> tuple[Sequence[Input], Mapping[str, Any], v2_body.InferBody]:
        length = asked.fields.get(v2_body.LENGTH_HEADER, "")
        if not length and len(data) <= self._limits.values and self._dataplane.takes_texts(asked.model, asked.version):
            plain = plain_question(data, self._dataplane.limits.rows)
            if plain is not None:
                return plain.texts, {}, v2_body.InferBody([], plain.id)
        head, binary = v2_body.split_body(data, length)
        check_values(head, self._limits)
        body = v2_body.parse_body(head)
        reads = self._dataplane.reads(asked.model, asked.version)
        if not reads:
            return self._tensors(body, binary, asked), body.parameters or {}, body
        check_shapes(body.inputs, reads)
        for tensor in body.inputs:
            check_rows(max(tensor.rows, len(tensor.data or ()) // len(reads)), self._dataplane.limits)
        v2_body.fill_binary_tensors(body.inputs, binary)
        check_values(json_texts(body.inputs), self._limits)
        if body.outputs:
            there = self._dataplane.metadata(asked.model, asked.version)
            check_outputs(body.wanted, there.kind, has_top=there.top > 0)
        return rows_of_tensors(body.inputs, reads), body.parameters or {}, body

    def _tensors(self, body: v2_body.InferBody, binary: memoryview, asked: Asked) -> TensorRows:
        """Of a model with a signature."""
        signatures = self._dataplane.signatures(asked.model, asked.version)
        name = asked_signature(signatures, body.parameters)
        rows = check_tensors(body.inputs, signatures[name], self._dataplane.limits)
        check_wanted(body.wanted, signatures[name])
        parts = v2_body.binary_parts(body.inputs, binary)
        return tensor_rows(name, signatures[name], body.inputs, parts, rows)

    def write(self, response: InferResponse, body: v2_body.InferBody) -> tuple[str, Mapping[str, str], bytes]:
        is_plain = body.outputs is None and body.parameters is None
        if is_plain and (plain := plain_answer(response, body.id)) is not None:
            return "application/json", {}, plain
        answer: dict[str, Any] = {
            "model_name": response.model,
            "model_version": str(response.version),
            "id": body.id or response.prediction_ids[0],
            "parameters": {"prediction_id": response.prediction_ids[0]},
            "outputs": output_tensors(response, body.wanted),
        }
        in_binary = v2_body.wanted_in_binary(body)
        if in_binary == frozenset():
            answer["outputs"] = with_json_data(answer["outputs"]) if response.outputs else answer["outputs"]
            return "application/json", {}, to_json(answer)
        content, length = v2_body.join_body(answer, in_binary)
        return "application/octet-stream", {v2_body.LENGTH_HEADER: str(length)}, content


def _asked(request: Request) -> tuple[str, str | None]:
    """The model, and the version number or alias."""
    return request.path_params["model"], request.path_params.get("version")


def _metadata(there: ModelMetadata) -> dict[str, Any]:
    return {
        "name": there.model,
        "versions": [str(number) for number in there.versions],
        "platform": PLATFORM,
        "inputs": input_metadata(there),
        "outputs": output_metadata(there),
        "parameters": there.parameters,
        "classes": there.classes if there.kind == "classify" else [],
        "aliases": {alias: str(number) for alias, number in there.aliases.items()},
    }
