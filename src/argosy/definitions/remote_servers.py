"""The setting `remote_servers`: the servers that models of the kind `remote` may ask."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from argosy.errors import DefinitionInvalid

_PATH: Final = "remote_servers"
_PORTS: Final = {"http": 80, "https": 443}


class RemoteServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One server; where it requires a token, the environment variable that holds it."""

    url: Annotated[str, Meta(min_length=1)]
    token_env: str = ""

    def __post_init__(self) -> None:
        if origin_of(self.url) is None or urlsplit(self.url).path.strip("/"):
            raise DefinitionInvalid("it is not a server's address: write https://HOST:PORT", f"{_PATH}.url")


def origin_of(url: str) -> str | None:
    """`scheme://host:port` of an address, with the port that it has by default; None where it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    is_sound = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc
    if not is_sound or parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"
