"""What every protocol comes down to: infer, metadata, readiness. Knows nothing of HTTP or gRPC.

`infer` is three steps: validate the request, score its rows (`scoring.py`, which also takes the rows of many requests
together), record what was answered (`recording.py`): it returns only after the records have reached the kernel. A batch
is scored on the event loop while the model's latency is estimated at under 200 µs, else on a thread; a model that waits
for another process has a thread of its own, so that no other waits with it.

All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import perf_counter

from argosy import clock
from argosy.errors import ModelNotReady, RequestTooSlow
from argosy.models.adapter import FieldKind
from argosy.serving.limits import InputLimits, measure_inputs
from argosy.serving.manager import Manager
from argosy.serving.metrics import ServingMetrics
from argosy.serving.model_thread import ModelThread
from argosy.serving.recording import Recorder
from argosy.serving.requests import InferRequest, InferResponse, ModelMetadata
from argosy.serving.scoring import Scores, score_request
from argosy.serving.servable import Predictor, Servable
from argosy.serving.shadowing import Shadowing
from argosy.serving.traffic import about_of


class DataPlane:
    def __init__(
        self,
        manager: Manager,
        recorder: Recorder,
        *,
        limits: InputLimits | None = None,
        metrics: ServingMetrics | None = None,
    ) -> None:
        self.manager, self.limits, self.metrics = manager, limits or InputLimits(), metrics or ServingMetrics()
        self._recorder = recorder
        self._shadowing = Shadowing(manager, recorder, lambda: self.limits, self.metrics)
        self._threads = {speed: ModelThread(f"argosy-{speed}") for speed in ("quick", "slow")}

    async def infer(self, request: InferRequest) -> InferResponse:
        """Answer every row of a request, all by one version, each with an id of its own.

        Raises ModelNotFound, VersionNotFound, ModelNotReady, RequestInvalid, RequestTooLarge, RequestTooSlow,
        InputInvalid, and PredictionNotLogged where the log cannot be written: then nothing is answered.
        """
        started = perf_counter()
        characters = self.validate(request)
        about = about_of(request.entity, request.subject, request.client)
        servable = self.manager.acquire(request.model, request.version, about)
        try:
            response, records = await self._answer(servable, request, characters)
            with self.metrics.log_seconds.time():
                await self._recorder.keep(records)
        except BaseException:
            servable.statistics.failed(perf_counter() - started)
            raise
        finally:
            self.manager.release(servable)
        servable.statistics.answered(len(response.answers), perf_counter() - started, clock.now())
        self.metrics.predictions(response.model, response.version).inc(len(response.answers))
        self._shadowing.offer(request, response)
        return response

    def validate(self, request: InferRequest) -> int:
        """How many characters its rows have; raises RequestInvalid, RequestTooLarge, or InputInvalid with the row."""
        return measure_inputs(request.inputs, self.limits)

    async def _answer(self, servable: Servable, request: InferRequest, characters: int) -> tuple[InferResponse, bytes]:
        speed = servable.latency.speed(len(request.inputs), characters)
        if _loaded(servable).waits:
            thread = servable.thread = servable.thread or ModelThread(f"argosy-{servable.model}")
        elif speed == "inline":
            return self._score_and_record(servable, request, characters)
        else:
            thread = self._threads[speed]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(thread, self._score_and_record, servable, request, characters)

    def _score_and_record(
        self, servable: Servable, request: InferRequest, characters: int
    ) -> tuple[InferResponse, bytes]:
        predictor = _loaded(servable)
        scores = self._score(servable, predictor, request, characters)
        return self._recorder.record(request, servable.version, predictor, scores)

    def _score(self, servable: Servable, predictor: Predictor, request: InferRequest, characters: int) -> Scores:
        started = perf_counter()
        if started > request.deadline:
            raise RequestTooSlow("its time limit passed before the model could answer it")
        scores = score_request(predictor, request.inputs, self.limits.text_bytes)
        taken = perf_counter() - started
        servable.latency.learn(len(request.inputs), characters, taken)
        servable.statistics.executed(len(request.inputs), taken)
        self.metrics.inference_seconds(servable.model, servable.version).observe(taken)
        return scores

    def metadata(self, model: str, version: int | str | None = None) -> ModelMetadata:
        """What a loaded version takes and gives; raises as `infer` does."""
        servable = self.manager.routing.find(model, version)
        routing = self.manager.routing.model(model)
        predictor = _loaded(servable)
        return ModelMetadata(
            model,
            servable.version,
            servable.reference.label,
            sorted(routing.versions),
            dict(routing.aliases),
            predictor.classes,
            predictor.has_probabilities,
            predictor.temperature,
            predictor.answered_from,
            predictor.reads,
        )

    def reads(self, model: str, version: int | str | None = None) -> Mapping[str, FieldKind]:
        """The fields that a loaded version looks at; raises as `infer` does."""
        return _loaded(self.manager.routing.find(model, version)).reads

    def is_model_ready(self, model: str, version: int | str | None = None) -> bool:
        """Whether a version could answer at once; raises ModelNotFound, VersionNotFound."""
        try:
            return _loaded(self.manager.routing.find(model, version)).is_ready
        except ModelNotReady:
            return False

    def is_ready(self) -> bool:
        """Whether everything that should be served at first has been loaded or has failed."""
        return self.manager.is_settled

    def close(self) -> None:
        """Callers that still wait get no answer."""
        for thread in self._threads.values():
            thread.shutdown()
        self._shadowing.close()
        self._recorder.close()


def _loaded(servable: Servable) -> Predictor:
    if servable.predictor is None:
        raise ModelNotReady(f"version {servable.version} of '{servable.model}' is {servable.state.lower()}")
    return servable.predictor
