"""The third of the data plane's three steps: scores to responses with prediction ids, and their records in the log.

A prediction is logged before it is answered.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import accumulate, compress, islice, pairwise
from random import random
from typing import NamedTuple

import numpy as np

from argosy import clock
from argosy.errors import InputInvalid, ModelFailed
from argosy.models.answers import answer_kind, answers_of
from argosy.models.decisions import NO_DECISIONS, Decisions, TopLabels, decided_labels, decided_numbers, top_labels
from argosy.models.signature import Arrays
from argosy.models.temperature import answer_confidence, probabilities_of
from argosy.predictions.ids import RANDOM_BYTES, PredictionIds
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.scoring import Scores
from argosy.serving.servable import Predictor
from argosy.serving.tensor_answers import logged_tensors, tensor_responses


class Recorded(NamedTuple):
    """What a request is answered, once the kernel has its sealed records."""

    response: InferResponse
    records: bytes


class RowAccount(NamedTuple):
    """What a service logs of a row besides: whom it is about, and how it was decided."""

    entity: str | None = None
    account: bytes = b""


_NO_ACCOUNT = RowAccount()


class _Answered(NamedTuple):
    """`stored` are each row's scores as they rest."""

    request: InferRequest
    response: InferResponse
    stored: Sequence[bytes]
    accounts: Sequence[RowAccount]


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
        self,
        requests: Sequence[InferRequest],
        version: int,
        predictor: Predictor,
        scores: Scores | list[Arrays],
        log_share: float = 1.0,
        decisions: Decisions = NO_DECISIONS,
        compare: Callable[[InferResponse], InferResponse] | None = None,
    ) -> list[Recorded | Exception]:
        """Each request's response and its sealed records, for `keep`. For any thread.

        A request with a row that has no record gets an InputInvalid or ModelFailed, which is not raised. `scores` has
        the rows of all, or of a model of tensors the outputs of each.

        `log_share` of the requests have records: of what was answered after the decisions, and of the model's own
        scores. `compare` says of tensors what is logged as their answers.
        """
        made_at = self._now()
        ids = self.new_ids(sum(len(one.inputs) for one in requests), made_at)
        if isinstance(scores, list):
            responses = tensor_responses(requests, version, scores, ids)
            if compare is not None:
                responses = [compare(one) for one in responses]
            return self._logged(requests, responses, made_at, None, log_share)
        responses = _responses(requests, version, predictor, scores, ids, decisions)
        return self._logged(requests, responses, made_at, scores, log_share)

    def _logged(
        self,
        requests: Sequence[InferRequest],
        responses: Sequence[InferResponse],
        made_at: float,
        scores: Scores | None,
        log_share: float,
    ) -> list[Recorded | Exception]:
        are_logged = [one.is_logged and (log_share == 1.0 or random() < log_share) for one in requests]  # noqa: S311 - a draw, no secret
        rows = _stored_rows(scores)
        stored = [rows[first:end] if rows else [b""] * (end - first) for first, end in _spans(requests)]
        answered = [
            _Answered(request, response, of_rows, [_NO_ACCOUNT] * len(of_rows))
            for request, response, of_rows in zip(requests, responses, stored, strict=True)
        ]
        sealed = iter(self._sealed(list(compress(answered, are_logged)), made_at))
        return [
            next(sealed) if is_one else Recorded(one, b"") for one, is_one in zip(responses, are_logged, strict=True)
        ]

    def new_ids(self, rows: int, made_at: float | None = None) -> list[str]:
        """For the rows of answers that are given now."""
        moment = self._now() if made_at is None else made_at
        return self._ids.issue(rows, moment, self._randomness(RANDOM_BYTES))

    def record_decided(
        self, decided: Sequence[tuple[InferRequest, InferResponse, Sequence[RowAccount]]]
    ) -> list[Recorded | Exception]:
        """The same of answers that were given without records, now with what a service made of each row."""
        answered = [
            _Answered(request, response, _stored_rows(response.scores), accounts)
            for request, response, accounts in decided
        ]
        return self._sealed(answered, self._now())

    def _sealed(self, answered: Sequence[_Answered], made_at: float) -> list[Recorded | Exception]:
        try:
            frames = iter(self._framed(answered, made_at))
        except Exception:  # noqa: BLE001 - whatever it is, one request's rows are the cause
            return [self._alone(one, made_at) for one in answered]
        return [Recorded(one.response, b"".join(islice(frames, len(one.response.answers)))) for one in answered]

    def _framed(self, answered: Sequence[_Answered], made_at: float) -> list[bytes]:
        """The frame of each row."""
        return self._log.framed_each(
            [_prediction(one, made_at, row) for one in answered for row in range(len(one.stored))]
        )

    def _alone(self, answered: _Answered, made_at: float) -> Recorded | Exception:
        """One request's; where a row has no record, an error by whose fault that is, the request's or the model's."""
        request, response = answered.request, answered.response
        try:
            return Recorded(response, b"".join(self._framed([answered], made_at)))
        except Exception as error:  # noqa: BLE001 - the request receives it
            problem = f"cannot be written to the prediction log ({type(error).__name__})"
        for row in range(len(response.answers)):
            try:
                self._log.framed([_asked(request, response, made_at, row)])
            except Exception:  # noqa: BLE001 - the request receives it
                return InputInvalid(f"row {row + 1}, or who asked about whom, {problem}: is all of its text Unicode?")
        return ModelFailed(f"an answer of its {problem}", response.model)

    def keep(self, records: Sequence[bytes]) -> int:
        """How many of the records the kernel has, from the first: requests with others may not be answered."""
        return self._log.write(records)

    def close(self) -> None:
        self._log.close()


def _responses(
    requests: Sequence[InferRequest],
    version: int,
    predictor: Predictor,
    scores: Scores,
    ids: Sequence[str],
    decisions: Decisions,
) -> list[InferResponse]:
    classes, has_probabilities = predictor.classes, predictor.has_probabilities
    temperature, thresholds = predictor.temperature, predictor.answered_from
    kind, top = answer_kind(classes, thresholds), None
    confidences = answer_confidence(scores, has_probabilities, temperature, thresholds).tolist()
    if kind == "regress":
        probabilities = decided_numbers(scores, decisions.steps)
        answers = answers_of(probabilities, classes)
    else:
        probabilities = scores if has_probabilities else probabilities_of(scores, temperature)
        answers = answers_of(scores, classes, thresholds)
        if decisions.steps:
            answers = decided_labels(answers, confidences, probabilities, classes, decisions.steps)
            top = top_labels(scores, probabilities, classes, decisions.steps)
    return [
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
            top and TopLabels(top.labels[first:end], top.probabilities[first:end]),
        )
        for request, (first, end) in zip(requests, _spans(requests), strict=True)
    ]


def _stored_rows(scores: Scores | None) -> list[bytes]:
    """Each row's scores as they rest; none of a model of tensors."""
    if scores is None:
        return []
    stored, width = np.ascontiguousarray(scores, "<f4").tobytes(), 4 * scores.shape[1]
    return [stored[at : at + width] for at in range(0, len(stored), width)]


def _spans(requests: Sequence[InferRequest]) -> list[tuple[int, int]]:
    """Which rows of all are each request's."""
    return list(pairwise(accumulate((len(one.inputs) for one in requests), initial=0)))


def _prediction(answered: _Answered, made_at: float, row: int) -> Prediction:
    request, response, account = answered.request, answered.response, answered.accounts[row]
    given = request.inputs[row] if response.outputs is None else logged_tensors(request.inputs[row], response, row)
    return Prediction(
        response.prediction_ids[row],
        response.model,
        response.version,
        made_at,
        response.answers[row],
        response.confidences[row],
        given,
        answered.stored[row],
        request.client,
        request.subject,
        account.entity or request.entity,
        request.token,
        account.account,
    )


def _asked(request: InferRequest, response: InferResponse, made_at: float, row: int) -> Prediction:
    """What a row's record has of the request alone."""
    id_, model, version = response.prediction_ids[row], response.model, response.version
    about = request.client, request.subject, request.entity, request.token
    return Prediction(id_, model, version, made_at, "", 0.0, request.inputs[row], b"", *about)
