"""The ASGI application: routes, errors as statuses, requests counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from argosy.serving.metrics import Metrics
from argosy.serving.rest.endpoint import Endpoint
from argosy.serving.rest.statuses import answer_error


def application(
    endpoints: Sequence[Endpoint], metrics: Metrics, start: Callable[[], None], stop: Callable[[], None]
) -> Starlette:
    """`start` runs before the first request is taken, `stop` after the last was answered."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        start()
        yield
        stop()

    return Starlette(
        routes=[_route(endpoint, metrics) for endpoint in endpoints],
        exception_handlers={404: answer_error, 405: answer_error, 500: answer_error},
        lifespan=lifespan,
    )


def _route(endpoint: Endpoint, metrics: Metrics) -> Route:
    handler, name, seconds = endpoint.handler, endpoint.name, metrics.request_seconds(endpoint.name)

    async def counted(request: Request) -> Response:
        started = perf_counter()
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - the edge: everything becomes an answer
            response = answer_error(request, error)
        seconds.observe(perf_counter() - started)
        metrics.requests(name, response.status_code).inc()
        return response

    return Route(endpoint.path, counted, methods=[endpoint.method], name=name)
