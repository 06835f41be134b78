"""The ASGI application: the routes that packages offer, each behind authentication, a limit of time and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Protocol

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from argosy.errors import RequestTooSlow
from argosy.http.access import Access
from argosy.http.access_log import AccessLogging
from argosy.http.endpoint import CALLER, DEADLINE, DEADLINE_SECONDS, Endpoint, Routes
from argosy.http.errors import error_response
from argosy.http.request_metrics import RequestMetrics


class BackgroundWork(Protocol):
    """What runs while a server answers."""

    def start(self) -> None:
        """Called before the first request is taken."""

    def stop(self) -> None:
        """Called after the last one was answered."""


def application(
    offered: Sequence[Routes],
    access: Access,
    metrics: RequestMetrics,
    seconds: float,
    background: Sequence[BackgroundWork] = (),
) -> Starlette:
    """Mounts the routes in this order; one request may take `seconds`. The background's last part is stopped first."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        for work in background:
            work.start()
        yield
        for work in reversed(background):
            work.stop()

    endpoints = [endpoint for routes in offered for endpoint in routes.endpoints]
    logging = [] if metrics.access_log is None else [Middleware(AccessLogging, metrics.access_log)]
    return Starlette(
        routes=[_route(endpoint, access, metrics, seconds) for endpoint in endpoints],
        middleware=[*logging, Middleware(_WithoutLastSlash)],
        exception_handlers={404: error_response, 405: error_response, 500: error_response},
        lifespan=lifespan,
    )


def _route(endpoint: Endpoint, access: Access, metrics: RequestMetrics, seconds: float) -> Route:
    handler, name, scope = endpoint.handler, endpoint.name, endpoint.scope
    tally = metrics.route(name)

    async def measured(request: Request) -> Response:
        started = perf_counter()
        try:
            request.scope[CALLER] = access.check(request.method, request.scope["headers"], scope)
            request.scope[DEADLINE], request.scope[DEADLINE_SECONDS] = started + seconds, seconds
            async with asyncio.timeout(seconds):
                response = await handler(request)
        except TimeoutError:
            slow = RequestTooSlow(f"it took longer than the limit of {seconds:g} s")
            response = error_response(request, slow, endpoint.errors)
        except Exception as error:  # noqa: BLE001 - the edge: everything becomes an answer
            response = error_response(request, error, endpoint.errors)
        tally.answered(response.status_code, perf_counter() - started)
        return response

    return Route(endpoint.path, measured, methods=[endpoint.method], name=name)


class _WithoutLastSlash:
    """`/v2/` is `/v2`: a redirection, Starlette's way, is followed by few clients."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/") and scope["path"] != "/":
            scope["path"] = scope["path"][:-1]
        await self._app(scope, receive, send)
