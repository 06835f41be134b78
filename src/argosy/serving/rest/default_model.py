"""Which model answers on routes whose paths name none: MLflow's `/invocations`, and `/classify`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

from argosy.errors import RequestInvalid
from argosy.serving.manager import Manager
from argosy.typed_values import abridged_list

MODEL_HEADER: Final = "argosy-model"
MODEL_PARAMETER: Final = "model"


class DefaultModel:
    """`setting` is the project's, `NAME` or `NAME@VERSION`; empty where it has none."""

    def __init__(self, manager: Manager, setting: str) -> None:
        self._manager, self._setting = manager, setting

    def asked(self, request: Request) -> tuple[str, str | None]:
        """The model's name, and the version or alias; raises RequestInvalid where it cannot be known."""
        said = request.query_params.get(MODEL_PARAMETER) or request.headers.get(MODEL_HEADER, "")
        return chosen_model(said, self._setting, sorted(self._manager.routing.models))


def chosen_model(said: str, setting: str, served: Sequence[str]) -> tuple[str, str | None]:
    """What the request says, else what the setting says, else the only model that is served. Pure."""
    name = said or setting
    if name:
        model, _, version = name.partition("@")
        return model, version or None
    if len(served) == 1:
        return served[0], None
    there = abridged_list(served) if served else "none yet"
    raise RequestInvalid(
        f"which model? Send ?{MODEL_PARAMETER}=NAME or the header {MODEL_HEADER}, or set server.default_model in "
        f"argosy.yaml; served are: {there}"
    )
