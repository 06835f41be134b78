"""Requests of one version that wait to be scored, first come first served. Pure, but for the clock it is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from argosy.errors import QueueFull
from argosy.serving.latency import ROW_CHARACTERS, LatencyEstimate
from argosy.serving.requests import InferRequest, InferResponse

Done: TypeAlias = Callable[[InferResponse | Exception], None]


class WaitingRequest:
    """`done` is called once, with what the request is answered or why it is not."""

    __slots__ = ("characters", "done", "is_abandoned", "request", "rows", "since", "times")

    def __init__(self, request: InferRequest, characters: int, done: Done, since: float) -> None:
        self.request, self.characters, self.done, self.since = request, characters, done, since
        self.rows = len(request.inputs)
        self.is_abandoned = False
        """Nobody waits for it any more."""
        self.times: tuple[float, float] | None = None
        """Where requests are traced: when its batch was begun, and when that was scored."""

    def abandon(self) -> None:
        self.is_abandoned = True


class RequestQueue:
    def __init__(self) -> None:
        self._waiting: deque[WaitingRequest] = deque()
        self.rows = 0
        self.is_due = False
        """Whether its servable is in line to be asked."""

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def first(self) -> WaitingRequest:
        return self._waiting[0]

    def add(self, waiting: WaitingRequest, most_rows: int) -> None:
        """Raises QueueFull where more than `most_rows` would wait; one request may always."""
        if self._waiting and self.rows + waiting.rows > most_rows:
            raise QueueFull(f"{self.rows} rows wait for '{waiting.request.model}', the limit is {most_rows}")
        self._waiting.append(waiting)
        self.rows += waiting.rows

    def take(self, most_rows: int, most_seconds: float, latency: LatencyEstimate) -> list[WaitingRequest]:
        """The next requests, which are scored together: up to so many rows and estimated seconds, but at least one."""
        rows, units, most_units = 0, 0.0, latency.units(most_seconds)
        taken: list[WaitingRequest] = []
        for one in self._waiting:
            units += one.rows + one.characters / ROW_CHARACTERS
            if taken and (rows + one.rows > most_rows or units > most_units):
                break
            rows += one.rows
            taken.append(one)
        for _ in taken:
            self._waiting.popleft()
        self.rows -= rows
        return taken
