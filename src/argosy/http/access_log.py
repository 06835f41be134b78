"""The access log: one line for each answered request. Method, path, status, bytes of the body, time, the name of the
token and the first prediction's id; never a query, a body or a header field's value.

A path that no route has may hold anything, and is not written.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from argosy.http.endpoint import CALLER
from argosy.telemetry import fields, logger
from argosy.vault.tokens import Token

PATH_CHARACTERS: Final = 200
NO_ROUTE: Final = "-"
_log = logger("argosy.access")


class AccessLog:
    """`id_field` is the header field, in lower case, in which an answer has the ids of predictions."""

    def __init__(self, id_field: str) -> None:
        self._id_field = id_field.encode()

    def write(
        self,
        method: str,
        path: str,
        status: int | str,
        size: int,
        seconds: float,
        token: Token | None,
        prediction: str,
    ) -> None:
        """`path` as it was sent, escapes included."""
        path, micros = path[:PATH_CHARACTERS], round(seconds * 1e6)
        name = "" if token is None else token.name
        _log.info(
            "%s %s %s %d bytes %d µs token %s prediction %s",
            *(method, path, status, size, micros, name or "-", prediction or "-"),
            extra=fields(
                method=method, path=path, status=status, bytes=size, us=micros, token=name, prediction=prediction
            ),
        )

    def first_id(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """The first prediction's id in the header fields of an answer; empty where there is none."""
        ids = next((value for name, value in headers if name.lower() == self._id_field), b"")
        return ids.partition(b",")[0].decode("latin-1")

    def first_id_in(self, lines: bytes) -> str:
        """The same from whole lines."""
        pairs = (line.partition(b": ") for line in lines.split(b"\r\n"))
        return self.first_id((name, value) for name, _, value in pairs)


class AccessLogging:
    """Writes what the ASGI application inside answers."""

    def __init__(self, app: ASGIApp, log: AccessLog) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status, size, prediction = perf_counter(), 0, 0, ""

        async def sending(message: Message) -> None:
            nonlocal status, size, prediction
            if message["type"] == "http.response.start":
                status, prediction = message["status"], self._log.first_id(message.get("headers", ()))
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            path = scope["raw_path"].decode("latin-1") if "endpoint" in scope else NO_ROUTE
            answered = (status or NO_ROUTE, size, perf_counter() - started)
            self._log.write(scope["method"], path, *answered, scope.get(CALLER), prediction)
