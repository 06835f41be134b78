"""Open Inference Protocol V2: health, metadata, infer."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from argosy.http.bodies import BINARY_TYPES, read_body
from argosy.http.request_limits import RequestLimits, check_values
from argosy.http.responses import json_response
from argosy.serving.answer_headers import prediction_headers
from argosy.serving.dataplane import DataPlane
from argosy.serving.limits import check_rows
from argosy.serving.requests import PLATFORM, InferRequest, ModelMetadata
from argosy.serving.rest import v2_body
from argosy.serving.rest.callers import caller_of
from argosy.serving.rest.inference_responses import inference_response
from argosy.serving.tensors import (
    check_outputs,
    check_shapes,
    input_metadata,
    json_texts,
    output_metadata,
    output_tensors,
    rows_of_tensors,
)
from argosy.version import __version__

EXTENSIONS = ["binary_tensor_data", "model_repository", "statistics"]


class V2Protocol:
    def __init__(self, dataplane: DataPlane, limits: RequestLimits) -> None:
        self._dataplane, self._limits = dataplane, limits

    async def live(self, _: Request) -> Response:
        return json_response({"live": True})

    async def ready(self, _: Request) -> Response:
        is_ready = self._dataplane.is_ready()
        return json_response({"ready": is_ready}, 200 if is_ready else 503)

    async def server(self, _: Request) -> Response:
        return json_response({"name": "argosy", "version": __version__, "extensions": EXTENSIONS})

    async def model(self, request: Request) -> Response:
        return json_response(_metadata(self._dataplane.metadata(*_asked(request))))

    async def model_ready(self, request: Request) -> Response:
        name, version = _asked(request)
        is_ready = self._dataplane.is_model_ready(name, version)
        return json_response({"name": name, "ready": is_ready}, 200 if is_ready else 503)

    async def infer(self, request: Request) -> Response:
        data = await read_body(request, self._limits.body_bytes, BINARY_TYPES)
        head, binary = v2_body.split_body(data, request.headers.get(v2_body.LENGTH_HEADER))
        check_values(head, self._limits)
        body = v2_body.parse_body(head)
        name, version = _asked(request)
        reads = self._dataplane.reads(name, version)
        check_shapes(body.inputs, reads)
        for tensor in body.inputs:
            check_rows(max(tensor.rows, len(tensor.data or ()) // len(reads)), self._dataplane.limits)
        v2_body.fill_binary_tensors(body.inputs, binary)
        check_values(json_texts(body.inputs), self._limits)
        if body.outputs:
            check_outputs(body.wanted, self._dataplane.metadata(name, version).kind)
        given = rows_of_tensors(body.inputs, reads)
        response = await self._dataplane.infer(
            InferRequest(name, given, version, **caller_of(request, body.parameters))
        )
        answer = {
            "model_name": response.model,
            "model_version": str(response.version),
            "id": body.id or response.prediction_ids[0],
            "parameters": {"prediction_id": response.prediction_ids[0]},
            "outputs": output_tensors(response, body.wanted),
        }
        in_binary = v2_body.wanted_in_binary(body)
        if in_binary == frozenset():
            return inference_response(answer, response)
        content, length = v2_body.join_body(answer, in_binary)
        headers = {**prediction_headers(response), v2_body.LENGTH_HEADER: str(length)}
        return Response(content, headers=headers, media_type="application/octet-stream")


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
        "classes": [] if there.kind == "regress" else there.classes,
        "aliases": {alias: str(number) for alias, number in there.aliases.items()},
    }
