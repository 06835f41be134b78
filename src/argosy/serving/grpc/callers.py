"""Who asks about whom, from a call's metadata, or from parameters that its message has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from argosy.serving.callers import NAMED, SCORES_HEADER, TRACE_HEADER, checked_identity, wants_scores
from argosy.serving.grpc.calls import GrpcCall


def caller_in_call(call: GrpcCall, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What an `InferRequest` says of who asks, and until when: parameters go before the metadata `argosy-…`."""
    found: dict[str, Any] = {
        name: checked_identity(parameters.get(name, call.metadata.get(f"argosy-{name}")), name) for name in NAMED
    }
    found["token"] = "" if call.token is None else call.token.name
    found["deadline"] = call.deadline
    found["wants_scores"] = wants_scores(call.metadata.get(SCORES_HEADER, ""))
    found["traceparent"] = call.metadata.get(TRACE_HEADER, "")
    return found
