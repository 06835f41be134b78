"""Who may ask: callers with a token for the route's scope, under the server's own names, and no other site's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from argosy.errors import NotPermitted, TokenMissing
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

    def allows(self, fields: Sequence[tuple[bytes, bytes]], scope: str) -> bool:
        """Whether a caller with these header fields may ask what needs that scope."""
        shown = next((value for name, value in fields if name == b"authorization"), b"")
        try:
            self.authentication.check(shown.decode("latin-1"), scope)
        except (TokenMissing, NotPermitted):
            return False
        return True

    def check(self, method: str, fields: Sequence[tuple[bytes, bytes]], scope: str) -> Token | None:
        """The caller's token, None where none is asked for. Names of header fields are in lower case.

        Raises HostNotServed, CrossSiteRequest, TokenMissing, NotPermitted.
        """
        is_open = not self.authentication.is_closed
        self.sites.check(method, fields, is_open=is_open)
        shown = next((value for name, value in fields if name == b"authorization"), b"")
        return self.authentication.check(shown.decode("latin-1"), scope)
