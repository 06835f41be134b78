"""A question to a model over HTTP and its answer, for every protocol: on the fast lane, and as an ASGI handler.

A protocol says how a body is read and how an answer is written; the rest is the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from argosy.http.bodies import read_body
from argosy.http.endpoint import CALLER, DEADLINE, FastRequest
from argosy.http.request_head import RequestHead
from argosy.http.request_limits import RequestLimits
from argosy.serving.answer_headers import HEADER_IDS_MAX, PREDICTION_HEADER, VERSION_HEADER, prediction_headers
from argosy.serving.callers import SCORES_HEADER, TRACE_HEADER, wants_scores
from argosy.serving.dataplane import DataPlane
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.rest.callers import identities_in, identities_of
from argosy.types import Input
from argosy.vault.tokens import Token

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request's head says: which model, by which version number or alias, and who asks about whom."""

    model: str
    version: str | None
    identities: Mapping[str, str | None]
    wants_scores: bool
    """Whether the answer is to show the model's own scores as well."""
    traceparent: str
    fields: Mapping[str, str]
    """Header fields by their names in lower case; of several with one name the first."""


class InferenceProtocol(Protocol[T]):
    """How one protocol writes questions and answers. Pure, but for the model's metadata."""

    name: str
    """In the metrics."""
    content_types: tuple[str, ...]

    def read(self, data: bytes, asked: Asked) -> tuple[Sequence[Input], Mapping[str, Any], T]:
        """The rows, parameters (of which those about the caller are used), and what `write` needs of the body.

        Raises RequestInvalid, RequestTooLarge, ModelNotFound, VersionNotFound, ModelNotReady.
        """

    def write(self, response: InferResponse, body: T) -> tuple[str, Mapping[str, str], bytes]:
        """Content type, header fields beyond those of every protocol, and body."""


class Inference(Generic[T]):
    """A `FastHandler`; `handle` is the same as an ASGI handler."""

    def __init__(self, dataplane: DataPlane, limits: RequestLimits, protocol: InferenceProtocol[T]) -> None:
        self._dataplane, self._limits, self._protocol = dataplane, limits, protocol
        self.content_types = protocol.content_types

    async def handle(self, request: Request) -> Response:
        data = await read_body(request, self._limits.body_bytes, self.content_types)
        head = RequestHead.of(request.scope)
        question, body = self._read(data, self.prepare(head, request.path_params), *_who(request.scope))
        response = await self._dataplane.infer(question)
        kind, fields, content = self._protocol.write(response, body)
        return Response(content, headers={**prediction_headers(response), **fields}, media_type=kind)

    def prepare(self, head: RequestHead, parameters: Mapping[str, str]) -> Asked:
        version = parameters.get("version", parameters.get("label"))
        scores, traceparent = wants_scores(head.field(SCORES_HEADER)), head.field(TRACE_HEADER)
        return Asked(parameters["model"], version, identities_of(head), scores, traceparent, _by_name(head))

    def answer(self, request: FastRequest) -> None:
        question, body = self._read(request.body, request.prepared, request.caller, request.deadline)
        waiting = self._dataplane.submit(question, partial(self._finish, request, body))
        request.on_lost = waiting.abandon

    def _finish(self, request: FastRequest, body: T, answer: InferResponse | Exception) -> None:
        if isinstance(answer, Exception):
            request.fail(answer)
            return
        try:
            kind, fields, content = self._protocol.write(answer, body)
        except Exception as error:  # noqa: BLE001 - the caller is told that there was one
            request.fail(error)
            return
        lines = "".join([f"{name}: {value}\r\n" for name, value in fields.items()]) if fields else ""
        ids = ",".join(answer.prediction_ids[:HEADER_IDS_MAX])
        request.answer(
            200,
            f"content-type: {kind}\r\n{PREDICTION_HEADER}: {ids}\r\n"
            f"{VERSION_HEADER}: {answer.version}\r\n{lines}".encode(),
            content,
        )

    def _read(self, data: bytes, asked: Asked, caller: Token | None, deadline: float) -> tuple[InferRequest, T]:
        rows, parameters, body = self._protocol.read(data, asked)
        said = identities_in(parameters, asked.identities) if parameters else asked.identities
        token = "" if caller is None else caller.name
        who = (said["client"], said["subject"], said["entity"], token)
        how = (asked.wants_scores, self._protocol.name, asked.traceparent)
        return InferRequest(asked.model, rows, asked.version, *who, deadline, *how), body


def _by_name(head: RequestHead) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(head.fields)}


def _who(scope: Mapping[str, Any]) -> tuple[Token | None, float]:
    return scope[CALLER], scope[DEADLINE]
