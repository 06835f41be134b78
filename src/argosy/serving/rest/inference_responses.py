"""JSON answers that carry prediction ids."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from argosy.http.responses import json_response
from argosy.serving.requests import InferResponse

PREDICTION_HEADER = "argosy-prediction-id"
VERSION_HEADER = "argosy-model-version"
HEADER_IDS_MAX = 20  # servers in between refuse headers beyond 8 KB; the body always has every id


def prediction_headers(response: InferResponse) -> dict[str, str]:
    """The ids, comma-separated, of up to HEADER_IDS_MAX rows; and the version that answered."""
    ids = response.prediction_ids[:HEADER_IDS_MAX]
    return {PREDICTION_HEADER: ",".join(ids), VERSION_HEADER: str(response.version)}


def inference_response(value: dict[str, Any], response: InferResponse) -> Response:
    return json_response(value, headers=prediction_headers(response))
