"""Feedback as callers of a server give it, over any protocol: checked, brought into its form, and written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from argosy import clock
from argosy.errors import FeedbackInvalid
from argosy.label_sets import label_of
from argosy.predictions.feedback_log import Feedback, FeedbackLog, Kind
from argosy.predictions.giver import Giver
from argosy.predictions.log import PredictionLog

ANONYMOUS: Final = "client"
"""The source of feedback that names none, where no token does."""
Time = str | float
Watcher = Callable[[Kind, int], None]


class GivenFeedback(msgspec.Struct, forbid_unknown_fields=True):
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


@dataclass(frozen=True)
class KeptFeedback:
    """The predictions that it is about, and for how many of them it was new."""

    prediction_ids: list[str]
    added: int


class FeedbackWriter:
    """Waits for the database: not for an event loop's thread. `watch` receives the kind, and how many were new."""

    def __init__(
        self,
        feedback: FeedbackLog,
        predictions: PredictionLog,
        watch: Watcher = lambda _kind, _added: None,
        now: Callable[[], float] = clock.now,
    ) -> None:
        self._feedback, self._predictions, self._watch, self._now = feedback, predictions, watch, now

    def write(self, given: GivenFeedback, giver: Giver) -> KeptFeedback:
        """Keep it, all or nothing.

        Raises FeedbackInvalid, PredictionNotFound, and NotPermitted where the giver may not say so.
        """
        check_given(given)
        kept = self._kept(given, giver)
        self._watch(given.kind, kept.added)
        return kept

    def _kept(self, given: GivenFeedback, giver: Giver) -> KeptFeedback:
        source = given.source or giver.source or ANONYMOUS
        feedback = Feedback(
            given.prediction_id,
            given.kind,
            label_of_given(given.label),
            source,
            given.uniform,
            idempotency_key=given.idempotency_key,
        )
        if given.prediction_id:
            added = self._feedback.add_many([feedback], giver)
            return KeptFeedback([given.prediction_id.strip().lower()], added)
        start, end = moment("start", given.start, 0.0), moment("end", given.end, self._now())
        found = self._feedback.add_to_entity(self._predictions, given.entity, start, end, feedback, given.model, giver)
        return KeptFeedback(*found)


def check_given(given: GivenFeedback) -> None:
    """Raises FeedbackInvalid where it does not say what it is about. Pure."""
    if bool(given.prediction_id) == bool(given.entity):
        raise FeedbackInvalid("give either prediction_id, or entity with start (and end)")
    if given.entity and given.start is None:
        raise FeedbackInvalid("feedback for an entity needs start: from when on its predictions are meant")


def label_of_given(label: Any) -> str:
    """The label as it rests, under the rule of all labels; raises FeedbackInvalid."""
    try:
        return label_of(label)
    except ValueError as error:
        raise FeedbackInvalid(f"label: {error}") from None


def moment(name: str, given: Time | None, otherwise: float) -> float:
    """A time in seconds; raises FeedbackInvalid."""
    try:
        return otherwise if given is None else clock.parse_time(given)
    except ValueError:
        raise FeedbackInvalid(f"{name} is '{given}': it must be an ISO time or seconds since 1970") from None
