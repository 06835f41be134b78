"""JSON answers that carry prediction ids."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from argosy.serving.dataplane import InferResponse

PREDICTION_HEADER = "argosy-prediction-id"
VERSION_HEADER = "argosy-model-version"
HEADER_IDS_MAX = 20  # servers in between refuse headers beyond 8 KB; the body always has every id


def encode(value: object) -> bytes:
    """JSON; an array's numbers as they are."""
    return msgspec.json.encode(value)


def answer_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(encode(value), status, headers, "application/json")


def prediction_headers(response: InferResponse) -> dict[str, str]:
    """The ids, comma-separated, of up to HEADER_IDS_MAX rows; and the version that answered."""
    ids = response.prediction_ids[:HEADER_IDS_MAX]
    return {PREDICTION_HEADER: ",".join(ids), VERSION_HEADER: str(response.version)}


def answer_inference(value: dict[str, Any], response: InferResponse) -> Response:
    return answer_json(value, headers=prediction_headers(response))
