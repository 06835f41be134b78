"""The setting `webhooks`: where notifications are sent over HTTP."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

import msgspec
from msgspec import Meta

from argosy.definitions.events import check_events
from argosy.errors import DefinitionInvalid

_PATH: Final = "webhooks"
_HINT: Final = "write https://HOST/PATH, other characters as %XX, and no password"


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One receiver."""

    url: Annotated[str, Meta(min_length=1)]
    secret_env: Annotated[str, Meta(min_length=1)]
    """The environment variable with the secret that signs what is sent."""
    events: list[str] = []
    """Empty: all of them."""

    def __post_init__(self) -> None:
        self.address()
        check_events(self.events, f"{_PATH}.events")

    def address(self) -> SplitResult:
        """The parts of the URL; raises DefinitionInvalid, without what may be secret in it."""
        try:
            parts = urlsplit(self.url)
            is_well = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_well = False
        if (
            not is_well
            or "@" in parts.netloc
            or not self.url.isascii()
            or not self.url.isprintable()
            or " " in self.url
        ):
            raise DefinitionInvalid(f"an url is not one that notifications can be sent to: {_HINT}", f"{_PATH}.url")
        return parts


def check_webhooks(webhooks: list[WebhookSettings]) -> None:
    """Raises DefinitionInvalid where two have one URL: they would share what is sent there."""
    if len({one.url for one in webhooks}) < len(webhooks):
        raise DefinitionInvalid("two have the same url: write one, with the events of both", _PATH)
