"""The ASGI application: routes, errors as statuses, requests counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from argosy.errors import RequestTooSlow
from argosy.serving.guard import Guard
from argosy.serving.metrics import Metrics
from argosy.serving.rest.endpoint import CALLER, Endpoint
from argosy.serving.rest.statuses import answer_error


def application(
    endpoints: Sequence[Endpoint],
    metrics: Metrics,
    guard: Guard,
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
        routes=[_route(endpoint, metrics, guard, seconds) for endpoint in endpoints],
        exception_handlers={404: answer_error, 405: answer_error, 500: answer_error},
        lifespan=lifespan,
    )


def _route(endpoint: Endpoint, metrics: Metrics, guard: Guard, seconds: float) -> Route:
    handler, name, scope = endpoint.handler, endpoint.name, endpoint.scope
    observe = metrics.request_seconds(name).observe

    async def counted(request: Request) -> Response:
        started = perf_counter()
        try:
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
