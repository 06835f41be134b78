"""Listens for gRPC next to the HTTP server, on its event loop: the services, health and reflection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from argosy.errors import AddressInvalid
from argosy.http.connection_limits import ConnectionLimits
from argosy.http.listening import listen, url_host
from argosy.serving.grpc.calls import MethodHandlers
from argosy.serving.grpc.health import HealthService
from argosy.serving.grpc.messages import POOL
from argosy.serving.grpc.reflection import enable_reflection

AGE_SECONDS: Final = 600.0
"""Of a connection; then its client is asked to open another, and what still runs on it has a request's time to end."""


class GrpcListener:
    """A `Listener` of `http.server`; `port` 0 picks a free one. A message may have `body_bytes`.

    A shared port has other processes of the server too.
    """

    def __init__(
        self,
        handlers: MethodHandlers,
        services: Sequence[str],
        is_ready: Callable[[], Awaitable[bool]],
        port: int,
        body_bytes: int,
        limits: ConnectionLimits,
        is_shared: bool = False,
    ) -> None:
        self._is_shared = is_shared
        self._handlers, self._services, self._health = handlers, services, HealthService(services, is_ready)
        self._port, self._body_bytes, self._limits = port, body_bytes, limits
        self.url = ""

    async def start(self, host: str) -> None:
        """Raises PortInUse, AddressInvalid."""
        self._server = grpc.aio.server(
            options=list(_options(self._body_bytes, self._limits, self._is_shared).items()),
            maximum_concurrent_rpcs=self._limits.connections,
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        health = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        enable_reflection(self._server, [*self._services, health], POOL)
        self._server.add_generic_rpc_handlers((self._handlers,))  # last: it refuses every other method
        self._port = _bound(self._server, host, self._port, self._is_shared)
        self.url = f"grpc://{url_host(host)}:{self._port}"
        await self._server.start()

    async def stop(self, hurry: asyncio.Event) -> None:
        """Take no more calls, and let those under way end, for `shutdown_seconds` or until `hurry` is set."""
        self._health.is_stopping = True
        ending = asyncio.ensure_future(self._server.stop(self._limits.shutdown_seconds))
        hurried = asyncio.ensure_future(hurry.wait())
        await asyncio.wait((ending, hurried), return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if not ending.done():
            await self._server.stop(None)
        await ending


def _options(body_bytes: int, limits: ConnectionLimits, is_shared: bool) -> dict[str, Any]:
    """For gRPC's C core, in its words."""
    return {
        "grpc.max_receive_message_length": body_bytes,  # also of one that is decompressed
        "grpc.max_metadata_size": limits.head_bytes,
        "grpc.absolute_max_metadata_size": limits.head_bytes,
        "grpc.max_concurrent_streams": limits.connections,
        "grpc.max_allowed_incoming_connections": limits.connections,
        "grpc.server_handshake_timeout_ms": int(limits.seconds * 1000),
        "grpc.max_connection_age_ms": int(AGE_SECONDS * 1000),
        "grpc.max_connection_age_grace_ms": int((limits.seconds + limits.grace_seconds) * 1000),
        "grpc.so_reuseport": int(is_shared),  # otherwise a port that another server has is an error
    }


def _bound(server: Any, host: str, port: int, is_shared: bool) -> int:
    """The port that it got."""
    if port and not is_shared:
        listen(host, port).close()  # says what is wrong, where gRPC would print lines of its own
    try:
        return int(server.add_insecure_port(f"{url_host(host)}:{port}"))
    except RuntimeError:
        raise AddressInvalid(f"cannot listen for gRPC on {host}:{port}") from None
