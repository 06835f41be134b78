"""The socket that a server listens on, and what is wrong where there can be none."""

from __future__ import annotations

import errno
import socket
import sys

from argosy.errors import AddressInvalid, DefinitionInvalid, PortInUse

BACKLOG = 2048


def listen(host: str, port: int, is_shared: bool = False) -> socket.socket:
    """A listening socket; raises PortInUse, AddressInvalid. Shared, other processes of this user listen there too."""
    listening = _new_socket(host)
    if is_shared:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"another program listens on {host}:{port}: stop it, or choose another port") from None
        raise AddressInvalid(f"cannot listen on {host}:{port}: {_why(error, host, port)}") from None
    return listening


def reserve(host: str, port: int) -> socket.socket:
    """A socket that does not listen: while it is open no program takes the port that does not share it.

    Raises PortInUse, AddressInvalid, and DefinitionInvalid where the system gives each connection to one of several.
    """
    if not sys.platform.startswith("linux"):
        raise DefinitionInvalid("several processes on one port need Linux (SO_REUSEPORT): use 1", "server.processes")
    with listen(host, port) as alone:  # not shared: another server of this user's is refused
        port = alone.getsockname()[1]
    reserved = _new_socket(host)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind((host, port))
    return reserved


def _new_socket(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol named, asyncio switches Nagle's algorithm off; without, every answer waits 40 ms
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


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
