"""Which hosts a server answers for, and which pages may have a browser ask it. Pure.

A page that somebody opens can ask servers that only their own machine reaches, in two ways:

- DNS rebinding: the page's own name is made to lead to 127.0.0.1. Its requests then carry that name as `Host`, so a
  server that asks for no token answers for its own names only.
- Forms and scripts that post to another site: browsers say so, by `Sec-Fetch-Site` and `Origin`. Programs send neither.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from argosy.errors import CrossSiteRequest, HostNotServed

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_OWN_SITE = (b"same-origin", b"none")


class Sites:
    """`hosts` are served in addition to localhost and its addresses: of the settings, and where the server listens."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)

    def add(self, host: str) -> None:
        self._hosts |= {host.lower()}

    def check(self, method: str, fields: Iterable[tuple[bytes, bytes]], *, is_open: bool) -> None:
        """Raises HostNotServed where an open server (one that asks for no token) is asked under another's name, and
        CrossSiteRequest where another site's page wants something changed."""
        host = origin = fetch_site = b""
        for name, value in fields:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"sec-fetch-site":
                fetch_site = value
        if is_open and not _is_served(host, self._hosts):
            raise HostNotServed("this server does not answer under that name: server.hosts in argosy.yaml adds names")
        if method not in _SAFE_METHODS and not self._is_own_page(host, origin, fetch_site):
            raise CrossSiteRequest("a page of another site may not send this: server.hosts in argosy.yaml allows more")

    def _is_own_page(self, host: bytes, origin: bytes, fetch_site: bytes) -> bool:
        if not origin and not fetch_site:
            return True  # no browser
        if fetch_site in _OWN_SITE:
            return True
        page = origin.partition(b"://")[2].lower()
        return (page == host.lower() and not fetch_site) or _name(page) in self._hosts


@lru_cache(256)
def _is_served(host: bytes, hosts: frozenset[str]) -> bool:
    name = _name(host)
    return not host or name in hosts or name == "localhost" or name.endswith(".localhost") or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _name(authority: bytes) -> str:
    """A host without its port, and an IPv6 address without its brackets."""
    text = authority.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].removesuffix(".")
