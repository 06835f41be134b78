"""One service at work: its parts one after another, for all calls that are at the same point at once.

What comes within one turn of the event loop is prepared together (one read of the cache, one call of a function);
models gather rows by themselves (`serving/batching.py`). What was said within a turn is decided together and shares one
write to the prediction log. A call that cannot be answered fails alone.

All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from random import random
from typing import Any, Protocol

from argosy.definitions.service import Service
from argosy.definitions.service_steps import SCORE
from argosy.error_messages import traced
from argosy.errors import ArgosyError, InputInvalid, ServiceStepFailed
from argosy.models.adapter import FieldKind
from argosy.predictions.entities import entity_key
from argosy.services.accounts import encoded_account
from argosy.services.asking import Asking, inputs_of, request_of
from argosy.services.calls import ServiceAnswer, ServiceCall, ServiceRow, Told
from argosy.services.filling import Filling
from argosy.services.given_rows import GivenRows
from argosy.services.underway import Underway
from argosy.serving.added_models import Abandoned
from argosy.serving.dataplane import DataPlane, settle_future
from argosy.serving.recording import RowAccount
from argosy.serving.request_queue import Done
from argosy.serving.requests import InferRequest, InferResponse
from argosy.serving.traffic import about_of
from argosy.telemetry import logger

_log = logger("argosy.services")


class Preparing(Protocol):
    """The pre-processor, here or elsewhere."""

    async def prepared(self, calls: Sequence[Underway]) -> Sequence[Underway]: ...


class Computing(Protocol):
    """The models, here or elsewhere."""

    def reads(self, model: str, version: int | str | None = None) -> Mapping[str, FieldKind]: ...

    def submit(self, request: InferRequest, done: Done) -> Abandoned: ...


class Deciding(Protocol):
    """The post-processor, here or elsewhere."""

    def waits(self, calls: Sequence[Underway]) -> bool: ...

    def decided(self, calls: Sequence[Underway]) -> Sequence[Underway]: ...

    async def decided_later(self, calls: Sequence[Underway]) -> Sequence[Underway]: ...


class ServicePlane:
    """`dataplane` logs what is answered; `compute` is asked, which is mostly the same."""

    def __init__(
        self,
        service: Service,
        dataplane: DataPlane,
        prepare: Preparing,
        compute: Computing,
        decide: Deciding,
        chance: Callable[[], float] = random,
    ) -> None:
        self.service, self._dataplane, self._chance = service, dataplane, chance
        self._prepare, self._compute, self._decide = prepare, compute, decide
        self._given, self._filling, self._asking = GivenRows(service), Filling(service), Asking(service)
        self._names, self._entity = service.model_names, service.entity
        self._come: list[Underway] = []
        self._said: list[Underway] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, call: ServiceCall) -> ServiceAnswer:
        """Raises RequestInvalid, RequestTooLarge, InputInvalid, FeatureUnavailable, ServiceStepFailed, and what the
        models raise."""
        answered: asyncio.Future[ServiceAnswer] = asyncio.get_running_loop().create_future()
        underway = self.submit(call, partial(settle_future, answered))
        try:
            return await answered
        finally:
            underway.abandon()

    def submit(self, call: ServiceCall, told: Told) -> Abandoned:
        """`answer` for callers without a task: `told` receives the answer, or what kept it. Raises what the request
        itself is to blame for."""
        chosen = self._filling.chosen(call.fill)
        underway = Underway(call, self._given.read(call.inputs, self._dataplane.limits.rows), chosen, told)
        self._check_entities(underway)
        if not self._come:
            asyncio.get_running_loop().call_soon(self._begin_turn)
        self._come.append(underway)
        return underway

    def close(self) -> None:
        """Callers that still wait get no answer."""
        for task in self._tasks:
            task.cancel()

    def _check_entities(self, underway: Underway) -> None:
        """Whom each row is about, where the service says by what that is known."""
        for number, row in enumerate(underway.rows, 1):
            try:
                entity = entity_key(row.values, self._entity) if self._entity else underway.call.entity
            except ValueError as problem:
                raise InputInvalid(f"row {number}: {problem}") from None
            underway.entities.append(entity)

    # --- from what came to what models are asked

    def _begin_turn(self) -> None:
        come, self._come = self._come, []
        self._run(self._prepare_turn(come), come)

    async def _prepare_turn(self, come: Sequence[Underway]) -> None:
        for one in await self._prepare.prepared([one for one in come if not one.is_over]):
            self._ask(one)

    def _ask(self, one: Underway) -> None:
        entity = one.entities[0] if len(one.rows) == 1 else one.call.entity
        about = about_of(entity, one.call.subject, one.call.client)
        try:
            models = self._asking.models(one.call, about, self._chance() if len(self.service.models) > 1 else 0.0)
            for place, (_, reference) in enumerate(models):
                model, _, version = reference.partition("@")
                inputs = inputs_of(one.rows, self._compute.reads(model, version or None))
                one.asked.append(request_of(one.call, reference, inputs, entity))
                one.responses.append(None)
                self._compute.submit(one.asked[-1], partial(self._heard, one, place, len(models)))
        except ArgosyError as error:
            one.end(error)

    # --- from what models say to the answer

    def _heard(self, one: Underway, place: int, models: int, answer: InferResponse | Exception) -> None:
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
        try:
            for one in said:
                for name, response in zip(self._names, one.responses, strict=True):
                    for place, row in enumerate(one.rows):
                        self._asking.answered(row, name, place, response)  # type: ignore[arg-type]  # all are there
            if self._decide.waits(said):
                self._run(self._decide_later(said), said)
            else:
                self._log_and_answer(self._decide.decided(said))
        except Exception as error:  # noqa: BLE001 - whoever waits is told that there was one
            self._end_all(said, error)

    async def _decide_later(self, calls: Sequence[Underway]) -> None:
        self._log_and_answer(await self._decide.decided_later(calls))

    def _log_and_answer(self, calls: Sequence[Underway]) -> None:
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

    def _run(self, work: Coroutine[Any, Any, None], calls: Sequence[Underway]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(partial(self._end_task, calls))

    def _end_task(self, calls: Sequence[Underway], task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._end_all(calls, error)

    def _end_all(self, calls: Sequence[Underway], error: BaseException) -> None:
        """A defect is an answer too."""
        _log.error("%s failed: %s", self.service.name, traced(error))
        for one in calls:
            one.end(ServiceStepFailed(f"{self.service.name} failed: the server's log says why"))
