"""Gathers what callers ask of one version and has it scored together, without making anyone wait for company.

Whatever has come by the end of one turn of the event loop is scored in the next, and what comes while a version is
being asked is asked next: with a delay of zero no request waits for a fuller batch. Servables take turns, one batch
each, so that one model's flood delays another by a batch and not by its queue. Requests estimated at under 200 µs are
scored on the event loop, at most a millisecond of them at a time; others on one of two threads, by whether they take
milliseconds or longer; a model that waits for another process has a thread of its own.

Requests are answered together only: rows are told apart by their places (`scoring.py`, `recording.py`), and a request
that cannot be scored fails alone. All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import TypeAlias

from argosy import clock
from argosy.error_messages import traced
from argosy.errors import ModelNotReady, PredictionNotLogged, QueueFull, RequestTooSlow
from argosy.models.compiled.tensors import ServedTensors
from argosy.models.signature import Arrays
from argosy.serving.choices import ServingChoices
from argosy.serving.latency import QUICK_SECONDS
from argosy.serving.limits import InputLimits
from argosy.serving.metrics import ServingMetrics
from argosy.serving.model_thread import Lane
from argosy.serving.recording import Recorded, Recorder
from argosy.serving.request_queue import WaitingRequest
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.scoring import Scores, score_requests
from argosy.serving.servable import Predictor, Servable
from argosy.serving.tensor_scoring import run_requests
from argosy.serving.tracing import Tracing
from argosy.serving.version_statistics import is_fault
from argosy.telemetry import logger

Outcome: TypeAlias = Recorded | Exception
Answered: TypeAlias = tuple[Servable, Sequence[WaitingRequest], Sequence[Outcome]]
UNLOGGED = PredictionNotLogged("the prediction log cannot be written: is its disk full?")
INLINE_BATCH_SECONDS, INLINE_BATCH_ROWS = 1e-3, 32
"""What of a model's requests one turn of the loop answers: their rows are logged and written in it too."""
_LONGEST = {"inline": INLINE_BATCH_SECONDS, "quick": QUICK_SECONDS, "slow": float("inf")}
_log = logger("argosy.serving")


class Batcher:
    """`release` gives a servable back, for so many requests that end; `on_answered` is told of all answers that were
    given together by a model."""

    def __init__(
        self,
        recorder: Recorder,
        metrics: ServingMetrics,
        input_limits: Callable[[], InputLimits],
        choices: Callable[[], ServingChoices],
        release: Callable[[Servable, int], None],
        on_answered: Callable[[str, Iterable[tuple[InferRequest, InferResponse]]], None],
        tracing: Tracing | None = None,
    ) -> None:
        self._tracing = tracing
        self._recorder, self._metrics, self._input_limits = recorder, metrics, input_limits
        self._choices, self._release, self._on_answered = choices, release, on_answered
        self._lanes: dict[str, Lane[Servable]] = {speed: Lane(f"argosy-{speed}") for speed in ("quick", "slow")}
        self._due: list[Servable] = []

    def add(self, servable: Servable, waiting: WaitingRequest) -> None:
        """Have a request answered; raises QueueFull."""
        batching = self._choices().batching_of(servable.model)
        try:
            servable.queue.add(waiting, batching.max_queue_rows)
        except QueueFull:
            self._metrics.version(servable.model, servable.version).ended(waiting.request.protocol, "refused", 1)
            raise
        if servable.queue.is_due:
            if batching.max_delay_ms and servable.queue.rows >= batching.max_batch_size:
                self._hurry(servable)
            return
        servable.queue.is_due = True
        if batching.max_delay_ms:
            loop = asyncio.get_running_loop()
            servable.timer = loop.call_later(batching.max_delay_ms / 1000, self._hurry, servable)
        else:
            self._put_in_line(servable)

    def close(self) -> None:
        """Callers that still wait get no answer."""
        for lane in self._lanes.values():
            lane.thread.shutdown()

    def _hurry(self, servable: Servable) -> None:
        """Its delay is over, or its batch is full."""
        if servable.timer is not None:
            servable.timer.cancel()
            servable.timer = None
            self._put_in_line(servable)

    def _put_in_line(self, servable: Servable) -> None:
        if not self._due:
            asyncio.get_running_loop().call_soon(self._turn)
        self._due.append(servable)

    def _turn(self) -> None:
        """One batch of every servable that is due."""
        due, self._due = self._due, []
        answered: list[Answered] = []
        for servable in due:
            speed = self._speed(servable)
            if speed == "inline":
                batch = self._take(servable, speed)
                answered.append((servable, batch, self._answer(servable, batch)))
                self._go_on(servable)
            else:
                self._start(self._lane(servable, speed), servable, speed)
        self._deliver(answered)

    def _speed(self, servable: Servable) -> str:
        first = servable.queue.first
        if servable.predictor is not None and servable.predictor.waits:
            return "slow"
        return servable.latency.speed(first.rows, first.characters)

    def _lane(self, servable: Servable, speed: str) -> Lane[Servable]:
        if servable.predictor is not None and servable.predictor.waits:
            servable.lane = servable.lane or Lane(f"argosy-{servable.model}")
            return servable.lane
        return self._lanes[speed]

    def _start(self, lane: Lane[Servable], servable: Servable, speed: str) -> None:
        """Score the servable's next batch on the lane's thread, once it is the servable's turn there."""
        if lane.is_busy:
            lane.ready.append((servable, speed))
            return
        lane.is_busy = True
        batch = self._take(servable, speed)
        future = asyncio.get_running_loop().run_in_executor(lane.thread, self._answer, servable, batch)
        future.add_done_callback(lambda done: self._end(lane, servable, batch, done))

    def _end(
        self,
        lane: Lane[Servable],
        servable: Servable,
        batch: Sequence[WaitingRequest],
        done: asyncio.Future[list[Outcome]],
    ) -> None:
        lane.is_busy = False
        if lane.ready:
            self._start(lane, *lane.ready.popleft())
        self._go_on(servable)
        self._deliver([(servable, batch, done.result())])

    def _go_on(self, servable: Servable) -> None:
        """With what came meanwhile."""
        if servable.queue:
            self._put_in_line(servable)
        else:
            servable.queue.is_due = False

    def _take(self, servable: Servable, speed: str) -> list[WaitingRequest]:
        most_rows = self._choices().batching_of(servable.model).max_batch_size
        if speed == "inline":
            most_rows = min(most_rows, INLINE_BATCH_ROWS)
        return servable.queue.take(most_rows, _LONGEST[speed], servable.latency)

    def _answer(self, servable: Servable, batch: Sequence[WaitingRequest]) -> list[Outcome]:
        """What each request of the batch is to receive; on any thread, and raises nothing."""
        started = perf_counter()
        is_wanted = [not one.is_abandoned and one.request.deadline > started for one in batch]
        wanted = batch if all(is_wanted) else [one for one, is_one in zip(batch, is_wanted, strict=True) if is_one]
        try:
            found = self._scored(servable, wanted, started) if wanted else []
        except Exception as error:  # noqa: BLE001 - each caller receives it
            return [error] * len(batch)
        left = iter(found)
        return found if wanted is batch else [next(left) if is_one else _too_late() for is_one in is_wanted]

    def _scored(self, servable: Servable, wanted: Sequence[WaitingRequest], started: float) -> list[Outcome]:
        predictor, requests = _loaded(servable), [one.request for one in wanted]
        scores, failed = _asked(predictor, requests, self._input_limits().text_bytes)
        taken = perf_counter() - started
        if self._tracing is not None:
            for one in wanted:
                one.times = (started, started + taken)
        rows, characters = sum([one.rows for one in wanted]), sum([one.characters for one in wanted])
        servable.latency.learn(rows, characters, taken)
        queued = started * len(wanted) - sum([one.since for one in wanted])
        servable.statistics.queued(queued, len(wanted))
        servable.statistics.executed(rows, taken)
        self._metrics.version(servable.model, servable.version).scored(len(wanted), rows, queued, taken)
        log_share = self._choices().log_share_of(servable.model)
        scored = [one for place, one in enumerate(requests) if place not in failed] if failed else requests
        decisions = servable.reference.decisions
        recorded: list[Outcome] = []
        if scored:
            recorded += self._recorder.record(scored, servable.version, predictor, scores, log_share, decisions)
        if not failed:
            return recorded
        left = iter(recorded)
        return [failed[place] if place in failed else next(left) for place in range(len(requests))]

    def _deliver(self, answered: Sequence[Answered]) -> None:
        """Log what was answered, then tell the callers."""
        records = [one.records for _, _, outcomes in answered for one in outcomes if isinstance(one, Recorded)]
        if records and (kept := self._kept(records)) < len(records):
            answered = _with_unlogged(answered, kept)
        recorded = perf_counter()
        for servable, batch, outcomes in answered:
            self._tell(servable, batch, outcomes)
        if self._tracing is not None:
            for servable, batch, outcomes in answered:
                self._tracing.add(servable, batch, outcomes, recorded, self._choices().trace_share)

    def _tell(self, servable: Servable, batch: Sequence[WaitingRequest], outcomes: Sequence[Outcome]) -> None:
        """Tell each caller, and count what it was told."""
        self._release(servable, len(batch))
        counts: dict[str, _Told] = {}
        count, protocol = _Told(), ""
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.request.protocol != protocol:
                protocol = waiting.request.protocol
                count = counts.setdefault(protocol, _Told())
            if isinstance(outcome, Recorded):  # not by a method: a call costs as much as all of this
                answer: InferResponse | Exception = outcome.response
                count.requests += 1
                count.rows += waiting.rows
                count.since += waiting.since
            else:
                answer = outcome
                count.fail(waiting, is_fault(outcome))
            try:
                waiting.done(answer)
            except Exception as error:  # noqa: BLE001 - the others of the batch still wait for theirs
                _log.error("an answer could not be given: %s", traced(error))
        self._count(servable, counts)
        answers = zip(batch, outcomes, strict=True)
        try:
            self._on_answered(
                servable.model, ((one.request, said.response) for one, said in answers if isinstance(said, Recorded))
            )
        except Exception as error:  # noqa: BLE001 - the callers of other models still wait for theirs
            _log.error("what follows an answer of %s failed: %s", servable.model, traced(error))

    def _kept(self, records: Sequence[bytes]) -> int:
        started = perf_counter()
        kept = self._recorder.keep(records)
        self._metrics.log_seconds.observe(perf_counter() - started)
        return kept

    def _count(self, servable: Servable, told: Mapping[str, _Told]) -> None:
        now, tally = perf_counter(), self._metrics.version(servable.model, servable.version)
        for protocol, one in told.items():
            if one.requests:
                seconds = now * one.requests - one.since
                servable.statistics.answered(one.rows, seconds, clock.now(), one.requests)
                tally.answered(protocol, one.requests, one.rows, seconds)
            if lost := one.refused + one.failed:
                servable.statistics.failed(now * lost - one.lost_since, lost, one.failed)
                tally.ended(protocol, "refused", one.refused)
                tally.ended(protocol, "failed", one.failed)


class _Told:
    """The requests of one batch and one protocol that have been told what came of them."""

    __slots__ = ("failed", "lost_since", "refused", "requests", "rows", "since")

    def __init__(self) -> None:
        self.requests = self.rows = self.refused = self.failed = 0
        self.since = self.lost_since = 0.0
        """When they arrived, all together; and those that were refused or failed."""

    def fail(self, waiting: WaitingRequest, is_failed: bool) -> None:
        self.failed += is_failed
        self.refused += not is_failed
        self.lost_since += waiting.since


def _with_unlogged(answered: Sequence[Answered], kept: int) -> list[Answered]:
    """The same where the log has only so many of the requests' records, from the first."""
    places = itertools.count()
    return [
        (
            servable,
            batch,
            [UNLOGGED if isinstance(one, Recorded) and next(places) >= kept else one for one in outcomes],
        )
        for servable, batch, outcomes in answered
    ]


def _asked(
    predictor: Predictor, requests: Sequence[InferRequest], text_bytes: int
) -> tuple[Scores | list[Arrays], Mapping[int, Exception]]:
    """What the model gives to the requests that it can answer, and why it cannot the others."""
    inputs, deadlines = [one.inputs for one in requests], [one.deadline for one in requests]
    if isinstance(predictor, ServedTensors):
        return run_requests(predictor, inputs, deadlines)
    return score_requests(predictor, inputs, text_bytes, deadlines)


def _too_late() -> RequestTooSlow:
    return RequestTooSlow("its time limit passed before the model could answer it")


def _loaded(servable: Servable) -> Predictor:
    if servable.predictor is None:
        raise ModelNotReady(f"version {servable.version} of '{servable.model}' is {servable.state.lower()}")
    return servable.predictor
