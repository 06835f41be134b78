"""JSON responses."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

to_json = msgspec.json.Encoder().encode
"""JSON's bytes."""


def json_response(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(to_json(value), status, headers, "application/json")
