"""What services offer over HTTP: `POST /services/NAME`, and which there are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from argosy.errors import ServiceNotFound, nearest
from argosy.http.bodies import JSON_TYPES, read_body
from argosy.http.endpoint import CALLER, DEADLINE, Endpoint, FastRequest, Routes
from argosy.http.request_head import RequestHead
from argosy.http.request_limits import RequestLimits, check_values
from argosy.http.responses import json_response
from argosy.http.schemas import ANYTHING, FIELDS, INTEGER, STRING, array_schema, object_schema
from argosy.services.answers import ServiceQuestion, answer_json, call_of, parse_question
from argosy.services.calls import ServiceAnswer, ServiceCall
from argosy.services.service_plane import ServicePlane
from argosy.serving.answer_headers import HEADER_IDS_MAX, PREDICTION_HEADER, VERSION_HEADER
from argosy.serving.callers import TRACE_HEADER
from argosy.serving.rest.callers import identities_of
from argosy.typed_values import abridged, abridged_list
from argosy.vault.tokens import PREDICT, Token

Planes = Mapping[str, ServicePlane]
_RESULT: Final = object_schema(
    {"decision": STRING, "score": ANYTHING, "label": STRING, "prediction_id": STRING},
    rank=INTEGER,
    propensity={"type": "number"},
    values=FIELDS,
    missing=array_schema(STRING),
    stale=array_schema(STRING),
    explained=FIELDS,
)
SCHEMAS: Final = {
    "ServiceAnswer": object_schema(
        {"service": STRING, "model": STRING, "version": INTEGER, "results": array_schema(_RESULT)}
    ),
    "Services": object_schema({"services": array_schema(FIELDS)}),
}


def service_routes(planes: Planes, limits: RequestLimits) -> Routes:
    """`planes` are those of the moment, by their services' names."""
    asking = _Asking(planes, limits)
    summary = "Ask a service: features are filled in, models asked, a decision made."
    headers = {f"argosy-{name}": f"The {name}, as in the body." for name in ("client", "subject", "entity")}
    return Routes(
        [
            Endpoint(
                "POST",
                "/services/{service}",
                "service",
                asking.handle,
                summary,
                "ServiceAnswer",
                "ServiceQuestion",
                PREDICT,
                request_headers=headers,
                response_headers={
                    PREDICTION_HEADER: "The ids of the predictions, comma-separated.",
                    VERSION_HEADER: "The version of the model that answered.",
                },
                fast=asking,
            ),
            Endpoint(
                "GET", "/services", "services", _Listing(planes).handle, "Every service.", "Services", "", PREDICT
            ),
        ],
        SCHEMAS,
        [ServiceQuestion],
        {"service": "The service's name."},
        {"services": "POST /services/NAME"},
    )


class _Head:
    """What a request's head says."""

    __slots__ = ("said", "service", "traceparent")

    def __init__(self, service: str, head: RequestHead) -> None:
        self.service, self.said, self.traceparent = service, identities_of(head), head.field(TRACE_HEADER)


class _Asking:
    """A `FastHandler`; `handle` is the same as an ASGI handler."""

    content_types: tuple[str, ...] = JSON_TYPES

    def __init__(self, planes: Planes, limits: RequestLimits) -> None:
        self._planes, self._limits = planes, limits

    async def handle(self, request: Request) -> Response:
        data = await read_body(request, self._limits.body_bytes)
        head = self.prepare(RequestHead.of(request.scope), request.path_params)
        call, explains = self._read(data, head, request.scope[CALLER], request.scope[DEADLINE])
        answer = await self._plane(head.service).answer(call)
        return Response(answer_json(answer, explains=explains), headers=_headers(answer), media_type="application/json")

    def prepare(self, head: RequestHead, parameters: Mapping[str, str]) -> _Head:
        self._plane(parameters["service"])
        return _Head(parameters["service"], head)

    def answer(self, request: FastRequest) -> None:
        head: _Head = request.prepared
        call, explains = self._read(request.body, head, request.caller, request.deadline)
        request.on_lost = self._plane(head.service).submit(call, partial(self._finish, request, explains)).abandon

    def _finish(self, request: FastRequest, explains: bool, answer: ServiceAnswer | Exception) -> None:
        if isinstance(answer, Exception):
            request.fail(answer)
            return
        try:
            body = answer_json(answer, explains=explains)
        except Exception as error:  # noqa: BLE001 - the caller is told that there was one
            request.fail(error)
            return
        lines = "".join([f"{name}: {value}\r\n" for name, value in _headers(answer).items()])
        request.answer(200, f"content-type: application/json\r\n{lines}".encode(), body)

    def _plane(self, name: str) -> ServicePlane:
        """Raises ServiceNotFound."""
        if (plane := self._planes.get(name)) is None:
            known, hint = abridged_list(self._planes) or "none", nearest(name, self._planes)
            raise ServiceNotFound(f"no service is called '{abridged(name)}'{hint}; there are: {known}")
        return plane

    def _read(self, data: bytes, head: _Head, caller: Token | None, deadline: float) -> tuple[ServiceCall, bool]:
        check_values(data, self._limits)
        question = parse_question(data)
        return call_of(question, head.said, caller, deadline, head.traceparent), question.explain


class _Listing:
    def __init__(self, planes: Planes) -> None:
        self._planes = planes

    async def handle(self, _: Request) -> Response:
        return json_response({"services": [_entry(plane) for _, plane in sorted(self._planes.items())]})


def _entry(plane: ServicePlane) -> dict[str, Any]:
    service = plane.service
    return {
        "service": service.name,
        "accepts": {name: one.kind for name, one in service.accepts.items()},
        "features": {one.name: list(one.columns) for one in service.features},
        "models": [one.reference for one in service.models],
        "digest": service.digest,
    }


def _headers(answer: ServiceAnswer) -> dict[str, str]:
    ids = ",".join(answer.prediction_ids[:HEADER_IDS_MAX])
    return {PREDICTION_HEADER: ids, VERSION_HEADER: str(answer.responses[0].version)}
