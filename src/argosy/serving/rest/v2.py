"""Open Inference Protocol V2: health, metadata, infer."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from argosy.serving.dataplane import DataPlane, InferRequest, ModelMetadata, scores_name
from argosy.serving.limits import check_rows, check_values
from argosy.serving.rest import binary_tensors, tensors
from argosy.serving.rest.answers import answer_inference, answer_json, prediction_headers
from argosy.serving.rest.bodies import BINARY_TYPES, read_body, who
from argosy.version import __version__

PLATFORM = "argosy_adapted_model"


class V2:
    def __init__(self, dataplane: DataPlane) -> None:
        self._dataplane = dataplane

    async def live(self, _: Request) -> Response:
        return answer_json({"live": True})

    async def ready(self, _: Request) -> Response:
        is_ready = self._dataplane.is_ready()
        return answer_json({"ready": is_ready}, 200 if is_ready else 503)

    async def server(self, _: Request) -> Response:
        return answer_json({"name": "argosy", "version": __version__, "extensions": ["binary_tensor_data"]})

    async def model(self, request: Request) -> Response:
        return answer_json(_metadata(self._dataplane.metadata(*_asked(request))))

    async def model_ready(self, request: Request) -> Response:
        name, version = _asked(request)
        is_ready = self._dataplane.is_model_ready(name, version)
        return answer_json({"name": name, "ready": is_ready}, 200 if is_ready else 503)

    async def infer(self, request: Request) -> Response:
        data = await read_body(request, self._dataplane.limits.body_bytes, BINARY_TYPES)
        head, binary = binary_tensors.split(data, request.headers.get(binary_tensors.LENGTH_HEADER))
        check_values(head, self._dataplane.limits)
        body = tensors.parse_body(head)
        for tensor in body.inputs:
            check_rows(max(tensors.claimed_rows(tensor), len(tensor.data or ())), self._dataplane.limits)
        binary_tensors.fill(body.inputs, binary)
        check_values(tensors.json_texts(body.inputs), self._dataplane.limits)
        name, version = _asked(request)
        if body.outputs:
            there = self._dataplane.metadata(name, version)
            tensors.check_outputs(body.outputs, _output_names(there.has_probabilities))
        given = tensors.rows(body.inputs, self._dataplane.reads(name, version))
        asked = InferRequest(name, given, version, **who(request, body.parameters))
        response = await self._dataplane.infer(asked)
        answer = {
            "model_name": response.model,
            "model_version": str(response.version),
            "id": body.id or response.prediction_ids[0],
            "parameters": {"prediction_id": response.prediction_ids[0]},
            "outputs": tensors.outputs(response, body.outputs),
        }
        in_binary = binary_tensors.wanted(body)
        if in_binary == frozenset():
            return answer_inference(answer, response)
        content, length = binary_tensors.join(answer, in_binary)
        headers = {**prediction_headers(response), binary_tensors.LENGTH_HEADER: str(length)}
        return Response(content, headers=headers, media_type="application/octet-stream")


def _asked(request: Request) -> tuple[str, str | None]:
    """The model, and the version number or alias."""
    return request.path_params["model"], request.path_params.get("version")


def _output_names(has_probabilities: bool) -> list[str]:
    return ["label", scores_name(has_probabilities), "prediction_id"]


def _parameters(there: ModelMetadata) -> dict[str, Any]:
    found = {"version": str(there.version), "definition": there.label}
    if there.answered_from is None:
        return found
    thresholds = dict(zip(there.classes, there.answered_from.tolist(), strict=True))
    return {**found, "labels": "several", "thresholds": thresholds}


def _metadata(there: ModelMetadata) -> dict[str, Any]:
    label, scores, prediction_id = _output_names(there.has_probabilities)
    return {
        "name": there.model,
        "versions": [str(number) for number in there.versions],
        "platform": PLATFORM,
        "inputs": [
            {"name": name, "datatype": "FP64" if kind == "number" else "BYTES", "shape": [-1]}
            for name, kind in there.reads.items()
        ],
        "outputs": [
            {"name": label, "datatype": "BYTES", "shape": [-1]},
            {"name": scores, "datatype": "FP64", "shape": [-1, len(there.classes)]},
            {"name": prediction_id, "datatype": "BYTES", "shape": [-1]},
        ],
        "parameters": _parameters(there),
        "classes": there.classes,
        "aliases": {alias: str(number) for alias, number in there.aliases.items()},
    }
