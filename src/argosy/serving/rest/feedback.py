"""`POST /feedback`: an outcome or a correction, for one prediction or for all about an entity in a span of time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from argosy import clock
from argosy.errors import FeedbackInvalid
from argosy.label_sets import label_of
from argosy.predictions.feedback_log import Feedback, FeedbackLog, Kind
from argosy.predictions.giver import Giver, giver_of
from argosy.predictions.log import PredictionLog
from argosy.serving.metrics import Metrics
from argosy.serving.rest.answers import answer_json
from argosy.serving.rest.bodies import read_body
from argosy.serving.rest.endpoint import CALLER

BODY_BYTES = 100_000
ANONYMOUS = "client"
"""The source of feedback that names none, where no token does."""
Time = str | float


class FeedbackBody(msgspec.Struct, forbid_unknown_fields=True):
    """Either `prediction_id`, or `entity` with `start` (and `end`, now by default): ISO times or seconds since 1970.

    `label` is a list where texts have several. `source` is the token's, and may be said where there is no token.
    `uniform`: its prediction was drawn without regard to the answer. That, and the kind `outcome`, a token must claim.
    """

    label: str | bool | int | float | list[Any]
    prediction_id: str = ""
    entity: str = ""
    start: Time | None = None
    end: Time | None = None
    model: str = ""
    kind: Kind = "correction"
    source: str = ""
    uniform: bool = False
    idempotency_key: str = ""


class FeedbackDesk:
    """The database is written on a thread: a transaction may have to wait its turn."""

    def __init__(
        self, feedback: FeedbackLog, predictions: PredictionLog, metrics: Metrics, now: Callable[[], float] = clock.now
    ) -> None:
        self._feedback, self._predictions, self._metrics, self._now = feedback, predictions, metrics, now

    async def give(self, request: Request) -> Response:
        body = parse(await read_body(request, BODY_BYTES), request.headers.get("idempotency-key", ""))
        ids, added = await asyncio.to_thread(self._give, body, giver_of(request.scope[CALLER]))
        self._metrics.feedback.labels(body.kind, "yes" if added else "no").inc(max(added, 1))
        # no id of an entity's predictions is told: whoever holds an id may give feedback on it
        about = {"prediction_ids": ids} if body.prediction_id else {"matched": len(ids)}
        return answer_json({"added": added, **about}, 201 if added else 200)

    def _give(self, body: FeedbackBody, giver: Giver) -> tuple[list[str], int]:
        key, uniform = body.idempotency_key, body.uniform
        label = _label(body.label)
        source = body.source or giver.source or ANONYMOUS
        given = Feedback(body.prediction_id, body.kind, label, source, uniform, idempotency_key=key)
        if body.prediction_id:
            return [body.prediction_id.strip().lower()], self._feedback.add_many([given], giver)
        start, end = moment("start", body.start, 0.0), moment("end", body.end, self._now())
        return self._feedback.add_to_entity(self._predictions, body.entity, start, end, given, body.model, giver)


def _label(given: Any) -> str:
    try:
        return label_of(given)
    except ValueError as error:
        raise FeedbackInvalid(f"label: {error}") from None


def parse(body: bytes, key_header: str) -> FeedbackBody:
    """A body that says what it must; raises FeedbackInvalid. Pure."""
    try:
        parsed = msgspec.json.decode(body, type=FeedbackBody)
    except msgspec.ValidationError as error:
        raise FeedbackInvalid(f"the body is no feedback: {str(error)[:1].lower()}{str(error)[1:]}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FeedbackInvalid(f"the body is not JSON: {error}") from None
    if bool(parsed.prediction_id) == bool(parsed.entity):
        raise FeedbackInvalid("give either prediction_id, or entity with start (and end)")
    if parsed.entity and parsed.start is None:
        raise FeedbackInvalid("feedback for an entity needs start: from when on its predictions are meant")
    parsed.idempotency_key = parsed.idempotency_key or key_header
    return parsed


def moment(name: str, given: Time | None, otherwise: float) -> float:
    """A time in seconds; raises FeedbackInvalid."""
    try:
        return otherwise if given is None else clock.parse_time(given)
    except ValueError:
        raise FeedbackInvalid(f"{name} is '{given}': it must be an ISO time or seconds since 1970") from None
