"""Who asks about whom, from a request's headers, or from parameters that its protocol has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from argosy.http.endpoint import CALLER, DEADLINE
from argosy.serving.callers import NAMED, SCORES_HEADER, checked_identity, wants_scores


def caller_of(request: Request, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What an `InferRequest` says of who asks, and until when: parameters go before the headers `argosy-…`.

    `token` is the name of the token that was shown, which nobody can say otherwise.
    """
    found: dict[str, Any] = {name: _identity(request, parameters or {}, name) for name in NAMED}
    token = request.scope[CALLER]
    found["token"] = "" if token is None else token.name
    found["deadline"] = request.scope[DEADLINE]
    found["wants_scores"] = wants_scores(request.headers.get(SCORES_HEADER, ""))
    return found


def _identity(request: Request, parameters: Mapping[str, Any], name: str) -> str | None:
    value = parameters.get(name)
    if value is None:
        header = request.headers.get(f"argosy-{name}")
        value = None if header is None else _utf8(header)
    return checked_identity(value, name)


def _utf8(header: str) -> str:
    """Headers arrive as Latin-1; names outside of it are sent as UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header
