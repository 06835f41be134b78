"""The ASGI application: routes, errors as statuses, requests counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from argosy.errors import RequestTooSlow
from argosy.http.sites import Sites
from argosy.serving.guard import Guard
from argosy.serving.metrics import Metrics
from argosy.serving.rest.endpoint import CALLER, Endpoint
from argosy.serving.rest.statuses import answer_error


def application(
    endpoints: Sequence[Endpoint],
    metrics: Metrics,
    guard: Guard,
    sites: Sites,
    seconds: float,
    start: Callable[[], None],
    stop: Callable[[], None],
) -> Starlette:
    """`start` runs before the first request is taken, `stop` after the last was answered; one may take `seconds`."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        start()
        yield
        stop()

    return Starlette(
        routes=[_route(endpoint, metrics, guard, sites, seconds) for endpoint in endpoints],
        middleware=[Middleware(_WithoutLastSlash)],
        exception_handlers={404: answer_error, 405: answer_error, 500: answer_error},
        lifespan=lifespan,
    )


def _route(endpoint: Endpoint, metrics: Metrics, guard: Guard, sites: Sites, seconds: float) -> Route:
    handler, name, scope = endpoint.handler, endpoint.name, endpoint.scope
    observe = metrics.request_seconds(name).observe

    async def counted(request: Request) -> Response:
        started = perf_counter()
        try:
            sites.check(request.method, request.scope["headers"], is_open=not guard.is_closed)
            request.scope[CALLER] = guard.check(request.headers.get("authorization", ""), scope)
            async with asyncio.timeout(seconds):
                response = await handler(request)
        except TimeoutError:
            response = answer_error(request, RequestTooSlow(f"it took longer than the limit of {seconds:g} s"))
        except Exception as error:  # noqa: BLE001 - the edge: everything becomes an answer
            response = answer_error(request, error)
        observe(perf_counter() - started)
        metrics.requests(name, response.status_code).inc()
        return response

    return Route(endpoint.path, counted, methods=[endpoint.method], name=name)


class _WithoutLastSlash:
    """`/v2/` is `/v2`: a redirection, Starlette's way, is followed by few clients."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/") and scope["path"] != "/":
            scope["path"] = scope["path"][:-1]
        await self._app(scope, receive, send)
