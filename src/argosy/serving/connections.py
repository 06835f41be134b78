"""Connections, held to two limits that uvicorn does not know: how many there are, and how long a request may take to
arrive. Both keep somebody who opens connections and sends nothing, or byte by byte, from using up the server.

One connection too many hears 503, counts for nothing and is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argosy.serving.limits import Limits

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LINGER_SECONDS = 1.0
"""Until a refused connection is closed: at once would reset it, and its client might not hear why."""
GRACE_SECONDS = 1.0
"""For an answer that says so, where there is somebody to answer: the head was read and the body was not."""
_BODY = b'{"error":"the server has as many connections as its limit allows: come back later"}'
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


def protocol(limits: Limits) -> type[HttpToolsProtocol]:
    """uvicorn's protocol within those limits."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class LimitedProtocol(HttpToolsProtocol):
        _deadline: asyncio.TimerHandle | None = None
        _is_refused = False

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                self._is_refused = True
                self.connections.discard(self)
                transport.write(_FULL)
                transport.write_eof()
                self._deadline = self.loop.call_later(LINGER_SECONDS, transport.close)
            else:
                self._begin_waiting()

        def connection_lost(self, exc: Exception | None) -> None:
            self._end_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if not self._is_refused:
                super().data_received(data)

        def on_message_begin(self) -> None:
            self._begin_waiting()
            super().on_message_begin()

        def on_message_complete(self) -> None:
            self._end_waiting()
            super().on_message_complete()

        def _begin_waiting(self) -> None:
            self._end_waiting()
            self._deadline = self.loop.call_later(limits.seconds + GRACE_SECONDS, self.transport.close)

        def _end_waiting(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return LimitedProtocol
