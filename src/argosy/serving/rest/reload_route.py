"""`POST /admin/reload`: the answer says which settings were applied."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from argosy.http.endpoint import Endpoint, Routes
from argosy.http.responses import json_response
from argosy.http.schemas import ANYTHING, STRING, array_schema, object_schema
from argosy.serving.reloading import Reloading
from argosy.vault.tokens import ADMIN


def reload_routes(reloading: Reloading) -> Routes:
    async def answer(_: Request) -> Response:
        found = await asyncio.to_thread(reloading.reload)
        applied = [{"setting": one.setting, "old": one.old, "new": one.new} for one in found.applied]
        return json_response({"applied": applied, "other_processes": [one.setting for one in found.elsewhere]})

    endpoint = Endpoint(
        "POST", "/admin/reload", "reload", answer, "Apply changed settings.", "ReloadedSettings", scope=ADMIN
    )
    change = object_schema({"setting": STRING, "old": ANYTHING, "new": ANYTHING})
    schema = object_schema({"applied": array_schema(change), "other_processes": array_schema(STRING)})
    return Routes([endpoint], {"ReloadedSettings": schema}, places={"reload": "POST /admin/reload"})
