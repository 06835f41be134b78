"""One POST over HTTP or HTTPS: within a time, to where it is meant for and nowhere else, one line where it fails."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult

from argosy.errors import WebhookFailed

SECONDS: Final = 10.0
"""For all of it, but for looking up the name."""


def post(address: SplitResult, body: bytes, headers: Mapping[str, str], seconds: float = SECONDS) -> None:
    """Raises WebhookFailed unless the answer is 2xx. A redirect is no such answer; what else is answered is not read.

    Proxies that the environment names are not used. A certificate has to be valid.
    """
    host = address.hostname or ""
    secure = address.scheme == "https"
    make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = make(host, address.port, timeout=seconds)
    overdue = _Overdue(connection, seconds)
    try:
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        connection.request("POST", target, body, dict(headers))
        status = connection.getresponse().status
        if overdue.is_over:  # a head that was cut off counts as one to `http.client`
            raise TimeoutError
    except (OSError, http.client.HTTPException) as error:
        reason = _reason(TimeoutError() if overdue.is_over else error, seconds)
        raise WebhookFailed(f"{host}: {reason}") from None
    finally:
        overdue.cancel()
        connection.close()
    if 300 <= status < 400:
        raise WebhookFailed(f"{host}: it answered {status}, and redirects are not followed")
    if not 200 <= status < 300:
        raise WebhookFailed(f"{host}: it answered {status}")


class _Overdue:
    """Ends a connection after a time, however slowly its other side goes on: a socket's own timeout is of one read."""

    def __init__(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        self._connection, self.is_over = connection, False
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        used: socket.socket | None = self._connection.sock
        if used is not None:
            with suppress(OSError):
                socket.socket.shutdown(used, socket.SHUT_RDWR)  # of TLS too: its own would disturb who reads


def _reason(error: Exception, seconds: float) -> str:
    """Without what was sent, and without the path, which may be a secret."""
    if isinstance(error, TimeoutError):
        return f"it did not answer within {seconds:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"it does not speak TLS as it should: {error.reason or 'no reason was given'}"
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return f"it does not speak HTTP: {type(error).__name__}"
