"""What whoever runs the server asks it: metrics, and the description of its routes."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from argosy.serving import metrics
from argosy.serving.rest import answers, openapi
from argosy.serving.rest.endpoint import Endpoint


class Operations:
    def __init__(self, counted: metrics.Metrics) -> None:
        self._metrics = counted
        self._document = b"{}"

    def describe(self, endpoints: Sequence[Endpoint]) -> None:
        """Take the table that this one is part of."""
        self._document = answers.encode(openapi.document(endpoints))

    async def metrics(self, _: Request) -> Response:
        return Response(self._metrics.text(), headers={"content-type": metrics.CONTENT_TYPE})

    async def openapi(self, _: Request) -> Response:
        return Response(self._document, media_type="application/json")
