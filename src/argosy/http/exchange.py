"""One request and its answer, as ASGI has them: what the application receives, and what it sends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from argosy.error_messages import traced
from argosy.http.endpoint import STOPPING
from argosy.http.request_head import RequestHead
from argosy.http.response_framing import ResponseFraming
from argosy.telemetry import logger

Message = MutableMapping[str, Any]
Application = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]
"""An ASGI application."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_ASGI = {"version": "3.0", "spec_version": "2.3"}
_log = logger("argosy.http")


class Client(Protocol):
    """Who asked, as far as an exchange needs to know: its connection."""

    client_address: Any
    server_address: Any
    is_write_paused: bool

    @property
    def stopping(self) -> asyncio.Event: ...

    @property
    def date(self) -> bytes:
        """The field that every answer has."""

    def must_close(self) -> bool:
        """Whether no further request can follow this one."""

    def write(self, data: bytes) -> None:
        """Something that comes before the answer."""

    def write_answer(self, data: bytes, is_last: bool) -> None:
        """The next piece of the answer."""

    def resume_reading(self) -> None:
        """The application took what was held of the body."""

    def fail(self) -> None:
        """The application gave no answer, or half of one."""


class Exchange:
    """The connection feeds `take` and ends it by `lose`; the application's messages go to the connection."""

    def __init__(self, connection: Client, request: RequestHead) -> None:
        self.request, self.answer = request, ResponseFraming(request)
        self._connection = connection
        self._pieces: list[bytes] = []
        self.waiting_bytes = 0
        """Of the body, received and not yet taken by the application."""
        self._is_whole = self._is_taken = self._is_lost = False
        self._invites = request.expects_continue
        self._start: Message | None = None
        self._waiters: list[asyncio.Future[None]] = []

    async def run(self, application: Application) -> None:
        """Have the application answer. Whatever it does, the client receives an answer, or sees that there is none."""
        try:
            await application(self._scope(), self._receive, self._send)
            problem = "it ended without an answer"
        except Exception as error:  # noqa: BLE001 - the edge: everything becomes an answer
            problem = traced(error)
        if not (self.answer.is_complete or self._is_lost):
            _log.error("a request failed: %s", problem)
            self._connection.fail()

    def take(self, piece: bytes, is_whole: bool) -> None:
        """More of the body."""
        self._pieces.append(piece)
        self.waiting_bytes += len(piece)
        self._is_whole, self._invites = is_whole, False
        self.wake()

    def lose(self) -> None:
        """The client is gone, or was answered otherwise: what the application still sends goes nowhere."""
        self._is_lost = True
        self.wake()

    def expire(self) -> bool:
        """Whether it answers itself that it took too long: the application has had its chance."""
        return False

    def wake(self) -> None:
        """Something changed that the application may be waiting for."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    @property
    def has_begun(self) -> bool:
        """Whether some of the answer was sent."""
        return self.answer.has_begun

    @property
    def is_complete(self) -> bool:
        """Whether all of it was."""
        return self.answer.is_complete

    @property
    def closes(self) -> bool:
        """Whether the connection ends with the answer."""
        return self.answer.closes

    @property
    def needs_invitation(self) -> bool:
        """Whether the client waits to be asked for the body, and was not."""
        return self._invites

    def _scope(self) -> MutableMapping[str, Any]:
        request, connection = self.request, self._connection
        return {
            "type": "http",
            "asgi": _ASGI,
            "http_version": request.version,
            "server": connection.server_address,
            "client": connection.client_address,
            "scheme": "http",
            "method": request.method,
            "root_path": "",
            "path": request.path,
            "raw_path": request.raw_path,
            "query_string": request.query,
            "headers": request.fields,
            STOPPING: connection.stopping,
            "state": {},
        }

    async def _receive(self) -> Message:
        if self._invites:
            self._invites = False
            self._connection.write(CONTINUE)
        while not (self._pieces or self._is_lost or self.answer.is_complete):
            await self._changed()
        if self._is_lost or not self._pieces:
            return {"type": "http.disconnect"}
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces, self.waiting_bytes = [], 0
        is_last = self._is_whole  # now: what resuming takes in may be the rest, which is the next message
        self._connection.resume_reading()
        return {"type": "http.request", "body": body, "more_body": not is_last}

    async def _send(self, message: Message) -> None:
        if self._is_lost:
            return
        if message["type"] == "http.response.start":
            self._start = message  # waits for the first piece: one write, and a length where that piece is all
            return
        body, is_last = message.get("body", b""), not message.get("more_body", False)
        self._connection.write_answer(self._framed(body, is_last), is_last)
        if is_last:
            self.wake()
        while self._connection.is_write_paused and not (is_last or self._is_lost):
            await self._changed()

    def _framed(self, body: bytes, is_last: bool) -> bytes:
        if self.answer.has_begun:
            return self.answer.more(body, is_last)
        if self._start is None:
            raise RuntimeError("the application sent a body before it began an answer")
        self.answer.closes = self.answer.closes or self._connection.must_close()
        start, date = self._start, self._connection.date
        return self.answer.begin(start["status"], start.get("headers", ()), body, is_last, date)

    async def _changed(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter
