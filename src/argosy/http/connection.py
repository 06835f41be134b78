"""One connection: reads requests one after the other, has each answered, and never waits without a deadline.

Only one request is under way at a time. What arrives meanwhile (a pipelined request) is held up to one read and then
left to the kernel, whose window the client fills; so is a body that the application does not take, and what the client
does not read holds up the application. Nothing that a client does makes memory grow.

All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Protocol, cast

from argosy.http.connection_limits import ConnectionLimits, ConnectionState
from argosy.http.exchange import Exchange
from argosy.http.fast_lane import FastExchange, FastLane
from argosy.http.refusals import Refused
from argosy.http.request_body import RequestBody, SizedBody, body_of
from argosy.http.request_head import end_of_head, parse_head, without_empty_lines

_WHOLE = SizedBody(0)
"""A body of which nothing is to come."""
_BEFORE_REQUEST = (ConnectionState.OPENED, ConnectionState.IDLE, ConnectionState.READING)


class Keeper(Protocol):
    """Keeps all connections of a server."""

    limits: ConnectionLimits
    loop: asyncio.AbstractEventLoop
    seconds_in: tuple[float, ...]
    """By state."""
    buffer: memoryview
    date: bytes
    stopping: asyncio.Event
    fast_lane: FastLane | None

    def add(self, connection: Connection) -> None:
        """Raises Refused where there are too many."""

    def remove(self, connection: Connection) -> None: ...

    def run(self, exchange: Exchange) -> asyncio.Task[None]:
        """Have the application answer a request."""


class Connection(asyncio.BufferedProtocol):
    """Every change of `state` sets `deadline`; the keeper of the connections calls `expire` once it has passed."""

    def __init__(self, kept: Keeper) -> None:
        self._kept, self._limits, self._time = kept, kept.limits, kept.loop.time
        self.state, self.deadline = ConnectionState.OPENED, 0.0
        self.since = 0.0
        self._held = b""
        """Received and not yet looked at."""
        self._exchange: Exchange | FastExchange | None = None
        self._body: RequestBody | None = None
        self._task: asyncio.Task[None] | None = None
        self._client_is_done = False
        """It will send nothing more, and may still read."""
        self.is_write_paused = False
        self._thrown_away = 0
        """Bytes received since it began to close."""

    # --- what the event loop reports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport = cast("asyncio.Transport", transport)
        self.client_address: Any = _address(transport.get_extra_info("peername"))
        self.server_address: Any = _address(transport.get_extra_info("sockname"))
        transport.set_write_buffer_limits(high=self._limits.buffer_bytes)
        self._enter(ConnectionState.OPENED)
        try:
            self._kept.add(self)
        except Refused as refused:
            self._refuse(refused)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the loop's suggestion; one read is one buffer
        return self._kept.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.state is ConnectionState.CLOSING:
            self._thrown_away += nbytes
            if self._thrown_away > self._limits.linger_bytes:
                self.abort()
            return
        data = bytes(self._kept.buffer[:nbytes])
        self._held = self._held + data if self._held else data
        self._advance()

    def eof_received(self) -> bool:
        """Whether the connection stays open: a client may have sent all it has to, and read the answers still."""
        self._client_is_done = True
        if self.state in (*_BEFORE_REQUEST, ConnectionState.DISCARDING, ConnectionState.CLOSING):
            self._close()
            return False
        if self._body is not None and not self._body.is_whole and self._exchange is not None:
            self._exchange.lose()
            self._refuse(Refused(400, "the connection ended before the body of the request did"))
        return True

    def pause_writing(self) -> None:
        self.is_write_paused = True

    def resume_writing(self) -> None:
        self.is_write_paused = False
        if self.state is ConnectionState.WRITING and self._exchange is not None:
            self._enter(ConnectionState.WRITING)
            self._exchange.wake()
            if self._exchange.is_complete:
                self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why does not matter
        self._enter(ConnectionState.CLOSING)
        if self._exchange is not None:
            self._exchange.lose()
        self._kept.remove(self)

    # --- what the exchange asks for

    @property
    def stopping(self) -> asyncio.Event:
        return self._kept.stopping

    @property
    def date(self) -> bytes:
        return self._kept.date

    def must_close(self) -> bool:
        """Whether no further request can follow this one: a body is on its way that nobody wants, and may be long."""
        if self._kept.stopping.is_set():
            return True
        body, exchange = self._body, self._exchange
        if body is None or exchange is None or body.is_whole:
            return self._client_is_done and not self._held
        return exchange.needs_invitation or body.left is None or body.left > self._limits.buffer_bytes

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def write_answer(self, data: bytes, is_last: bool) -> None:
        """The next piece of the answer."""
        self._transport.write(data)
        if is_last:
            self._end_answer()
        else:
            self._enter(ConnectionState.WRITING)

    def resume_reading(self) -> None:
        """The application took what was held of the body."""
        if not self._client_is_done:
            self._transport.resume_reading()
        self._advance()

    def _end_answer(self) -> None:
        if self._exchange is not None and self._exchange.closes:
            self._close(lingering=self._body is not None and not self._body.is_whole)
        elif self._body is not None and not self._body.is_whole:
            self._enter(ConnectionState.DISCARDING)
            self._transport.resume_reading()
            self._advance()
        else:
            self._next()

    def fail(self) -> None:
        """The application gave no answer, or half of one."""
        self._refuse(Refused(500, "the server made a mistake; its log says more"))

    # --- what the keeper of the connections asks for

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way, since the time `since`."""
        return self.state in (ConnectionState.OPENED, ConnectionState.IDLE)

    def expire(self) -> None:
        """The deadline has passed."""
        if self.state is not ConnectionState.ANSWERING:
            self.abort()
        elif self._exchange is None or not self._exchange.expire():
            self._refuse(Refused(503, f"it took longer than the limit of {self._limits.seconds:g} s"))

    def stop(self) -> None:
        """Close after the answer under way, at once where there is none."""
        if self.state in _BEFORE_REQUEST:
            self._close()

    def abort(self) -> None:
        """Close now, whatever was not sent."""
        self._cancel()
        self._transport.abort()

    # --- the states

    def _enter(self, state: ConnectionState) -> None:
        if self.state in (ConnectionState.OPENED, ConnectionState.IDLE) or state not in (
            ConnectionState.READING,
            ConnectionState.ANSWERING,
        ):
            self.since = self._time()
        self.state = state
        self.deadline = self.since + self._kept.seconds_in[state]

    def _advance(self) -> None:
        """Take in what was received, as far as the state allows; leave the rest to the kernel."""
        try:
            while self._held and (self._take_head() if self.state in _BEFORE_REQUEST else self._take_body()):
                pass
        except Refused as refused:
            self._refuse(refused)

    def _take_head(self) -> bool:
        self._held = without_empty_lines(self._held)
        if not self._held or self._held == b"\r":
            return False
        end = end_of_head(self._held, self._limits)
        if not end:
            self._enter(ConnectionState.READING)
            return False
        head, self._held = self._held[:end], self._held[end:]
        lane = self._kept.fast_lane
        if lane is not None and (known := lane.find(head, self._limits)) is not None:
            self._exchange = fast = FastExchange(lane, known, self)
            self._enter(ConnectionState.ANSWERING)
            if len(self._held) == known.length:  # nearly always
                self._body, body, self._held = _WHOLE, self._held, b""
                fast.take(body, is_whole=True)
                return False
            self._body = SizedBody(known.length)
            return True
        request = parse_head(head, self._limits)
        self._body = body_of(request.length, self._limits)
        self._exchange = exchange = Exchange(self, request)
        self._enter(ConnectionState.ANSWERING)
        if self._body.is_whole:
            exchange.take(b"", is_whole=True)
        self._task = self._kept.run(exchange)
        return True

    def _take_body(self) -> bool:
        body, exchange = self._body, self._exchange
        if self.state is ConnectionState.CLOSING or body is None or exchange is None:
            return False
        if body.is_whole or exchange.waiting_bytes >= self._limits.buffer_bytes:
            self._transport.pause_reading()
            return False
        piece, self._held = body.feed(self._held)
        if self.state is not ConnectionState.DISCARDING:
            exchange.take(piece, body.is_whole)
        elif body.is_whole:
            self._next()
        return True

    def _next(self) -> None:
        """Turn to the next request, once the client has read enough of the answers."""
        if self.is_write_paused:
            self._enter(ConnectionState.WRITING)
            return
        self._exchange = self._body = self._task = None
        if self._kept.stopping.is_set():
            self._close()
            return
        self._enter(ConnectionState.IDLE)
        if not self._client_is_done:
            self._transport.resume_reading()
        self._advance()
        if self._client_is_done and self.state in _BEFORE_REQUEST:
            self._close()

    def _refuse(self, refused: Refused) -> None:
        """Answer in the application's place, where it has not begun to, and close."""
        if self._exchange is not None and self._exchange.has_begun:
            self.abort()
            return
        self._cancel()
        self._transport.write(refused.answer())
        self._close(lingering=True)

    def _cancel(self) -> None:
        if self._exchange is not None:
            self._exchange.lose()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    def _close(self, *, lingering: bool = False) -> None:
        """Lingering: what the client is still sending is read, so that it does not lose the answer to a reset."""
        self._enter(ConnectionState.CLOSING)
        if self._transport.get_write_buffer_size():
            self.deadline = self.since + self._limits.seconds
        self._held, is_more_sent = b"", bool(self._held)
        if self._client_is_done or not (lingering or is_more_sent):
            self._transport.close()
            return
        with contextlib.suppress(OSError):  # the client reset it: connection_lost follows
            self._transport.write_eof()
        self._transport.resume_reading()


def _address(found: Any) -> tuple[str, int] | None:
    return (str(found[0]), int(found[1])) if isinstance(found, tuple) else None
