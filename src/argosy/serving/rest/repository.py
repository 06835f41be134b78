"""Triton's extensions of V2: the model repository (index, load, unload) and statistics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from argosy.errors import ModelNotReady, RequestInvalid, RequestTooSlow, VersionNotFound
from argosy.http.bodies import BINARY_TYPES, parse_json, read_body
from argosy.http.endpoint import DEADLINE
from argosy.http.request_limits import RequestLimits
from argosy.http.responses import json_response
from argosy.serving.dataplane import DataPlane
from argosy.serving.model_control import ModelControl
from argosy.serving.routing import ModelRouting
from argosy.serving.servable import Servable, ServableState
from argosy.typed_values import abridged

UNLOADED: Final = "unloaded by request: POST …/load serves it again"
POLL_SECONDS: Final = 0.01
STATES: Final = {
    ServableState.AVAILABLE: "READY",
    ServableState.LOADING: "LOADING",
    ServableState.START: "LOADING",
    ServableState.UNLOADING: "UNLOADING",
}
"""Triton's words; the other states are UNAVAILABLE."""
REFUSED: Final = ("config", "file:")
"""Parameters of a load that would replace what is stored."""


class RepositoryProtocol:
    def __init__(self, dataplane: DataPlane, control: ModelControl, limits: RequestLimits) -> None:
        self._dataplane, self._control, self._limits = dataplane, control, limits

    async def index(self, request: Request) -> Response:
        """Every version that is to be served, also of models that were unloaded."""
        is_ready = (await self._body(request)).get("ready", False)
        if not isinstance(is_ready, bool):
            raise RequestInvalid("ready must be true or false")
        rows = [row for name in sorted(self._names()) for row in self._rows(name)]
        return json_response([row for row in rows if row["state"] == "READY" or not is_ready])

    async def load(self, request: Request) -> Response:
        """Returns once a version answers; raises ModelNotFound, ModelNotReady with the reason, RequestTooSlow."""
        parameters = (await self._body(request)).get("parameters")
        if not isinstance(parameters, dict | None) or any(name.startswith(REFUSED) for name in parameters or ()):
            raise RequestInvalid("a load serves what the store has: leave out parameters")
        name = request.path_params["model"]
        wanted = self._control.load(name).versions

        def is_done(model: ModelRouting) -> bool:
            states = {number: one.state for number, one in model.versions.items()}
            done = (ServableState.AVAILABLE, ServableState.FAILED)
            return bool(wanted) and all(states.get(number) in done for number in wanted)

        await self._until(request, name, is_done)
        model = self._model(name)
        if not any(one.state is ServableState.AVAILABLE for one in model.versions.values()):
            reasons = "; ".join(f"version {one.version}: {one.error}" for one in model.versions.values() if one.error)
            raise ModelNotReady(f"'{abridged(name)}' failed to load: {reasons}")
        return json_response({})

    async def unload(self, request: Request) -> Response:
        """Returns once no new request reaches it; those that are being answered still get their answers."""
        await self._body(request)
        name = request.path_params["model"]
        self._control.unload(name)
        await self._until(request, name, _is_out_of_reach)
        return json_response({})

    async def statistics(self, request: Request) -> Response:
        """Of a version, of all versions of a model, or of all models."""
        name, version = request.path_params.get("model"), request.path_params.get("version")
        models = self._dataplane.manager.routing.models
        if name is None:
            return json_response({"model_stats": [one for each in sorted(models) for one in _counted(models[each])]})
        model = self._dataplane.manager.routing.model(name)
        found = _counted(model, None if version is None else str(model.aliases.get(version, version)))
        if version is not None and not found:
            raise VersionNotFound(f"'{abridged(name)}' has no loaded version '{abridged(version)}'")
        return json_response({"model_stats": found})

    async def _body(self, request: Request) -> dict[str, Any]:
        """Triton's client sends an empty one for an empty object."""
        data = await read_body(request, self._limits.body_bytes, BINARY_TYPES)
        return parse_json(data) if data.strip() else {}

    async def _until(self, request: Request, name: str, is_done: Callable[[ModelRouting], bool]) -> None:
        while not is_done(self._model(name)):
            if perf_counter() > request.scope[DEADLINE] - POLL_SECONDS:
                raise RequestTooSlow(f"'{abridged(name)}' is not done yet: POST /v2/repository/index shows its state")
            await asyncio.sleep(POLL_SECONDS)

    def _model(self, name: str) -> ModelRouting:
        return self._dataplane.manager.routing.models.get(name, ModelRouting({}))

    def _names(self) -> set[str]:
        return {*self._control.offered, *self._dataplane.manager.routing.models}

    def _rows(self, name: str) -> list[dict[str, str]]:
        loaded, offered = self._model(name).versions, self._control.offered.get(name)
        numbers = sorted({*loaded, *(offered.versions if offered else ())})
        reason = UNLOADED if self._control.is_unloaded(name) else ""
        return [_row(name, number, loaded.get(number), reason) for number in numbers]


def _row(name: str, number: int, servable: Servable | None, reason: str) -> dict[str, str]:
    state = "UNAVAILABLE" if servable is None else STATES.get(servable.state, "UNAVAILABLE")
    said = "" if state == "READY" else reason or ("" if servable is None else servable.error)
    return {"name": name, "version": str(number), "state": state, "reason": said}


def _is_out_of_reach(model: ModelRouting) -> bool:
    reachable = (ServableState.AVAILABLE, ServableState.LOADING)
    return not any(one.state in reachable for one in model.versions.values())


def _counted(model: ModelRouting, version: str | None = None) -> list[dict[str, Any]]:
    return [
        {"name": one.model, "version": str(number), **one.statistics.counted()}
        for number, one in sorted(model.versions.items())
        if one.state is ServableState.AVAILABLE and version in (None, str(number))
    ]
