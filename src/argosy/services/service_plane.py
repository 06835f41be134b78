"""One service at work: calls are looked up for together, asked, decided and logged together, and answered each.

What comes within one turn of the event loop shares one read of the cache and one call of each function of the
project's; models gather rows by themselves (`serving/batching.py`). What is decided within a turn shares one write to
the prediction log. A call that cannot be answered fails alone.

All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from random import random
from typing import Any

from argosy import clock
from argosy.caching.cache import Cache
from argosy.definitions.service import Service
from argosy.definitions.service_steps import MEASURED, SCORE, CorrectOptions, FunctionStep
from argosy.error_messages import message_of, traced
from argosy.errors import ArgosyError, CacheUnavailable, InputInvalid, ServiceStepFailed
from argosy.features.look_ups import FoundFeature, LookUps
from argosy.predictions.entities import entity_key
from argosy.services.accounts import encoded_account
from argosy.services.asking import Asking, inputs_of, request_of
from argosy.services.biases import MeasuredBiases
from argosy.services.calls import ServiceAnswer, ServiceCall, ServiceRow, Told
from argosy.services.deciding import Step, steps_of_service
from argosy.services.filling import Filling, Place
from argosy.services.functions import FunctionCaller, Row
from argosy.services.given_rows import GivenRows
from argosy.serving.added_models import Abandoned
from argosy.serving.dataplane import DataPlane
from argosy.serving.recording import RowAccount
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.traffic import about_of
from argosy.telemetry import logger

_log = logger("argosy.services")


class _Underway:
    """A call that is not answered yet."""

    __slots__ = ("asked", "call", "chosen", "entities", "is_over", "responses", "rows", "told")

    def __init__(self, call: ServiceCall, rows: list[ServiceRow], chosen: Sequence[Any], told: Told) -> None:
        self.call, self.rows, self.chosen, self.told = call, rows, chosen, told
        self.entities: list[str | None] = []
        self.asked: list[InferRequest] = []
        self.responses: list[InferResponse | None] = []
        self.is_over = False

    @property
    def main(self) -> InferResponse:
        """What the main model said, once it has."""
        return self.responses[0]  # type: ignore[return-value]

    def abandon(self) -> None:
        """Nobody waits for it any more."""
        self.is_over = True

    def end(self, answer: ServiceAnswer | Exception) -> None:
        """Tell whoever asked, once."""
        if not self.is_over:
            self.is_over = True
            self.told(answer)


class ServicePlane:
    """`callers` call the service's functions, by their names."""

    def __init__(
        self,
        service: Service,
        dataplane: DataPlane,
        cache: Cache | None,
        callers: Mapping[str, FunctionCaller],
        biases: MeasuredBiases,
        chance: Callable[[], float] = random,
    ) -> None:
        self.service, self._dataplane, self._callers, self._chance = service, dataplane, callers, chance
        self._look_ups = None if cache is None else LookUps(cache)
        self._given, self._filling, self._asking = GivenRows(service), Filling(service), Asking(service)
        self._steps, self._biases = steps_of_service(service, biases, chance), biases
        self._is_corrected = any(isinstance(step, CorrectOptions) and step.bias == MEASURED for step in service.decide)
        self._come: list[_Underway] = []
        self._said: list[_Underway] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._warned_at = float("-inf")

    async def answer(self, call: ServiceCall) -> ServiceAnswer:
        """Raises RequestInvalid, RequestTooLarge, InputInvalid, FeatureUnavailable, ServiceStepFailed, and what the
        models raise."""
        answered: asyncio.Future[ServiceAnswer] = asyncio.get_running_loop().create_future()
        underway = self.submit(call, partial(_settle, answered))
        try:
            return await answered
        finally:
            underway.abandon()

    def submit(self, call: ServiceCall, told: Told) -> Abandoned:
        """`answer` for callers without a task: `told` receives the answer, or what kept it. Raises what the request
        itself is to blame for."""
        chosen = self._filling.chosen(call.fill)
        underway = _Underway(call, self._given.read(call.inputs, self._dataplane.limits.rows), chosen, told)
        self._check_entities(underway)
        if not self._come:
            asyncio.get_running_loop().call_soon(self._begin_turn)
        self._come.append(underway)
        return underway

    def close(self) -> None:
        """Callers that still wait get no answer."""
        for task in self._tasks:
            task.cancel()
        for caller in self._callers.values():
            caller.close()

    def _check_entities(self, underway: _Underway) -> None:
        """Whom each row is about, where the service says by what that is known."""
        for number, row in enumerate(underway.rows, 1):
            try:
                entity = entity_key(row.values, self.service.entity) if self.service.entity else underway.call.entity
            except ValueError as problem:
                raise InputInvalid(f"row {number}: {problem}") from None
            underway.entities.append(entity)

    # --- from what came to what models are asked

    def _begin_turn(self) -> None:
        come, self._come = self._come, []
        self._run(self._prepare(come), come)

    def _run(self, work: Coroutine[Any, Any, None], calls: Sequence[_Underway]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(partial(self._end_task, calls))

    def _end_task(self, calls: Sequence[_Underway], task: asyncio.Task[None]) -> None:
        """A defect is an answer too."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed: %s", self.service.name, traced(error))
            for one in calls:
                one.end(ServiceStepFailed(f"{self.service.name} failed: the server's log says why"))

    async def _prepare(self, come: Sequence[_Underway]) -> None:
        calls = [one for one in come if not one.is_over]
        if self.service.features:
            found = await self._looked_up(calls)
            calls = [one for one in calls if self._is_filled(one, found)]
        if self.service.prepare:
            calls = await self._called(self.service.prepare, calls, _prepared)
        for one in calls:
            self._ask(one)

    async def _looked_up(self, calls: Sequence[_Underway]) -> Mapping[Place, FoundFeature | None] | None:
        """What there is of all that they need; None where the cache does not answer in time."""
        wanted = {place: one for call in calls for place, one in self._filling.wanted(call.rows, call.chosen).items()}
        if not wanted or self._look_ups is None:
            return {}
        reading = self._look_ups.find(list(wanted.values()), clock.now())
        try:
            found = await (reading if self._look_ups.is_immediate else asyncio.wait_for(reading, self.service.timeout))
        except (CacheUnavailable, TimeoutError) as error:
            self._warn(error)
            return None
        return dict(zip(wanted, found, strict=True))

    def _warn(self, error: Exception) -> None:
        """Once a minute."""
        if (now := asyncio.get_running_loop().time()) > self._warned_at + 60:
            self._warned_at = now
            why = (
                message_of(error) if isinstance(error, ArgosyError) else f"no answer within {self.service.timeout:g} s"
            )
            _log.warning("%s answers without features: %s", self.service.name, why)

    def _is_filled(self, one: _Underway, found: Mapping[Place, FoundFeature | None] | None) -> bool:
        try:
            self._filling.fill(one.rows, one.chosen, found)
        except ArgosyError as error:
            one.end(error)
            return False
        return True

    async def _called(
        self, function: str, calls: Sequence[_Underway], take: Callable[[ServiceRow, Row], None]
    ) -> list[_Underway]:
        """The calls whose rows a function was called with: all together, each alone where that fails."""
        caller, left = self._callers[function], list[_Underway]()
        if not calls:
            return left
        groups = [list(calls)]
        while groups:
            group = groups.pop(0)
            rows = [row for one in group for row in one.rows]
            try:
                made = await caller.rows([_shown(row) for row in rows])
            except ServiceStepFailed as error:
                if len(group) > 1 and not isinstance(error.__context__, TimeoutError):
                    groups += [[one] for one in group]
                    continue
                for one in group:
                    one.end(error)
                continue
            for row, given in zip(rows, made, strict=True):
                take(row, given)
            left += group
        return left

    def _ask(self, one: _Underway) -> None:
        entity = one.entities[0] if len(one.rows) == 1 else one.call.entity
        about = about_of(entity, one.call.subject, one.call.client)
        try:
            models = self._asking.models(one.call, about, self._chance() if len(self.service.models) > 1 else 0.0)
            for place, (_, reference) in enumerate(models):
                model, _, version = reference.partition("@")
                inputs = inputs_of(one.rows, self._dataplane.reads(model, version or None))
                one.asked.append(request_of(one.call, reference, inputs, entity))
                one.responses.append(None)
                self._dataplane.submit(one.asked[-1], partial(self._heard, one, place, len(models)))
        except ArgosyError as error:
            one.end(error)

    # --- from what models say to the answer

    def _heard(self, one: _Underway, place: int, models: int, answer: InferResponse | Exception) -> None:
        if isinstance(answer, Exception):
            one.end(answer)
            return
        one.responses[place] = answer
        if len(one.responses) < models or None in one.responses or one.is_over:
            return
        if not self._said:
            asyncio.get_running_loop().call_soon(self._decide_turn)
        self._said.append(one)

    def _decide_turn(self) -> None:
        said, self._said = self._said, []
        if self._is_corrected and not all(self._biases.knows(one.main) for one in said):
            self._run(self._learn(said), said)
        else:
            self._decide(said)

    async def _learn(self, calls: list[_Underway]) -> None:
        """Of versions that answer for the first time, how far they are off."""
        for one in calls:
            try:
                await self._biases.learn(one.main)
            except ArgosyError as error:
                one.end(error)
        self._decide([one for one in calls if not one.is_over])

    def _decide(self, calls: list[_Underway]) -> None:
        for one in calls:
            for name, response in zip(self.service.model_names, one.responses, strict=True):
                for place, row in enumerate(one.rows):
                    self._asking.answered(row, name, place, response)  # type: ignore[arg-type]  # all are there
        if any(isinstance(step, FunctionStep) for step in self._steps):
            self._run(self._decide_by_functions(calls), calls)
        else:
            for step in self._steps:
                calls = [one for one in calls if _is_decided(one, step)]  # type: ignore[arg-type]  # no function
            self._log_and_answer(calls)

    async def _decide_by_functions(self, calls: list[_Underway]) -> None:
        for step in self._steps:
            if isinstance(step, FunctionStep):
                calls = await self._called(step.function, calls, partial(_changed, step.function))
            else:
                calls = [one for one in calls if _is_decided(one, step)]
        self._log_and_answer(calls)

    def _log_and_answer(self, calls: list[_Underway]) -> None:
        decided = []
        for one in calls:
            try:
                accounts = [self._account(row, entity) for row, entity in zip(one.rows, one.entities, strict=True)]
            except (TypeError, UnicodeError, OverflowError) as error:
                one.end(ServiceStepFailed(f"{self.service.name}: a value cannot be logged ({type(error).__name__})"))
                continue
            decided.append((one, (one.asked[0], one.main, accounts)))
        problems = self._dataplane.record([record for _, record in decided])
        for (one, _), problem in zip(decided, problems, strict=True):
            one.end(problem or ServiceAnswer(self.service.name, one.rows, one.responses))  # type: ignore[arg-type]

    def _account(self, row: ServiceRow, entity: str | None) -> RowAccount:
        if not row.decision:
            row.decision = row.answers[0].label
        service = self.service
        return RowAccount(entity, encoded_account(service.name, service.digest, row, row.values.get(SCORE)))


def _is_decided(one: _Underway, step: Step) -> bool:
    try:
        step(one.rows)
    except ArgosyError as error:
        one.end(error)
        return False
    return True


def _shown(row: ServiceRow) -> Row:
    """What a function sees of a row: a decision only once there is one."""
    return {**row.values, "decision": row.decision, "rank": row.rank} if row.answers else row.values


def _prepared(row: ServiceRow, made: Row) -> None:
    row.inputs = made
    row.values = {**row.values, **made}


def _changed(function: str, row: ServiceRow, made: Row) -> None:
    """What a function of the steps sets: `decision` and `score`, and values that answers show."""
    before = _shown(row)
    changes = {name: value for name, value in made.items() if name not in before or before[name] != value}
    row.values = {**row.values, **made}
    row.decision = str(made.get("decision", row.decision))
    row.steps.append((function, changes))


def _settle(future: asyncio.Future[ServiceAnswer], answer: ServiceAnswer | Exception) -> None:
    if future.done():  # the caller went away meanwhile
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
