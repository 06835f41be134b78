"""Calls of other servers that speak Open Inference Protocol V2: to permitted ones alone, within a time and a size.

A process may call the servers that the settings of a project name which it has opened. Redirects are not followed,
proxies of the environment are not used, and certificates have to be valid.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from argosy.errors import ImportedModelRefused, ImportedModelTooSlow, RemoteModelUnavailable
from argosy.models.permitted_servers import is_permitted, token_variable
from argosy.models.v2_messages import LENGTH_FIELD, V2Message
from argosy.terminal_text import visible_line

SAID_CHARACTERS: Final = 300
CHUNK_BYTES: Final = 1 << 16


class RemoteServer:
    """One server, on one connection that is kept; calls go one after another. Any thread."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None

    def call(self, path: str, body: bytes | None, seconds: float, most: int) -> bytes:
        """What a GET, or a POST of the body, is answered with 200, of at most that many bytes; see `exchange`."""
        return self.exchange(path, None if body is None else V2Message(body), seconds, most).content

    def exchange(self, path: str, body: V2Message | None, seconds: float, most: int) -> V2Message:
        """The same with binary tensors behind the JSON.

        Raises RemoteModelUnavailable, ImportedModelTooSlow, and ImportedModelRefused where it says that the request is
        at fault.
        """
        if not is_permitted(self.origin):
            raise RemoteModelUnavailable(f"the settings do not permit calls of {self.origin}: add it to remote_servers")
        until = time.monotonic() + seconds
        with self._lock:
            try:
                status, answer = self._answer(path, body, until, most)
            except (OSError, http.client.HTTPException) as error:
                self._close()
                if time.monotonic() >= until:
                    raise ImportedModelTooSlow(f"{self.origin} gave no answer within {seconds:g} s") from None
                said = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise RemoteModelUnavailable(f"{self.origin} cannot be asked: {visible_line(said)}") from None
        if status == 200:
            return answer
        if status in (400, 413, 415, 422):
            raise ImportedModelRefused(f"{self.origin} refuses the request: {_said(answer.content)}")
        raise RemoteModelUnavailable(f"{self.origin} answers {status}: {_said(answer.content)}")

    def _answer(self, path: str, body: V2Message | None, until: float, most: int) -> tuple[int, V2Message]:
        """Once more on a new connection where the kept one has been closed meanwhile."""
        is_kept = self._connection is not None
        try:
            return self._exchange(path, body, until, most)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._close()
            if not is_kept:
                raise
        return self._exchange(path, body, until, most)

    def _exchange(self, path: str, body: V2Message | None, until: float, most: int) -> tuple[int, V2Message]:
        connection = self._connection = self._connection or self._connected(until)
        overdue = threading.Timer(max(0.001, until - time.monotonic()), _shut, [connection.sock])
        overdue.daemon = True
        overdue.start()
        try:
            token = os.environ.get(token_variable(self.origin), "").strip()
            headers = {**_described(body), **({"authorization": f"Bearer {token}"} if token else {})}
            connection.request("GET" if body is None else "POST", path, body and body.content, headers)
            answer = connection.getresponse()
            content = answer.read(most + 1)
            if time.monotonic() >= until:  # what was cut off looks complete to `http.client`
                raise TimeoutError
            if len(content) > most:
                raise OSError("it answers with too many bytes")
            if not answer.isclosed() or answer.will_close:
                self._close()
            return answer.status, V2Message(content, _head_of(answer))
        finally:
            overdue.cancel()

    def _connected(self, until: float) -> http.client.HTTPConnection:
        parts = urlsplit(self.origin)
        left = max(0.001, until - time.monotonic())
        if parts.scheme == "https":
            context = ssl.create_default_context()
            made: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname or "", parts.port, timeout=left, context=context
            )
        else:
            made = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=left)
        made.connect()
        return made

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _described(body: V2Message | None) -> dict[str, str]:
    """The header fields that say what the body is."""
    accepted = {"accept": "application/json, application/octet-stream"}
    if body is None or body.head is None:
        return {**accepted, "content-type": "application/json"}
    return {**accepted, "content-type": "application/octet-stream", LENGTH_FIELD: str(body.head)}


def _head_of(answer: http.client.HTTPResponse) -> int | None:
    """How long the JSON of an answer is, where tensors follow it; raises OSError where that is no length."""
    length = answer.getheader(LENGTH_FIELD)
    if length is not None and not (length.isdecimal() and len(length) < 12):
        raise OSError(f"its {LENGTH_FIELD} is no length")
    return None if length is None else int(length)


def _shut(used: socket.socket | None) -> None:
    with suppress(OSError):
        if used is not None:
            used.shutdown(socket.SHUT_RDWR)


def _said(content: bytes) -> str:
    """What an error's body says, in one line."""
    try:
        found: Any = msgspec.json.decode(content)
    except msgspec.DecodeError:
        found = content.decode("utf-8", "replace")
    said = found.get("error", found.get("detail", found)) if isinstance(found, dict) else found
    return visible_line(str(said))[:SAID_CHARACTERS]
