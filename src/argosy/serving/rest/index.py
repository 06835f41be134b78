"""What there is to ask: the server's front page, and its models."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from argosy.serving.aspired import DEFAULT_ALIAS
from argosy.serving.dataplane import DataPlane
from argosy.serving.rest.answers import answer_json
from argosy.serving.routes import ModelRoutes
from argosy.serving.servable import State
from argosy.version import __version__

PLACES: Final = {
    "models": "GET /v2/models",
    "ask": "POST /v2/models/MODEL/infer, or POST /v1/models/MODEL:predict",
    "feedback": "POST /feedback",
    "ready": "GET /v2/health/ready",
    "metrics": "GET /metrics",
    "document": "GET /openapi.json",
}


class Index:
    def __init__(self, dataplane: DataPlane) -> None:
        self._dataplane = dataplane

    async def home(self, _: Request) -> Response:
        return answer_json({"name": "argosy", "version": __version__, "places": PLACES})

    async def models(self, _: Request) -> Response:
        """Every model, what of it can answer, and which version does where none is named."""
        models = self._dataplane.manager.routes.models
        return answer_json({"models": [_entry(name, models[name]) for name in sorted(models)]})


def _entry(name: str, model: ModelRoutes) -> dict[str, Any]:
    default = None if model.default is None else str(model.default)
    champion = model.aliases.get(DEFAULT_ALIAS)
    return {
        "name": name,
        "versions": [str(one) for one in sorted(model.versions) if model.versions[one].state is State.AVAILABLE],
        "aliases": {alias: str(number) for alias, number in sorted(model.aliases.items())},
        "default": default,
        "default_is": None if default is None else DEFAULT_ALIAS if champion == model.default else "newest",
    }
