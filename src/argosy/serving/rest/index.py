"""Which models there are to ask."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from argosy.http.responses import json_response
from argosy.serving.aspired_versions import DEFAULT_ALIAS
from argosy.serving.dataplane import DataPlane
from argosy.serving.routing import ModelRouting
from argosy.serving.servable import ServableState


class ModelIndex:
    def __init__(self, dataplane: DataPlane) -> None:
        self._dataplane = dataplane

    async def models(self, _: Request) -> Response:
        """Every model and service, what of it can answer, and which version does where none is named."""
        return json_response(
            {"models": [_entry(name, self._dataplane.model(name)) for name in self._dataplane.names()]}
        )

    async def names(self, _: Request) -> Response:
        """The names alone, as KServe's V1 has them."""
        return json_response({"models": self._dataplane.names()})


def _entry(name: str, model: ModelRouting) -> dict[str, Any]:
    default = None if model.default is None else str(model.default)
    champion = model.aliases.get(DEFAULT_ALIAS)
    return {
        "name": name,
        "versions": [
            str(one) for one in sorted(model.versions) if model.versions[one].state is ServableState.AVAILABLE
        ],
        "aliases": {alias: str(number) for alias, number in sorted(model.aliases.items())},
        "default": default,
        "default_is": None if default is None else DEFAULT_ALIAS if champion == model.default else "newest",
    }
