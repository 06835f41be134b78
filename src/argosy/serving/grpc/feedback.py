"""Feedback over gRPC: the same as `POST /feedback`."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from argosy.errors import FeedbackInvalid
from argosy.predictions.feedback_writer import FeedbackWriter, GivenFeedback
from argosy.predictions.giver import giver_of
from argosy.serving.grpc.calls import GrpcCall, GrpcMethod
from argosy.serving.grpc.messages import FEEDBACK_SERVICE, message_class
from argosy.vault.tokens import FEEDBACK

KEY_METADATA: Final = "idempotency-key"
_NAMES: Final = ("prediction_id", "entity", "start", "end", "model", "kind", "source", "uniform", "idempotency_key")
_Kept = message_class("argosy.v1.GiveFeedbackResponse")


class FeedbackService:
    """The database is written on a thread: a transaction may have to wait its turn."""

    def __init__(self, writer: FeedbackWriter) -> None:
        self._writer = writer

    def methods(self) -> list[GrpcMethod]:
        return [GrpcMethod(FEEDBACK_SERVICE, "GiveFeedback", self.give, FEEDBACK)]

    async def give(self, request: Any, call: GrpcCall) -> Any:
        given = feedback_in(request, call.metadata.get(KEY_METADATA, ""))
        kept = await asyncio.to_thread(self._writer.write, given, giver_of(call.token))
        # no id of an entity's predictions is shown: anyone who holds an id may give feedback on it
        ids = kept.prediction_ids if given.prediction_id else []
        return _Kept(added=kept.added, matched=len(kept.prediction_ids), prediction_ids=ids)


def feedback_in(request: Any, key_metadata: str) -> GivenFeedback:
    """The feedback in a message; raises FeedbackInvalid. Pure."""
    chosen = request.WhichOneof("right_answer")
    if chosen is None:
        raise FeedbackInvalid("the message has no label")
    label = request.label if chosen == "label" else list(request.labels.labels)
    values = {name: value for name in _NAMES if (value := getattr(request, name))}  # an empty text is none
    try:
        given = msgspec.convert({"label": label, **values}, GivenFeedback)
    except msgspec.ValidationError as error:
        raise FeedbackInvalid(f"the message is no feedback: {str(error)[:1].lower()}{str(error)[1:]}") from None
    given.idempotency_key = given.idempotency_key or key_metadata
    return given
