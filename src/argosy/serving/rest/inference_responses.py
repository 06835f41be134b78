"""JSON answers that carry prediction ids."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from argosy.http.responses import json_response
from argosy.serving.answer_headers import prediction_headers
from argosy.serving.requests import InferResponse


def inference_response(value: dict[str, Any], response: InferResponse) -> Response:
    return json_response(value, headers=prediction_headers(response))
