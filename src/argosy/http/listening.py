"""The socket that a server listens on, and what is wrong where there can be none."""

from __future__ import annotations

import errno
import socket

from argosy.errors import AddressInvalid, PortInUse

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises PortInUse, AddressInvalid."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol named, asyncio switches Nagle's algorithm off; without, every answer waits 40 ms
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"another program listens on {host}:{port}: stop it, or choose another port") from None
        raise AddressInvalid(f"cannot listen on {host}:{port}: {_why(error, host, port)}") from None
    return listening


def _why(error: OSError, host: str, port: int) -> str:
    if isinstance(error, socket.gaierror):
        return f"no machine is known as '{host}'; 127.0.0.1 is this one, 0.0.0.0 all its addresses"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine; 0.0.0.0 is all of them"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"port {port} needs rights that this user has not; take one from 1024 on"
    return error.strerror or str(error)


def url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
