"""What every protocol comes down to: infer, metadata, readiness. Knows nothing of HTTP.

A prediction is logged before it is answered: `infer` returns only after its records have reached the kernel. A batch
is scored on the event loop while the model's measured pace says it takes under 200 µs, else on a thread; a model that
waits for another process has a thread of its own, so that no other waits with it.

All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from argosy import clock
from argosy.errors import InputInvalid, ModelNotReady
from argosy.models.adapter import FieldKind
from argosy.models.answers import answers_of, check_scores, confidence
from argosy.predictions.ids import RANDOM_BYTES, PredictionIds
from argosy.predictions.record import Prediction
from argosy.predictions.spool import SpoolWriter
from argosy.serving.lane import Lane
from argosy.serving.limits import Limits, check_inputs
from argosy.serving.manager import Manager
from argosy.serving.metrics import Metrics
from argosy.serving.servable import Predictor, Servable
from argosy.types import Input


@dataclass(frozen=True)
class InferRequest:
    """`version` is a number, an alias, or None for the default.

    `client`, `subject` and `entity` go into the log as they were said, and `token`, the name of the one that was shown.
    """

    model: str
    inputs: Sequence[Input]
    version: int | str | None = None
    client: str | None = None
    subject: str | None = None
    entity: str | None = None
    token: str = ""


@dataclass(frozen=True)
class InferResponse:
    """`scores` has shape (rows, classes): probabilities, or decision scores where the model has none."""

    model: str
    version: int
    classes: Sequence[str]
    answers: Sequence[str]
    scores: NDArray[np.float64]
    has_probabilities: bool
    prediction_ids: Sequence[str]

    @property
    def scores_name(self) -> str:
        return scores_name(self.has_probabilities)


@dataclass(frozen=True)
class ModelMetadata:
    model: str
    version: int
    label: str
    versions: Sequence[int]
    aliases: dict[str, int]
    classes: Sequence[str]
    has_probabilities: bool
    answered_from: NDArray[np.float64] | None
    reads: Mapping[str, FieldKind]


class DataPlane:
    def __init__(
        self,
        manager: Manager,
        log: SpoolWriter,
        ids: PredictionIds,
        *,
        limits: Limits | None = None,
        metrics: Metrics | None = None,
        now: Callable[[], float] = clock.now,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.manager, self.limits, self.metrics = manager, limits or Limits(), metrics or Metrics()
        self._log, self._ids, self._now, self._randomness = log, ids, now, randomness
        self._lanes = {name: Lane(f"argosy-{name}") for name in ("quick", "slow")}

    async def infer(self, request: InferRequest) -> InferResponse:
        """Answer every row of a request, all by one version, each with an id of its own.

        Raises ModelNotFound, VersionNotFound, ModelNotReady, RequestInvalid, RequestTooLarge, InputInvalid, and
        PredictionNotLogged where the log cannot be written: then nothing is answered.
        """
        characters = check_inputs(request.inputs, self.limits)
        servable = self.manager.acquire(request.model, request.version)
        try:
            response, records = await self._answer(servable, request, characters)
        finally:
            self.manager.release(servable)
        with self.metrics.log_seconds.time():
            await self._log.append(records)
        self.metrics.predictions(response.model, response.version).inc(len(response.answers))
        return response

    async def _answer(self, servable: Servable, request: InferRequest, characters: int) -> tuple[InferResponse, bytes]:
        name = servable.pace.lane(len(request.inputs), characters)
        if _loaded(servable).waits:
            lane = servable.lane = servable.lane or Lane(f"argosy-{servable.model}")
        elif name == "loop":
            return self._score(servable, request, characters)
        else:
            lane = self._lanes[name]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(lane, self._score, servable, request, characters)

    def _score(self, servable: Servable, request: InferRequest, characters: int) -> tuple[InferResponse, bytes]:
        predictor = _loaded(servable)
        started = perf_counter()
        scores = _scores(predictor, request.inputs, self.limits.text_bytes)
        taken = perf_counter() - started
        servable.pace.learn(len(request.inputs), characters, taken)
        self.metrics.inference_seconds(servable.model, servable.version).observe(taken)
        made_at = self._now()
        response = InferResponse(
            servable.model,
            servable.version,
            predictor.classes,
            answers_of(scores, predictor.classes, predictor.answered_from),
            scores,
            predictor.has_probabilities,
            self._ids.issue(len(request.inputs), made_at, self._randomness(RANDOM_BYTES)),
        )
        return response, self._log.framed(_records(request, response, made_at, predictor.answered_from))

    def metadata(self, model: str, version: int | str | None = None) -> ModelMetadata:
        """What a loaded version takes and gives; raises as `infer` does."""
        servable = self.manager.routes.find(model, version)
        routes = self.manager.routes.model(model)
        predictor = _loaded(servable)
        return ModelMetadata(
            model,
            servable.version,
            servable.reference.label,
            sorted(routes.versions),
            dict(routes.aliases),
            predictor.classes,
            predictor.has_probabilities,
            predictor.answered_from,
            predictor.reads,
        )

    def reads(self, model: str, version: int | str | None = None) -> Mapping[str, FieldKind]:
        """The fields that a loaded version looks at; raises as `infer` does."""
        return _loaded(self.manager.routes.find(model, version)).reads

    def is_model_ready(self, model: str, version: int | str | None = None) -> bool:
        """Whether a version could answer at once; raises ModelNotFound, VersionNotFound."""
        try:
            return _loaded(self.manager.routes.find(model, version)).is_ready
        except ModelNotReady:
            return False

    def is_ready(self) -> bool:
        """Whether everything that should be served at first has been loaded or has failed."""
        return self.manager.is_settled

    def close(self) -> None:
        """Whoever still waits for an answer gets none."""
        for lane in self._lanes.values():
            lane.shutdown()
        self._log.close()


def scores_name(has_probabilities: bool) -> str:
    """What the numbers are called on the wire."""
    return "probabilities" if has_probabilities else "scores"


def _loaded(servable: Servable) -> Predictor:
    if servable.predictor is None:
        raise ModelNotReady(f"version {servable.version} of '{servable.model}' is {servable.state.lower()}")
    return servable.predictor


def _scores(predictor: Predictor, inputs: Sequence[Input], limit: int) -> NDArray[np.float64]:
    """Raises InputInvalid naming the row that the model cannot answer."""
    try:
        return check_scores(predictor.score(inputs, limit))
    except InputInvalid as problem:
        raise _named(predictor, inputs, limit, problem) from None


def _named(predictor: Predictor, inputs: Sequence[Input], limit: int, problem: InputInvalid) -> InputInvalid:
    """The problem of the first row that has one by itself, and which row that is."""
    for row, item in enumerate(inputs):
        try:
            predictor.score([item], limit)
        except InputInvalid as alone:
            return type(alone)(f"row {row}: {alone}")
    return problem


def _records(
    request: InferRequest, response: InferResponse, made_at: float, answered_from: NDArray[np.float64] | None
) -> list[Prediction]:
    certain = confidence(response.scores, response.has_probabilities, answered_from).tolist()
    rows = zip(response.prediction_ids, response.answers, certain, request.inputs, response.scores, strict=True)
    return [
        Prediction(
            prediction_id,
            response.model,
            response.version,
            made_at,
            answer,
            sureness,
            given,
            scores,
            request.client,
            request.subject,
            request.entity,
            request.token,
        )
        for prediction_id, answer, sureness, given, scores in rows
    ]
