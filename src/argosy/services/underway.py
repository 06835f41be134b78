"""A call of a service that is not answered yet, on its way through the parts."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from argosy.definitions.service_features import Feature
from argosy.services.calls import ServiceAnswer, ServiceCall, ServiceRow, Told
from argosy.serving.added_models import Abandoned
from argosy.serving.request_queue import Done
from argosy.serving.requests import InferRequest, InferResponse


class Underway:
    """`chosen` are the features that are looked up. A part ends calls that it cannot take further, each alone."""

    __slots__ = ("asked", "call", "chosen", "entities", "is_over", "responses", "rows", "told")

    def __init__(self, call: ServiceCall, rows: list[ServiceRow], chosen: Sequence[Feature], told: Told) -> None:
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


class _StartedWork:
    """A task, held as long as anybody waits for it."""

    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task

    def abandon(self) -> None:
        self._task.cancel()


def start_work(work: Coroutine[Any, Any, InferResponse], done: Done) -> Abandoned:
    """Work for a caller without a task: `done` receives what comes of it, or what it raised."""

    async def answer() -> None:
        try:
            response = await work
        except Exception as error:  # noqa: BLE001 - the caller receives it
            done(error)
            return
        done(response)

    return _StartedWork(asyncio.get_running_loop().create_task(answer()))
