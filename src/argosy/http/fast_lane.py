"""The short way to an answer, for endpoints that are asked very often: no task, no ASGI, no routing.

A client that keeps its connection sends the same head again and again. A head that leads to an endpoint with a
`FastHandler` is parsed, routed and prepared once, and found again by its bytes. Whether its caller may ask is checked
again whenever the tokens were looked up again. Everything that is not plain (another endpoint, a body that is sent in
chunks, compressed or large, a connection that is to close) goes the long way, to the same endpoint's ASGI handler.

All methods belong to the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import perf_counter
from typing import Any, Protocol

from starlette.routing import compile_path

from argosy.errors import ArgosyError, RequestTooSlow
from argosy.http.access import Access
from argosy.http.bodies import check_content_type
from argosy.http.connection_limits import ConnectionLimits
from argosy.http.endpoint import Endpoint, FastHandler
from argosy.http.errors import error_answer
from argosy.http.refusals import Refused
from argosy.http.request_head import RequestHead, parse_head
from argosy.http.request_limits import RequestLimits
from argosy.http.request_metrics import RequestMetrics, RouteTally
from argosy.http.response_framing import status_line
from argosy.vault.tokens import Token

HEADS = 1024
"""Kept of those seen; then all are forgotten."""
HEAD_BYTES = 2048
"""A longer head goes the long way."""
BODY_BYTES = 262_144
"""So does a longer body."""


class FastConnection(Protocol):
    """Who asked, as far as an exchange needs to know: its connection."""

    @property
    def date(self) -> bytes:
        """The field that every answer has."""

    def must_close(self) -> bool:
        """Whether no further request can follow this one."""

    def write_answer(self, data: bytes, is_last: bool) -> None:
        """The answer."""


class KnownHead:
    """A head that was seen before, with all that follows from it alone."""

    __slots__ = ("caller", "endpoint", "handler", "length", "prepared", "request", "seen_under", "tally")

    def __init__(
        self, request: RequestHead, endpoint: Endpoint, handler: FastHandler, prepared: Any, tally: RouteTally
    ) -> None:
        self.request, self.endpoint, self.handler, self.prepared = request, endpoint, handler, prepared
        self.tally = tally
        self.length = request.length
        self.caller: Token | None = None
        self.seen_under: object = None
        """The state of the tokens under which `caller` was found."""


class FastLane:
    def __init__(
        self, endpoints: Iterable[Endpoint], access: Access, metrics: RequestMetrics, limits: RequestLimits
    ) -> None:
        self.access, self.metrics, self.seconds = access, metrics, limits.seconds
        self._body_bytes = min(limits.body_bytes, BODY_BYTES)
        self._endpoints = [
            (one.method, compile_path(one.path)[0], one, one.fast) for one in endpoints if one.fast is not None
        ]
        self._heads: dict[bytes, KnownHead] = {}

    def find(self, head: bytes, limits: ConnectionLimits) -> KnownHead | None:
        """What is known of a whole head; None where it is to go the long way."""
        known = self._heads.get(head)
        if known is None and self._endpoints and len(head) <= HEAD_BYTES:
            known = self._look_at(head, limits)
            if known is not None:
                if len(self._heads) >= HEADS:
                    self._heads.clear()
                self._heads[head] = known
        return known

    def _look_at(self, head: bytes, limits: ConnectionLimits) -> KnownHead | None:
        try:
            request = parse_head(head, limits)
            if not (request.version == "1.1" and request.keeps_alive and 0 < request.length <= self._body_bytes):
                return None
            if request.expects_continue or any(name == b"content-encoding" for name, _ in request.fields):
                return None
            path = request.path
            for method, pattern, endpoint, handler in self._endpoints:
                if method == request.method and (found := pattern.match(path)):
                    check_content_type(request.field("content-type"), handler.content_types)
                    prepared = handler.prepare(request, found.groupdict())
                    return KnownHead(request, endpoint, handler, prepared, self.metrics.route(endpoint.name))
        except (Refused, ArgosyError):
            pass  # the long way says what is wrong
        return None

    def caller(self, known: KnownHead) -> Token | None:
        """Whose token the head shows; raises as `Access.check` does."""
        state = self.access.authentication.state
        if known.seen_under is not state:
            request = known.request
            known.caller = self.access.check(request.method, request.fields, known.endpoint.scope)
            known.seen_under = state
        return known.caller


class FastExchange:
    """One request on the fast lane and its answer: what an `Exchange` is on the long way."""

    __slots__ = (
        "_connection",
        "_is_over",
        "_is_starting",
        "_known",
        "_lane",
        "_pieces",
        "_started",
        "body",
        "caller",
        "closes",
        "deadline",
        "on_lost",
    )
    needs_invitation, waiting_bytes = False, 0

    def __init__(self, lane: FastLane, known: KnownHead, connection: FastConnection) -> None:
        self._lane, self._known, self._connection = lane, known, connection
        self._started = perf_counter()
        self.deadline = self._started + lane.seconds
        self.body = b""
        self.caller: Token | None = None
        self.closes = False
        self.on_lost: Any = None
        """Called without arguments where nobody waits for the answer any more."""
        self._pieces: list[bytes] = []
        self._is_over = self._is_starting = False

    # --- for the handler

    @property
    def prepared(self) -> Any:
        """What the handler made of the head."""
        return self._known.prepared

    def answer(self, status: int, fields: bytes, body: bytes) -> None:
        """Send the answer; `fields` are whole lines. To be called once, or `fail`."""
        self.on_lost = None  # it leads back here: what refers to itself is freed late, and much at once
        if self._is_over:
            return
        if self._is_starting:  # within what the connection is doing now
            self._is_starting = False
            asyncio.get_running_loop().call_soon(self.answer, status, fields, body)
            return
        self._is_over = True
        seconds = perf_counter() - self._started
        self._known.tally.answered(status, seconds)
        if (log := self._lane.metrics.access_log) is not None:
            request, first_id = self._known.request, log.first_id_in(fields)
            path = request.raw_path.decode("latin-1")
            log.write(request.method, path, status, len(body), seconds, self.caller, first_id)
        connection = self._connection
        self.closes = connection.must_close()
        close = b"connection: close\r\n" if self.closes else b""
        length = b"content-length: %d\r\n" % len(body)
        connection.write_answer(
            b"".join((status_line(status), fields, length, close, connection.date, b"\r\n", body)), True
        )

    def fail(self, error: Exception) -> None:
        """Answer with what went wrong."""
        status, headers, body = error_answer(error, self._known.endpoint.errors)
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        self.answer(status, JSON_FIELD + fields, body)

    # --- for the connection

    @property
    def has_begun(self) -> bool:
        return self._is_over

    @property
    def is_complete(self) -> bool:
        return self._is_over

    def take(self, piece: bytes, is_whole: bool) -> None:
        """More of the body; with the last of it the request is handled."""
        if not is_whole:
            self._pieces.append(piece)
            return
        self.body = b"".join((*self._pieces, piece)) if self._pieces else piece
        self._is_starting = True
        try:
            self.caller = self._lane.caller(self._known)
            self._known.handler.answer(self)
        except Exception as error:  # noqa: BLE001 - the edge: everything becomes an answer
            self.fail(error)
        self._is_starting = False

    def expire(self) -> bool:
        """Answer that it took too long, and have nothing more done about it."""
        if self.on_lost is not None:
            self.on_lost()
        self.fail(RequestTooSlow(f"it took longer than the limit of {self._lane.seconds:g} s"))
        return True

    def lose(self) -> None:
        """The client is gone, or was answered otherwise."""
        self._is_over = True
        if self.on_lost is not None:
            self.on_lost()

    def wake(self) -> None:
        """Nothing waits here."""


JSON_FIELD = b"content-type: application/json\r\n"
