"""The ASGI application: the routes that packages offer, each behind authentication, a limit of time and metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from argosy.errors import RequestInvalid, RequestTooSlow
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
        exception_handlers={404: error_response, 405: _other_method(endpoints), 500: error_response},
        lifespan=lifespan,
    )


def _route(endpoint: Endpoint, access: Access, metrics: RequestMetrics, seconds: float) -> Route:
    handler, name, scope = endpoint.handler, endpoint.name, endpoint.scope
    tally = metrics.route(name)

    async def measured(request: Request) -> Response:
        started = perf_counter()
        try:
            _check_place(request.scope)
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


def _check_place(scope: Scope) -> None:
    """Raises RequestInvalid where the path or its query has a character that a database may refuse to look for."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        raise RequestInvalid("the path, or its query, has a NUL character")


def _other_method(endpoints: Sequence[Endpoint]) -> Callable[[Request, Exception], Response]:
    """Answers a request to a path that is there for other methods, in the form of the first of its endpoints."""
    patterns = [(compile_path(endpoint.path)[0], endpoint) for endpoint in endpoints]

    def refused(request: Request, error: Exception) -> Response:
        found = next((one for path, one in patterns if path.match(request.scope["path"])), None)
        if found is None:
            return error_response(request, error)
        methods = {one.method for one in endpoints if one.path == found.path}
        there = ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
        said = HTTPException(405, f"this path takes {there}, not {request.method}", {"Allow": there})
        return error_response(request, said, found.errors)

    return refused


class _WithoutLastSlash:
    """`/v2/` is `/v2`: a redirection, Starlette's way, is followed by few clients."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/") and scope["path"] != "/":
            scope["path"] = scope["path"][:-1]
        await self._app(scope, receive, send)
