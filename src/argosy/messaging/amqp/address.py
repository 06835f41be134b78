"""Where a RabbitMQ is: `amqp://USER:PASSWORD@HOST:PORT/VHOST?prefix=NAME`, `amqps://` for TLS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import pika

from argosy.errors import DefinitionInvalid

PREFIX: Final = "argosy"
HEARTBEAT_SECONDS: Final = 30
CONNECT_SECONDS: Final = 10
_PREFIX = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_HINT: Final = "write amqp://USER:PASSWORD@HOST:PORT/VHOST, other characters as %XX (the usual virtual host is %2F)"


@dataclass(frozen=True)
class Address:
    """What an URL says. `shown` has no password."""

    parameters: pika.connection.Parameters
    prefix: str
    """What the names of exchanges and queues begin with: projects that share a virtual host have one each."""
    shown: str


def parse_address(url: str) -> Address:
    """Raises DefinitionInvalid for what is no address of a RabbitMQ."""
    try:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        prefix = query.pop("prefix", PREFIX)
        parameters = pika.URLParameters(parts._replace(query=urlencode(query)).geturl())
    except (ValueError, TypeError, AttributeError):  # pika's words may have the password in them
        raise DefinitionInvalid(f"it is not the address of a RabbitMQ: {_HINT}", "broker") from None
    if parts.scheme not in ("amqp", "amqps") or not parts.hostname:
        raise DefinitionInvalid(f"it is not the address of a RabbitMQ: {_HINT}", "broker")
    if not _PREFIX.fullmatch(prefix):
        raise DefinitionInvalid(f"prefix={prefix}: lower-case letters, digits, '_' or '-', 40 at most", "broker")
    if "heartbeat" not in query:
        parameters.heartbeat = HEARTBEAT_SECONDS
    parameters.socket_timeout = parameters.stack_timeout = CONNECT_SECONDS
    parameters.client_properties = {"connection_name": "argosy"}
    return Address(parameters, prefix, _shown(parts.scheme, parameters))


def _shown(scheme: str, parameters: pika.connection.Parameters) -> str:
    user = parameters.credentials.username
    return f"{scheme}://{user}@{parameters.host}:{parameters.port}/{parameters.virtual_host.removeprefix('/')}"
