"""What an answer says beside its body, over every protocol: HTTP's header fields, gRPC's trailing metadata. Pure."""

from __future__ import annotations

from typing import Final

from argosy.serving.requests import InferResponse

PREDICTION_HEADER: Final = "argosy-prediction-id"
VERSION_HEADER: Final = "argosy-model-version"
HEADER_IDS_MAX: Final = 20  # servers in between refuse headers beyond 8 KB; the body always has every id


def prediction_headers(response: InferResponse) -> dict[str, str]:
    """The ids, comma-separated, of up to HEADER_IDS_MAX rows; and the version that answered."""
    ids = response.prediction_ids[:HEADER_IDS_MAX]
    return {PREDICTION_HEADER: ",".join(ids), VERSION_HEADER: str(response.version)}
