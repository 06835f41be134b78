"""Who may ask: callers with a token for the route's scope, under the server's own names, and no other site's page."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from argosy.http.authentication import Authentication
from argosy.http.sites import Sites
from argosy.vault.tokens import Token


@dataclass(frozen=True)
class Access:
    authentication: Authentication
    sites: Sites

    def open_to(self, host: str) -> None:
        """Prepare for anyone who reaches that address; raises TokenMissing where others could and none has a token."""
        self.authentication.open_to(host)
        self.sites.add(host)

    def check(self, request: Request, scope: str) -> Token | None:
        """The caller's token, None where none is asked for.

        Raises HostNotServed, CrossSiteRequest, TokenMissing, NotPermitted.
        """
        is_open = not self.authentication.is_closed
        self.sites.check(request.method, request.scope["headers"], is_open=is_open)
        return self.authentication.check(request.headers.get("authorization", ""), scope)
