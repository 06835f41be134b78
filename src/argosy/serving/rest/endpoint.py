"""One route: what the application needs to serve it, and the document to describe it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[Request], Awaitable[Response]]
CALLER = "argosy.caller"
"""Where a request's scope has the token that it was let in with; None on a server that asks for none."""


@dataclass(frozen=True)
class Endpoint:
    """`name` is its operation id and its label in the metrics; `takes` and `gives` name schemas of the document."""

    method: str
    path: str
    name: str
    handler: Handler
    summary: str
    gives: str
    takes: str = ""
    scope: str = ""
    """What a token must open for it; empty: open to all."""

    @property
    def tag(self) -> str:
        return {"/v1/": "tensorflow", "/v2/": "v2"}.get(f"{self.path}/"[:4], "argosy")
