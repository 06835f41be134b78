"""What every server answers: its front page, its metrics, and the description of its routes, to programs and to people.

Anyone may read these. What is loaded is described to callers who may ask it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from argosy.http import openapi, pages
from argosy.http.access import Access
from argosy.http.collected_metrics import METRICS, Family, families_of, metrics_text
from argosy.http.endpoint import HTML, TEXT, DocumentPart, Endpoint, Routes, check_routes_distinct
from argosy.http.request_metrics import CONTENT_TYPE, RequestMetrics
from argosy.http.responses import json_response
from argosy.http.schemas import FIELDS, STRING, object_schema
from argosy.siblings.siblings import Siblings
from argosy.vault.tokens import ADMIN
from argosy.version import __version__

PLACES = {"metrics": "GET /metrics", "document": "GET /openapi.json", "docs": "GET /docs"}
SCHEMAS = {
    "Document": FIELDS,
    "Home": object_schema(
        {
            "name": STRING,
            "version": STRING,
            "status": STRING,
            "places": {"type": "object", "additionalProperties": STRING},
        }
    ),
}


def with_server_routes(
    offered: Sequence[Routes], access: Access, metrics: RequestMetrics, siblings: Siblings | None = None
) -> list[Routes]:
    """The routes with those that describe them all; raises ValueError where two have the same name or path."""
    own_routes = _ServerRoutes(access, metrics, siblings or Siblings())
    own = Routes(
        [
            Endpoint("GET", "/metrics", "metrics", own_routes.metrics, "For Prometheus.", TEXT, scope=ADMIN),
            Endpoint("GET", "/openapi.json", "openapi", own_routes.openapi, "This document.", "Document"),
            Endpoint("GET", "/docs", "docs", own_routes.docs, "This document as a page.", HTML),
            Endpoint("GET", "/", "home", own_routes.home, "Where things are.", "Home"),
        ],
        SCHEMAS,
        places=PLACES,
    )
    check_routes_distinct([*offered, own])
    own_routes.describe([*offered, own])
    return [*offered, own]


class _ServerRoutes:
    def __init__(self, access: Access, metrics: RequestMetrics, siblings: Siblings) -> None:
        self._access, self._metrics, self._siblings = access, metrics, siblings
        siblings.answer_to(METRICS, self._own_metrics)
        self._offered: Sequence[Routes] = ()
        self._document: dict[str, Any] = {}
        self._places: dict[str, str] = {}

    def describe(self, offered: Sequence[Routes]) -> None:
        self._offered, self._document = offered, openapi.document(offered)
        self._places = {name: place for routes in offered for name, place in routes.places.items()}

    async def home(self, request: Request) -> Response:
        """A page for a browser, JSON for everybody else."""
        if "text/html" in request.headers.get("accept", ""):
            entries = {name: text for part in self._parts(request) for name, text in part.entries.items()}
            return _page(await asyncio.to_thread(pages.front_page, self._places, entries))
        return json_response({"name": "argosy", "version": __version__, "status": "alive", "places": self._places})

    async def metrics(self, _: Request) -> Response:
        """Those of all processes."""
        families = await self._siblings.ask(METRICS)
        return Response(metrics_text(families), headers={"content-type": CONTENT_TYPE})

    async def openapi(self, request: Request) -> Response:
        return json_response(openapi.with_parts(self._document, self._parts(request)))

    async def docs(self, request: Request) -> Response:
        whole = openapi.with_parts(self._document, self._parts(request))
        return _page(await asyncio.to_thread(pages.document_page, whole))

    async def _own_metrics(self, _: Any) -> list[Family]:
        return families_of(self._metrics.registry)

    def _parts(self, request: Request) -> list[DocumentPart]:
        fields = request.scope["headers"]
        return [one.describe() for one in self._offered if self._access.allows(fields, one.describe_scope)]


def _page(html: str) -> Response:
    headers = {"content-security-policy": pages.content_policy(), "vary": "accept"}
    return Response(html, headers=headers, media_type="text/html")
