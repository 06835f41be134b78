"""Who asks about whom, as the caller says: the same rule over every protocol. Pure."""

from __future__ import annotations

from typing import Any, Final

from argosy.errors import RequestInvalid
from argosy.identities import identity_of

NAMED: Final = ("client", "subject", "entity")
IDENTITY_CHARACTERS: Final = 1000
SCORES_HEADER: Final = "argosy-scores"
"""Asks for the model's own scores too, over any protocol."""
TRACE_HEADER: Final = "traceparent"
"""W3C's: the span of the caller that this request is a part of."""


def checked_identity(value: Any, name: str) -> str | None:
    """A client, a subject or an entity; None where there is none. Raises RequestInvalid."""
    try:
        found = identity_of(value, name)
    except ValueError as problem:
        raise RequestInvalid(str(problem)) from None
    if found is not None and len(found) > IDENTITY_CHARACTERS:
        raise RequestInvalid(f"{name} must be text of at most {IDENTITY_CHARACTERS} characters")
    return found


def wants_scores(header: str) -> bool:
    """What the header `argosy-scores` says, which is empty where there is none."""
    return header.lower() in ("true", "1")
