"""The third of the data plane's three steps: scores to a response with prediction ids, and its records in the log.

A prediction is logged before it is answered.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from argosy import clock
from argosy.models.answers import answer_kind, answers_of
from argosy.models.temperature import answer_confidence, probabilities_of
from argosy.predictions.ids import RANDOM_BYTES, PredictionIds
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.scoring import Scores
from argosy.serving.servable import Predictor


class Recorder:
    def __init__(
        self,
        log: SpoolWriter,
        ids: PredictionIds,
        now: Callable[[], float] = clock.now,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._log, self._ids, self._now, self._randomness = log, ids, now, randomness

    def record(
        self, request: InferRequest, version: int, predictor: Predictor, scores: Scores
    ) -> tuple[InferResponse, bytes]:
        """The response, and its sealed records, for `keep`. Any thread may call it."""
        made_at = self._now()
        has_probabilities, temperature, thresholds = (
            predictor.has_probabilities,
            predictor.temperature,
            predictor.answered_from,
        )
        kind = answer_kind(predictor.classes, thresholds)
        response = InferResponse(
            request.model,
            version,
            predictor.classes,
            answers_of(scores, predictor.classes, thresholds),
            answer_confidence(scores, has_probabilities, temperature, thresholds).tolist(),
            scores if has_probabilities or kind == "regress" else probabilities_of(scores, temperature),
            scores,
            self._ids.issue(len(request.inputs), made_at, self._randomness(RANDOM_BYTES)),
            kind,
            request.wants_scores,
        )
        return response, self._log.framed(_predictions(request, response, made_at))

    async def keep(self, records: bytes) -> None:
        """Returns once the kernel has the records; raises PredictionNotLogged, and then nothing may be answered."""
        await self._log.append(records)

    def close(self) -> None:
        self._log.close()


def _predictions(request: InferRequest, response: InferResponse, made_at: float) -> list[Prediction]:
    answered = (response.prediction_ids, response.answers, response.confidences)
    rows = zip(*answered, request.inputs, response.scores, strict=True)
    return [
        Prediction(
            prediction_id,
            response.model,
            response.version,
            made_at,
            answer,
            certainty,
            given,
            scores,
            request.client,
            request.subject,
            request.entity,
            request.token,
        )
        for prediction_id, answer, certainty, given, scores in rows
    ]
