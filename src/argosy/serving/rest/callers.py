"""Who asks about whom, from a request's headers, or from parameters that its protocol has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from argosy.http.endpoint import CALLER, DEADLINE
from argosy.http.request_head import RequestHead
from argosy.serving.callers import NAMED, SCORES_HEADER, TRACE_HEADER, checked_identity, wants_scores


def caller_of(request: Request, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What an `InferRequest` says of who asks, and until when: parameters go before headers. Raises RequestInvalid.

    `token` is the name of the token that was shown, which nobody can say otherwise.
    """
    head = RequestHead.of(request.scope)
    token = request.scope[CALLER]
    return {
        **identities_in(parameters or {}, identities_of(head)),
        "token": "" if token is None else token.name,
        "deadline": request.scope[DEADLINE],
        "wants_scores": wants_scores(head.field(SCORES_HEADER)),
        "traceparent": head.field(TRACE_HEADER),
    }


def identities_of(head: RequestHead) -> dict[str, str | None]:
    """What the headers `argosy-…` say of who asks; raises RequestInvalid."""
    return {name: checked_identity(_utf8(head.field(f"argosy-{name}")) or None, name) for name in NAMED}


def identities_in(parameters: Mapping[str, Any], said: Mapping[str, str | None]) -> dict[str, str | None]:
    """The same with what parameters say, which go before headers; raises RequestInvalid."""
    return {
        name: said[name] if (value := parameters.get(name)) is None else checked_identity(value, name) for name in NAMED
    }


def _utf8(header: str) -> str:
    """Headers arrive as Latin-1; names outside of it are sent as UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header
