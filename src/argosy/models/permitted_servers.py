"""Which other servers this process may call. Apart from the calls, which every command would import."""

from __future__ import annotations

from collections.abc import Mapping

_permitted: dict[str, str] = {}
"""The origin of a server to the environment variable with its token, or nothing."""


def permit_servers(servers: Mapping[str, str]) -> None:
    """Let this process call these servers too."""
    _permitted.update(servers)


def is_permitted(origin: str) -> bool:
    return origin in _permitted


def token_variable(origin: str) -> str:
    """The environment variable with the token of a permitted server; empty where it asks for none."""
    return _permitted[origin]
