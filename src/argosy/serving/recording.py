"""The third of the data plane's three steps: scores to responses with prediction ids, and their records in the log.

A prediction is logged before it is answered.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from argosy import clock
from argosy.models.answers import answer_kind, answers_of
from argosy.models.temperature import answer_confidence, probabilities_of
from argosy.predictions.ids import RANDOM_BYTES, PredictionIds
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.scoring import Scores
from argosy.serving.servable import Predictor


class Recorded(NamedTuple):
    """What a request is answered, once the kernel has its sealed records."""

    response: InferResponse
    records: bytes


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
        self, requests: Sequence[InferRequest], version: int, predictor: Predictor, scores: Scores
    ) -> list[Recorded]:
        """Each request's response and its sealed records, for `keep`; `scores` has the rows of all. For any thread."""
        made_at = self._now()
        ids = self._ids.issue(len(scores), made_at, self._randomness(RANDOM_BYTES))
        classes, has_probabilities = predictor.classes, predictor.has_probabilities
        temperature, thresholds = predictor.temperature, predictor.answered_from
        kind = answer_kind(classes, thresholds)
        answers = answers_of(scores, classes, thresholds)
        confidences = answer_confidence(scores, has_probabilities, temperature, thresholds).tolist()
        has_own = has_probabilities or kind == "regress"
        probabilities = scores if has_own else probabilities_of(scores, temperature)
        said = [about for one in requests for about in _said(one)]
        stored = np.ascontiguousarray(scores, "<f4")
        frames = self._log.framed_each(
            [
                Prediction(id_, model, version, made_at, answer, certainty, given, row.tobytes(), *about)
                for id_, answer, certainty, row, (model, given, *about) in zip(
                    ids, answers, confidences, stored, said, strict=True
                )
            ]
        )
        return [
            Recorded(
                InferResponse(
                    request.model,
                    version,
                    classes,
                    answers[first:end],
                    confidences[first:end],
                    probabilities[first:end],
                    scores[first:end],
                    ids[first:end],
                    kind,
                    request.wants_scores,
                ),
                b"".join(frames[first:end]) if end - first > 1 else frames[first],
            )
            for request, (first, end) in zip(requests, _spans(requests), strict=True)
        ]

    def keep(self, records: Sequence[bytes]) -> int:
        """How many of the records the kernel has, from the first: requests with others may not be answered."""
        return self._log.write(records)

    def close(self) -> None:
        self._log.close()


def _spans(requests: Sequence[InferRequest]) -> list[tuple[int, int]]:
    """Which rows of all are each request's."""
    return list(pairwise(accumulate((len(one.inputs) for one in requests), initial=0)))


def _said(request: InferRequest) -> list[tuple[Any, ...]]:
    """Of each row: the model, the input, and who asked about whom."""
    model, who = request.model, (request.client, request.subject, request.entity, request.token)
    return [(model, given, *who) for given in request.inputs]
