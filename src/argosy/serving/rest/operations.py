"""What whoever runs the server asks it: metrics, and the description of its routes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from argosy.serving import metrics


class Operations:
    def __init__(self, counted: metrics.Metrics) -> None:
        self._metrics = counted
        self.document = b"{}"
        """Set once every endpoint is known."""

    async def metrics(self, _: Request) -> Response:
        return Response(self._metrics.text(), headers={"content-type": metrics.CONTENT_TYPE})

    async def openapi(self, _: Request) -> Response:
        return Response(self.document, media_type="application/json")
