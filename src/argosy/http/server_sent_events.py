"""Server-sent events (WHATWG HTML, 9.2): an endpoint's answer that goes on for as long as there is something to say.

A stream ends when its events do, when the client goes away, and when the server stops. While nothing happens a comment
is sent now and then: by it the server finds out that a client went away, and no deadline, its own or a proxy's, ends
the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from argosy.http.endpoint import DEADLINE_SECONDS, STOPPING

HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""Neither kept nor gathered by servers in between."""
KEEP_ALIVE: Final = b":\n\n"
QUIET_SECONDS: Final = 15.0


@dataclass(frozen=True)
class ServerSentEvent:
    """`data` is text of any number of lines; `id` is what a client that comes back says it saw last."""

    data: str
    event: str = ""
    id: str = ""

    def encoded(self) -> bytes:
        """Raises ValueError where `event` or `id` has a line break, which would begin another field."""
        if any(mark in f"{self.event}{self.id}" for mark in "\r\n\0"):
            raise ValueError("an event's name or id has a line break")
        fields = [f"{name}: {value}" for name, value in (("event", self.event), ("id", self.id)) if value]
        return "\n".join([*fields, *(f"data: {line}" for line in _lines(self.data)), "", ""]).encode()


def event_stream(
    request: Request, events: AsyncGenerator[ServerSentEvent, None], quiet_seconds: float = QUIET_SECONDS
) -> Response:
    """The response that sends these events as they come. `events` is closed when the stream ends, however it does."""
    quiet = min(quiet_seconds, request.scope[DEADLINE_SECONDS] / 2)
    return StreamingResponse(_written(request, events, quiet), 200, HEADERS, "text/event-stream")


async def _written(
    request: Request, events: AsyncGenerator[ServerSentEvent, None], quiet_seconds: float
) -> AsyncIterator[bytes]:
    stopping = asyncio.ensure_future(request.scope[STOPPING].wait())
    upcoming = asyncio.ensure_future(anext(events))
    try:
        while True:
            done, _ = await asyncio.wait(
                (upcoming, stopping), timeout=quiet_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if stopping in done:
                return
            if not done:
                yield KEEP_ALIVE
                continue
            try:
                yield upcoming.result().encoded()
            except StopAsyncIteration:
                return
            upcoming = asyncio.ensure_future(anext(events))
    finally:
        for waiting in (upcoming, stopping):
            waiting.cancel()
        await asyncio.wait((upcoming, stopping))
        await events.aclose()


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
