"""Runs an ASGI application on an address until SIGTERM or Ctrl-C, and lets requests in flight end first."""

from __future__ import annotations

import errno
import signal
import socket
import sys
from collections.abc import Callable
from threading import Timer
from types import FrameType

from starlette.types import ASGIApp

from argosy.errors import AddressInvalid, PortInUse
from argosy.processes import end_within
from argosy.serving.connections import protocol
from argosy.serving.limits import Limits

KEEP_ALIVE_SECONDS = 75
SHUTDOWN_SECONDS = 20
END_SECONDS = 30.0
"""From the signal until the process ends without waiting any longer, for a model's code may never let it."""
SWITCH_SECONDS = 0.0005
"""How long a loading thread may keep the interpreter while a request waits; Python's own default is 5 ms."""


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    on_listening: Callable[[str], None] | None = None,
    limits: Limits | None = None,
) -> None:
    """Blocks until told to stop. `on_listening` gets the URL once connections are taken; port 0 picks a free one.

    Raises PortInUse, AddressInvalid. Call it on the main thread.
    """
    import uvicorn

    listening = listen(host, port)
    sys.setswitchinterval(SWITCH_SECONDS)
    ending: list[Timer] = []
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=protocol(limits or Limits()),
            loop="asyncio",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )

    def end(sig: int, frame: FrameType | None) -> None:
        ending.append(end_within(END_SECONDS))
        uvicorn.Server.handle_exit(server, sig, frame)

    server.handle_exit = end  # type: ignore[method-assign]
    if on_listening is not None:
        on_listening(f"http://{_shown(host)}:{listening.getsockname()[1]}")
    # uvicorn raises the signal again when it has shut down: by then it has done its work
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run(sockets=[listening])
    finally:
        for timer in ending:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
        listening.close()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises PortInUse, AddressInvalid."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol named, asyncio switches Nagle's algorithm off; without, every answer waits 40 ms
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
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


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Nothing is left to do."""
