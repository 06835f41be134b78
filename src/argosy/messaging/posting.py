"""One POST over HTTP or HTTPS: within a time limit, without redirects and proxies, with errors of one line."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any, Final
from urllib.parse import SplitResult

from argosy.errors import WebhookFailed

SECONDS: Final = 10.0
"""For all of it, but for looking up the name."""
_Place = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]
"""As `socket.getaddrinfo` has it."""


def post(address: SplitResult, body: bytes, headers: Mapping[str, str], seconds: float = SECONDS) -> None:
    """Raises WebhookFailed unless the answer is 2xx. A redirect is no such answer; what else is answered is not read.

    Proxies that the environment names are not used. A certificate has to be valid.
    """
    host = address.hostname or ""
    try:
        status = _answer(address, body, headers, seconds)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise WebhookFailed(f"{host}: {_reason(error, seconds)}") from None
    if 300 <= status < 400:
        raise WebhookFailed(f"{host}: it answered {status}, and redirects are not followed")
    if not 200 <= status < 300:
        raise WebhookFailed(f"{host}: it answered {status}")


def _answer(address: SplitResult, body: bytes, headers: Mapping[str, str], seconds: float) -> int:
    """Its status."""
    host, secure = address.hostname or "", address.scheme == "https"
    port = address.port or (http.client.HTTPS_PORT if secure else http.client.HTTP_PORT)
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    until = time.monotonic() + seconds
    context = ssl.create_default_context() if secure else None
    with _connected(places, until) as plain, ExitStack() as opened:
        plain.settimeout(_left(until))
        used = opened.enter_context(context.wrap_socket(plain, server_hostname=host)) if context else plain
        make = partial(http.client.HTTPSConnection, context=context) if secure else http.client.HTTPConnection
        connection = make(host, port)
        connection.sock = used
        opened.callback(connection.close)
        overdue = _Overdue(used, _left(until))
        opened.callback(overdue.cancel)
        try:
            connection.request("POST", target, body, dict(headers))
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            if overdue.is_over:
                raise TimeoutError from None
            raise
        if overdue.is_over:  # a head that was cut off counts as one to `http.client`
            raise TimeoutError
        return status


def _connected(places: Sequence[_Place], until: float) -> socket.socket:
    """To the first of a name's addresses that takes it; each has its share of the time that is left."""
    problem: OSError = TimeoutError()
    for at, (family, kind, protocol, _, place) in enumerate(places):
        used = socket.socket(family, kind, protocol)
        try:
            used.settimeout(_left(until) / (len(places) - at))
            used.connect(place)
        except OSError as error:
            used.close()
            problem = error
        else:
            return used
    raise problem


def _left(until: float) -> float:
    """Raises TimeoutError where there is none."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Overdue:
    """Ends a connection after a time, however slowly its other side goes on: a socket's own timeout is of one read."""

    def __init__(self, used: socket.socket, seconds: float) -> None:
        self._used, self.is_over = used, False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        with suppress(OSError):
            socket.socket.shutdown(self._used, socket.SHUT_RDWR)  # of TLS too: its own would disturb who reads


def _reason(error: Exception, seconds: float) -> str:
    """Without what was sent, and without the path, which may be a secret."""
    if isinstance(error, TimeoutError):
        return f"it did not answer within {seconds:.3g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"it does not speak TLS as it should: {error.reason or 'no reason was given'}"
    if isinstance(error, UnicodeError):
        return "no host can have this name"
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return f"it does not speak HTTP: {type(error).__name__}"
