"""What every protocol comes down to: infer, metadata, readiness. Knows nothing of HTTP or gRPC.

Three steps: validate a request, score its rows together with those of others (`batching.py`, `scoring.py`), record
what was answered (`recording.py`): an answer is given only after its records have reached the kernel.

All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import Any

from argosy.errors import ModelNotFound, ModelNotReady, QueueFull, VersionNotFound
from argosy.models.adapter import FieldKind
from argosy.models.compiled.tensors import ServedTensors
from argosy.models.inputs import is_lone_text
from argosy.models.signature import Signatures
from argosy.serving.added_models import Abandoned, AddedModel
from argosy.serving.batching import UNLOGGED, Batcher
from argosy.serving.choices import ServingChoices
from argosy.serving.limits import InputLimits, measure_inputs
from argosy.serving.manager import Manager
from argosy.serving.metrics import ServingMetrics
from argosy.serving.recording import Recorder, RowAccount
from argosy.serving.request_queue import Done, WaitingRequest
from argosy.serving.requests import InferRequest, InferResponse, ModelMetadata
from argosy.serving.routing import ModelRouting
from argosy.serving.servable import Predictor, Servable
from argosy.serving.shadowing import Shadowing
from argosy.serving.tracing import Tracing
from argosy.serving.traffic import about_of


class DataPlane:
    def __init__(
        self,
        manager: Manager,
        recorder: Recorder,
        *,
        limits: InputLimits | None = None,
        metrics: ServingMetrics | None = None,
        choices: ServingChoices | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self.manager, self.limits, self.metrics = manager, limits or InputLimits(), metrics or ServingMetrics()
        self._recorder = recorder
        self._shadowing = Shadowing(manager, recorder, lambda: self.limits, self.metrics)
        self.choices = choices or ServingChoices()
        self._added: dict[str, AddedModel] = {}
        self._batcher = Batcher(
            recorder,
            self.metrics,
            lambda: self.limits,
            lambda: self.choices,
            self.manager.release,
            self._shadowing.offer_all,
            tracing,
        )

    def add(self, name: str, model: AddedModel) -> None:
        """Answer requests for that name, which is no registered model's, by this."""
        self._added[name] = model

    def remove(self, name: str) -> None:
        """Answer them no more; those that are under way are answered."""
        del self._added[name]

    async def infer(self, request: InferRequest) -> InferResponse:
        """Answer every row of a request, all by one version, each with an id of its own.

        Raises ModelNotFound, VersionNotFound, ModelNotReady, RequestInvalid, RequestTooLarge, RequestTooSlow,
        QueueFull, InputInvalid, and PredictionNotLogged where the log cannot be written: then nothing is answered.
        """
        answered: asyncio.Future[InferResponse] = asyncio.get_running_loop().create_future()
        waiting = self.submit(request, partial(settle_future, answered))
        try:
            return await answered
        finally:
            waiting.abandon()

    def submit(self, request: InferRequest, done: Done) -> Abandoned:
        """`infer` for callers without a task: `done` receives the answer, or one of those errors but the first six."""
        if (added := self._added.get(request.model)) is not None:
            return added.submit(request, done)
        characters = self.validate(request)
        about = about_of(request.entity, request.subject, request.client)
        servable = self.manager.acquire(request.model, request.version, about)
        waiting = WaitingRequest(request, characters, done, perf_counter())
        try:
            self._batcher.add(servable, waiting)
        except QueueFull:
            self.manager.release(servable)
            raise
        return waiting

    def validate(self, request: InferRequest) -> int:
        """How many characters its rows have; raises RequestInvalid, RequestTooLarge, or InputInvalid with the row."""
        return measure_inputs(request.inputs, self.limits)

    def new_ids(self, rows: int) -> Sequence[str]:
        """Of predictions that were made elsewhere and are logged here."""
        return self._recorder.new_ids(rows)

    def record(
        self, decided: Sequence[tuple[InferRequest, InferResponse, Sequence[RowAccount]]]
    ) -> list[Exception | None]:
        """Log what was answered without being logged, with what a service made of it; what kept each from the log."""
        recorded = self._recorder.record_decided(decided)
        kept = self._recorder.keep([b"" if isinstance(one, Exception) else one.records for one in recorded])
        return [
            one if isinstance(one, Exception) else None if place < kept else UNLOGGED
            for place, one in enumerate(recorded)
        ]

    def metadata(self, model: str, version: int | str | None = None) -> ModelMetadata:
        """What a loaded version takes and gives; raises as `infer` does."""
        if (added := self._added_version(model, version)) is not None:
            return added.metadata()
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
            servable.reference.decisions,
            predictor.form,
            signatures_of(predictor),
        )

    def loaded_models(self) -> list[ModelMetadata]:
        """What each model takes and gives that can answer, by name; of the version that does where none is named."""
        found = [one.metadata() for _, one in sorted(self._added.items())]
        for name in sorted(self.manager.routing.models):
            with suppress(ModelNotReady, ModelNotFound):
                found.append(self.metadata(name))
        return found

    def model(self, name: str) -> ModelRouting:
        """Its versions, in whatever state; raises ModelNotFound."""
        return self._added[name].routing() if name in self._added else self.manager.routing.model(name)

    def names(self) -> list[str]:
        """Of everything that can be asked, sorted."""
        return sorted({*self.manager.routing.models, *self._added})

    def added(self) -> Mapping[str, AddedModel]:
        """What answers without being a registered model, by name."""
        return self._added

    def _added_version(self, model: str, version: int | str | None) -> AddedModel | None:
        """Raises VersionNotFound."""
        if (added := self._added.get(model)) is not None and version is not None:
            added.is_ready(version)
        return added

    def reads(self, model: str, version: int | str | None = None) -> Mapping[str, FieldKind]:
        """The fields that a loaded version looks at; raises as `infer` does."""
        if model in self._added:
            return {}
        return _loaded(self.manager.routing.find(model, version)).reads

    def takes_texts(self, model: str, version: int | str | None = None) -> bool:
        """Whether a loaded version looks at one text alone; false where there is none."""
        try:
            return is_lone_text(self.reads(model, version))
        except (ModelNotFound, VersionNotFound, ModelNotReady):
            return False

    def signatures(self, model: str, version: int | str | None = None) -> Signatures:
        """Those of a loaded version that answers tensors, else none; raises as `infer` does."""
        if (added := self._added_version(model, version)) is not None:
            return added.metadata().signatures
        return signatures_of(_loaded(self.manager.routing.find(model, version)))

    def is_model_ready(self, model: str, version: int | str | None = None) -> bool:
        """Whether a version could answer at once; raises ModelNotFound, VersionNotFound."""
        if model in self._added:
            return self._added[model].is_ready(version)
        try:
            return _loaded(self.manager.routing.find(model, version)).is_ready
        except ModelNotReady:
            return False

    def is_ready(self) -> bool:
        """Whether everything that should be served at first has been loaded or has failed."""
        return self.manager.is_settled

    def close(self) -> None:
        """Callers that still wait get no answer."""
        self._batcher.close()
        self._shadowing.close()
        self._recorder.close()


def signatures_of(predictor: Predictor) -> Signatures:
    """None of a model that answers labels or numbers."""
    return predictor.signatures if isinstance(predictor, ServedTensors) else {}


def settle_future(future: asyncio.Future[Any], answer: Any) -> None:
    """Give a future its value, or raise there what is an error."""
    if future.done():  # the caller went away meanwhile
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _loaded(servable: Servable) -> Predictor:
    if servable.predictor is None:
        raise ModelNotReady(f"version {servable.version} of '{servable.model}' is {servable.state.lower()}")
    return servable.predictor
