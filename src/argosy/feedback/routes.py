"""What feedback offers over HTTP: `POST /feedback`, for one prediction or for all about an entity in a span of time."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from starlette.responses import Response

from argosy.errors import FeedbackInvalid
from argosy.http.bodies import field_problem, json_problem, read_body
from argosy.http.endpoint import CALLER, Endpoint, Routes
from argosy.http.responses import json_response
from argosy.http.schemas import INTEGER, STRING, array_schema, object_schema
from argosy.predictions.feedback_writer import FeedbackWriter, GivenFeedback, Watcher
from argosy.predictions.giver import giver_of
from argosy.repeated_keys import UNKNOWN, check_keys
from argosy.vault.tokens import FEEDBACK

BODY_BYTES: Final = 100_000
KEY_HEADER: Final = "idempotency-key"


def feedback_routes(writer: FeedbackWriter) -> Routes:
    endpoint = Endpoint(
        "POST",
        "/feedback",
        "feedback",
        _FeedbackRoute(writer).give,
        "Say what a prediction should have been, or what then happened.",
        "KeptFeedback",
        "GivenFeedback",
        FEEDBACK,
        request_headers={KEY_HEADER: "The same key twice is the same feedback."},
        statuses={"201": "Something new was kept."},
    )
    kept = object_schema({"added": INTEGER}, matched=INTEGER, prediction_ids=array_schema(STRING))
    return Routes([endpoint], {"KeptFeedback": kept}, [GivenFeedback], places={"feedback": "POST /feedback"})


def feedback_counter(registry: CollectorRegistry) -> Watcher:
    """A watcher that counts feedback for Prometheus."""
    counter = Counter("argosy_feedback", "Feedback taken.", ["kind", "added"], registry=registry)
    return lambda kind, added: counter.labels(kind, "yes" if added else "no").inc(max(added, 1))


class _FeedbackRoute:
    """The database is written on a thread: a transaction may have to wait its turn."""

    def __init__(self, writer: FeedbackWriter) -> None:
        self._writer = writer

    async def give(self, request: Request) -> Response:
        given = parse_given(await read_body(request, BODY_BYTES), request.headers.get(KEY_HEADER, ""))
        kept = await asyncio.to_thread(self._writer.write, given, giver_of(request.scope[CALLER]))
        # no id of an entity's predictions is shown: anyone who holds an id may give feedback on it
        ids = kept.prediction_ids
        about = {"prediction_ids": ids} if given.prediction_id else {"matched": len(ids)}
        return json_response({"added": kept.added, **about}, 201 if kept.added else 200)


def parse_given(body: bytes, key_header: str) -> GivenFeedback:
    """The feedback in a body; raises FeedbackInvalid. Pure."""
    try:
        given = msgspec.json.decode(body, type=GivenFeedback)
        check_keys(body, UNKNOWN)
    except msgspec.ValidationError as error:
        problem = field_problem(error, GivenFeedback.__struct_fields__)
        raise FeedbackInvalid(f"the body is no feedback: {problem}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FeedbackInvalid(f"the body is not JSON: {json_problem(error, body)}") from None
    except ValueError as problem:
        raise FeedbackInvalid(f"the body's JSON is ambiguous: {problem}") from None
    given.idempotency_key = given.idempotency_key or key_header
    return given
