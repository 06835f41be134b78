"""`POST /admin/reload`: the answer says which settings were applied, by all processes of the server."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from argosy.http.endpoint import Endpoint, Routes
from argosy.http.responses import json_response
from argosy.http.schemas import ANYTHING, STRING, array_schema, object_schema
from argosy.serving.reloading import RELOAD, RELOAD_SECONDS, Reloading
from argosy.siblings.siblings import Siblings
from argosy.vault.tokens import ADMIN


def reload_routes(reloading: Reloading, siblings: Siblings) -> Routes:
    async def reload_here(_: Any) -> dict[str, Any]:
        return (await asyncio.to_thread(reloading.reload)).to_dict()

    async def answer(_: Request) -> Response:
        return json_response(await siblings.ask(RELOAD, seconds=RELOAD_SECONDS))

    siblings.answer_to(RELOAD, reload_here)
    endpoint = Endpoint(
        "POST", "/admin/reload", "reload", answer, "Apply changed settings.", "ReloadedSettings", scope=ADMIN
    )
    change = object_schema({"setting": STRING, "old": ANYTHING, "new": ANYTHING})
    schema = object_schema({"applied": array_schema(change), "other_processes": array_schema(STRING)})
    return Routes([endpoint], {"ReloadedSettings": schema}, places={"reload": "POST /admin/reload"})
