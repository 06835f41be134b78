"""Open Inference Protocol V2's service: health, metadata, infer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from argosy.errors import RequestInvalid
from argosy.http.request_limits import RequestLimits, check_values
from argosy.models.inputs import is_lone_text
from argosy.models.signature import Signatures
from argosy.models.tensor_rows import TensorRows
from argosy.serving.answer_headers import prediction_headers
from argosy.serving.dataplane import DataPlane
from argosy.serving.grpc.callers import caller_in_call
from argosy.serving.grpc.calls import GrpcCall, GrpcMethod
from argosy.serving.grpc.gathering import CallGathering
from argosy.serving.grpc.messages import INFERENCE, message_class
from argosy.serving.grpc.tensor_messages import (
    elements_given,
    fill_tensors,
    parameters_in,
    raw_parts,
    serialized_answer,
    tensors_without_data,
    texts_given,
    wanted_outputs,
)
from argosy.serving.limits import check_rows
from argosy.serving.readiness import Readiness
from argosy.serving.requests import PLATFORM, REQUEST_ID_CHARACTERS, InferRequest
from argosy.serving.tensor_answers import check_wanted
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
from argosy.vault.tokens import PREDICT
from argosy.version import __version__

EXTENSIONS = ("model_repository", "statistics")
_ServerLive = message_class("inference.ServerLiveResponse")
_ServerReady = message_class("inference.ServerReadyResponse")
_ModelReady = message_class("inference.ModelReadyResponse")
_ServerMetadata = message_class("inference.ServerMetadataResponse")
_ModelMetadata = message_class("inference.ModelMetadataResponse")
_Parameter = message_class("inference.InferParameter")


class InferenceService:
    def __init__(self, dataplane: DataPlane, limits: RequestLimits, readiness: Readiness) -> None:
        self._dataplane, self._limits, self._readiness = dataplane, limits, readiness
        self._calls = CallGathering()

    def methods(self) -> list[GrpcMethod]:
        """Open are those that load balancers ask, which have no token."""
        return [
            GrpcMethod(INFERENCE, "ModelInfer", self.infer, PREDICT),
            GrpcMethod(INFERENCE, "ServerLive", self.live),
            GrpcMethod(INFERENCE, "ServerReady", self.ready),
            GrpcMethod(INFERENCE, "ModelReady", self.model_ready, PREDICT),
            GrpcMethod(INFERENCE, "ServerMetadata", self.server, PREDICT),
            GrpcMethod(INFERENCE, "ModelMetadata", self.model, PREDICT),
        ]

    async def live(self, _: Any, __: GrpcCall) -> Any:
        return _ServerLive(live=True)

    async def ready(self, _: Any, __: GrpcCall) -> Any:
        return _ServerReady(ready=await self._readiness.is_ready())

    async def server(self, _: Any, __: GrpcCall) -> Any:
        return _ServerMetadata(name="argosy", version=__version__, extensions=EXTENSIONS)

    async def model_ready(self, request: Any, _: GrpcCall) -> Any:
        return _ModelReady(ready=await self._readiness.is_model_ready(request.name, request.version or None))

    async def model(self, request: Any, _: GrpcCall) -> Any:
        there = self._dataplane.metadata(request.name, request.version or None)
        answer = _ModelMetadata(
            name=there.model,
            versions=[str(number) for number in there.versions],
            platform=PLATFORM,
            inputs=input_metadata(there),
            outputs=output_metadata(there),
        )
        for name, value in {
            **there.parameters,
            "classes": list(there.classes) if there.kind == "classify" else [],
        }.items():
            text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            answer.parameters[name].string_param = text
        return answer

    async def infer(self, request: Any, call: GrpcCall) -> bytes:
        if len(request.id) > REQUEST_ID_CHARACTERS:
            raise RequestInvalid(f"id must be text of at most {REQUEST_ID_CHARACTERS} characters")
        wanted, given = self._asked(request)
        caller = caller_in_call(call, parameters_in(request.parameters))
        version = request.model_version or None
        asked = InferRequest(request.model_name, given, version, **caller, protocol="grpc")
        await self._calls.gather()
        response = await self._dataplane.infer(asked)
        first = response.prediction_ids[0]
        head = {
            "model_name": response.model,
            "model_version": str(response.version),
            "id": request.id or first,
            "parameters": {"prediction_id": _Parameter(string_param=first)},
        }
        call.trailing = tuple(prediction_headers(response).items())
        return serialized_answer(head, output_tensors(response, wanted), is_raw=bool(request.raw_input_contents))

    def _asked(self, request: Any) -> tuple[list[str], Sequence[Input]]:
        """The outputs asked for, and the rows; sizes are checked before anything is made of them."""
        name, version = request.model_name, request.model_version or None
        reads = self._dataplane.reads(name, version)
        if not reads:
            return self._tensors(request, self._dataplane.signatures(name, version))
        if not request.outputs and is_lone_text(reads):
            texts = texts_given(request, self._dataplane.limits.rows)
            if texts is not None:
                return [], list(texts)
        tensors = tensors_without_data(request)
        check_shapes(tensors, reads)
        for tensor, given in zip(tensors, request.inputs, strict=True):
            check_rows(max(tensor.rows, elements_given(tensor, given) // len(reads)), self._dataplane.limits)
        fill_tensors(tensors, request)
        check_values(json_texts(tensors), self._limits)
        wanted = wanted_outputs(request)
        if wanted:
            there = self._dataplane.metadata(name, version)
            check_outputs(wanted, there.kind, has_top=there.top > 0)
        return wanted, rows_of_tensors(tensors, reads)

    def _tensors(self, request: Any, signatures: Signatures) -> tuple[list[str], TensorRows]:
        """Of a model with a signature."""
        name = asked_signature(signatures, parameters_in(request.parameters))
        tensors, wanted = tensors_without_data(request), wanted_outputs(request)
        rows = check_tensors(tensors, signatures[name], self._dataplane.limits)
        check_wanted(wanted, signatures[name])
        binary = raw_parts(tensors, request)
        return wanted, tensor_rows(name, signatures[name], tensors, binary, rows)
