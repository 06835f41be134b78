"""Has a shadow version answer what callers were answered by another, without their noticing.

One request at a time, on a thread of its own at the lowest priority. What comes faster than it is answered waits, up
to a bound, and beyond that is dropped. Nothing here fails or delays a caller: its request has been answered and logged
before. What the shadow answers is logged (`predictions/shadows.py`) and returned to nobody.

All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from argosy.error_messages import message_of
from argosy.errors import ModelNotReady, PredictionNotLogged
from argosy.models.compiled.tensors import ServedTensors
from argosy.models.inputs import NO_LIMIT, characters_of
from argosy.models.signature import Arrays
from argosy.models.tensor_rows import TensorRows
from argosy.predictions.shadows import shadow_frames
from argosy.serving.limits import InputLimits, measure_tensors
from argosy.serving.manager import Manager
from argosy.serving.metrics import ServingMetrics
from argosy.serving.model_thread import ModelThread, idle_thread
from argosy.serving.recording import Recorded, Recorder
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.scoring import Scores, score_request
from argosy.serving.servable import Predictor, Servable
from argosy.serving.tensor_answers import compared_with_served
from argosy.serving.tensor_scoring import run_requests
from argosy.serving.traffic import about_of
from argosy.telemetry import logger
from argosy.types import Input

MOST_WAITING: Final = 100
MOST_CHARACTERS: Final = 10_000_000
_log = logger("argosy.serving")


@dataclass(frozen=True)
class _Waiting:
    servable: Servable
    request: InferRequest
    response: InferResponse
    characters: int


class Shadowing:
    """`limits` are those that the requests were checked against."""

    def __init__(
        self, manager: Manager, recorder: Recorder, limits: Callable[[], InputLimits], metrics: ServingMetrics
    ) -> None:
        self._manager, self._recorder, self._limits, self._metrics = manager, recorder, limits, metrics
        self._waiting: deque[_Waiting] = deque()
        self._characters = 0
        self._thread: ModelThread | None = None
        self._task: asyncio.Task[None] | None = None
        self._problem = ""

    def offer_all(self, model: str, answered: Iterable[tuple[InferRequest, InferResponse]]) -> None:
        """Requests were answered: those in the share of a shadow will be answered by that too."""
        routing = self._manager.routing.models.get(model)
        if routing is not None and routing.shadow is not None:
            for request, response in answered:
                self.offer(request, response)

    def offer(self, request: InferRequest, response: InferResponse) -> None:
        """The same of one request."""
        if request.version is not None:
            return
        about = about_of(request.entity, request.subject, request.client)
        servable = self._manager.acquire_shadow(request.model, about, response.version)
        if servable is None:
            return
        characters = _size(request.inputs)
        if len(self._waiting) >= MOST_WAITING or self._characters + characters > MOST_CHARACTERS:
            self._manager.release(servable)
            self._count(servable, "dropped", len(request.inputs))
            return
        self._characters += characters
        self._waiting.append(_Waiting(servable, request, response, characters))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def close(self) -> None:
        """What waits is not answered any more."""
        self._waiting.clear()
        if self._thread is not None:
            self._thread.shutdown()

    async def _run(self) -> None:
        while self._waiting:
            one = self._waiting.popleft()
            try:
                await self._answer(one)
            finally:
                self._characters -= one.characters
                self._manager.release(one.servable)
        self._task = None

    async def _answer(self, one: _Waiting) -> None:
        try:
            answer, records = await asyncio.get_running_loop().run_in_executor(self._own_thread(), self._score, one)
            if not self._recorder.keep([shadow_frames(records, one.response.prediction_ids)]):
                raise PredictionNotLogged("the prediction log cannot be written")
        except Exception as error:  # noqa: BLE001 - whatever a shadow does, no caller has to do with it
            self._count(one.servable, "failed", len(one.request.inputs))
            self._report(one.servable, message_of(error))
            return
        same = sum(shadow == served for shadow, served in zip(answer.answers, one.response.answers, strict=True))
        self._count(one.servable, "same", same)
        self._count(one.servable, "different", len(answer.answers) - same)

    def _score(self, one: _Waiting) -> Recorded:
        predictor = one.servable.predictor
        if predictor is None:
            raise ModelNotReady(f"version {one.servable.version} of '{one.servable.model}' was unloaded")
        decisions, scores = one.servable.reference.decisions, self._scores(predictor, one.request)
        [recorded] = self._recorder.record(
            [one.request],
            one.servable.version,
            predictor,
            scores,
            decisions=decisions,
            compare=lambda answer: compared_with_served(answer, one.response),
        )
        if isinstance(recorded, Exception):
            raise recorded
        return recorded

    def _scores(self, predictor: Predictor, request: InferRequest) -> Scores | list[Arrays]:
        if not isinstance(predictor, ServedTensors):
            return score_request(predictor, request.inputs, self._limits().text_bytes)
        ran = run_requests(predictor, [request.inputs])
        if ran.failed:
            raise ran.failed[0]
        return ran.outputs

    def _own_thread(self) -> ModelThread:
        if self._thread is None:
            self._thread = idle_thread("argosy-shadow")
        return self._thread

    def _count(self, servable: Servable, result: str, rows: int) -> None:
        if rows:
            self._metrics.shadow_answers(servable.model, servable.version, result).inc(rows)

    def _report(self, servable: Servable, problem: str) -> None:
        if problem != self._problem:
            _log.warning("%s version %d, a shadow, failed to answer: %s", servable.model, servable.version, problem)
        self._problem = problem


def _size(inputs: Sequence[Input]) -> int:
    """Characters, or elements and bytes, of what was checked before it was answered."""
    return measure_tensors(inputs, NO_LIMIT) if isinstance(inputs, TensorRows) else characters_of(inputs, NO_LIMIT)
