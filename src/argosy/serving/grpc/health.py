"""gRPC's health checks (`grpc.health.v1`), which load balancers and Kubernetes ask; open to all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

POLL_SECONDS: Final = 0.25
"""How often it is looked, for those who watch, whether the answer has changed."""
_Health: Final = health_pb2.HealthCheckResponse


class HealthService(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """All services are ready, and not, together; "" is the server. Belongs to the event loop's thread."""

    def __init__(self, services: Collection[str], is_ready: Callable[[], Awaitable[bool]]) -> None:
        self._services, self._is_ready = {"", *services}, is_ready
        self.is_stopping = False
        """Whoever watches receives that nothing is served any more, and no further answer."""

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        if request.service not in self._services:
            await context.abort(grpc.StatusCode.NOT_FOUND, "there is no such service; reflection lists those there are")
        return _Health(status=await self._status(request.service))

    async def List(self, _: Any, __: Any) -> Any:  # noqa: N802
        status = await self._status("")
        return health_pb2.HealthListResponse(statuses={name: _Health(status=status) for name in self._services})

    async def Watch(self, request: Any, context: Any) -> None:  # noqa: N802
        sent = None
        while True:
            is_last, status = self.is_stopping, await self._status(request.service)
            if status != sent:
                await context.write(_Health(status=status))
                sent = status
            if is_last:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _status(self, service: str) -> Any:
        if service not in self._services:
            return _Health.SERVICE_UNKNOWN
        return _Health.SERVING if not self.is_stopping and await self._is_ready() else _Health.NOT_SERVING
