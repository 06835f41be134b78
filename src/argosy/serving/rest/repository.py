"""Triton's extensions of V2: the model repository (index, load, unload) and statistics."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from argosy.errors import RequestInvalid
from argosy.http.bodies import BINARY_TYPES, parse_json, read_body
from argosy.http.endpoint import DEADLINE
from argosy.http.request_limits import RequestLimits
from argosy.http.responses import json_response
from argosy.serving.repository import ModelRepository


class RepositoryProtocol:
    def __init__(self, repository: ModelRepository, limits: RequestLimits) -> None:
        self._repository, self._limits = repository, limits

    async def index(self, request: Request) -> Response:
        is_ready = (await self._body(request)).get("ready", False)
        if not isinstance(is_ready, bool):
            raise RequestInvalid("ready must be true or false")
        return json_response(await self._repository.index(is_ready))

    async def load(self, request: Request) -> Response:
        parameters = (await self._body(request)).get("parameters")
        if not isinstance(parameters, dict | None):
            raise RequestInvalid("a load serves what the store has: leave out parameters")
        await self._repository.load(request.path_params["model"], parameters or (), request.scope[DEADLINE])
        return json_response({})

    async def unload(self, request: Request) -> Response:
        await self._body(request)
        await self._repository.unload(request.path_params["model"], request.scope[DEADLINE])
        return json_response({})

    async def statistics(self, request: Request) -> Response:
        asked = request.path_params.get("model"), request.path_params.get("version")
        return json_response({"model_stats": await self._repository.statistics(*asked)})

    async def _body(self, request: Request) -> dict[str, Any]:
        """Triton's client sends an empty one for an empty object."""
        data = await read_body(request, self._limits.body_bytes, BINARY_TYPES)
        return parse_json(data) if data.strip() else {}
