"""What every server answers: its front page, its metrics, and the description of its routes."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from argosy.http import openapi
from argosy.http.endpoint import TEXT, Endpoint, Routes, check_routes_distinct
from argosy.http.request_metrics import CONTENT_TYPE, RequestMetrics
from argosy.http.responses import json_response, to_json
from argosy.http.schemas import FIELDS, STRING, object_schema
from argosy.vault.tokens import ADMIN
from argosy.version import __version__

PLACES = {"metrics": "GET /metrics", "document": "GET /openapi.json"}
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


def with_server_routes(offered: Sequence[Routes], metrics: RequestMetrics) -> list[Routes]:
    """The routes with those that describe them all; raises ValueError where two have the same name or path."""
    own_routes = _ServerRoutes(metrics)
    own = Routes(
        [
            Endpoint("GET", "/metrics", "metrics", own_routes.metrics, "For Prometheus.", TEXT, scope=ADMIN),
            Endpoint("GET", "/openapi.json", "openapi", own_routes.openapi, "This document.", "Document"),
            Endpoint("GET", "/", "home", own_routes.home, "Where things are.", "Home"),
        ],
        SCHEMAS,
        places=PLACES,
    )
    check_routes_distinct([*offered, own])
    own_routes.describe([*offered, own])
    return [*offered, own]


class _ServerRoutes:
    def __init__(self, metrics: RequestMetrics) -> None:
        self._metrics = metrics
        self._document = b"{}"
        self._places: dict[str, str] = {}

    def describe(self, offered: Sequence[Routes]) -> None:
        self._document = to_json(openapi.document(offered))
        self._places = {name: place for routes in offered for name, place in routes.places.items()}

    async def home(self, _: Request) -> Response:
        return json_response({"name": "argosy", "version": __version__, "status": "alive", "places": self._places})

    async def metrics(self, _: Request) -> Response:
        return Response(self._metrics.text(), headers={"content-type": CONTENT_TYPE})

    async def openapi(self, _: Request) -> Response:
        return Response(self._document, media_type="application/json")
