"""How one answer is framed: by its length, in chunks, or by the end of the connection. Pure: messages to bytes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from http import HTTPStatus

from argosy.http.request_head import RequestHead

_NO_BODY = {204, 304}
_FRAMING = {b"connection", b"transfer-encoding", b"keep-alive"}
_UNKNOWN = -1


class ResponseInvalid(Exception):
    """An application that sends what is no answer: the application's mistake, never the client's."""


class ResponseFraming:
    """The answer to one request. `begin` comes once, then `more` until the body is complete."""

    def __init__(self, request: RequestHead) -> None:
        self._request = request
        self.has_begun = self.is_complete = False
        self.closes = not request.keeps_alive
        """Whether the connection ends with this answer; true may be set until `begin`."""
        self._is_chunked = False
        self._left = _UNKNOWN
        """Bytes that the length says are to come."""
        self._has_body = True

    def begin(
        self, status: int, fields: Iterable[tuple[bytes, bytes]], body: bytes, is_last: bool, date: bytes
    ) -> bytes:
        """Head and first piece of the body. Raises ResponseInvalid."""
        self._has_body = status not in _NO_BODY
        lines = [status_line(status)]
        for name, value in fields:
            name = name.lower()
            if name == b"content-length":
                if not self._has_body:
                    continue
                self._left = int(value)
            elif name in _FRAMING:
                self.closes = self.closes or (name, value.lower()) == (b"connection", b"close")
                continue
            elif name == b"date":
                date = b""
            lines.append(b"%b: %b\r\n" % (name, value))
        head = b"".join(lines)
        if not head.count(b"\n") == head.count(b"\r") == len(lines):
            raise ResponseInvalid("a header field of the answer has a line break")
        self.has_begun = True
        return b"".join((head, self._framing(len(body), is_last), date, b"\r\n", self.more(body, is_last)))

    def more(self, body: bytes, is_last: bool) -> bytes:
        """The next piece of the body. Raises ResponseInvalid where the pieces are not as long as the head said."""
        if self.is_complete:
            raise ResponseInvalid("the answer is complete and more was sent")
        self.is_complete = is_last
        if self._request.method == "HEAD" or not self._has_body:
            return b""
        if self._is_chunked:
            return (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"0\r\n\r\n" if is_last else b"")
        if self._left != _UNKNOWN:
            self._left -= len(body)
            if self._left < 0 or (is_last and self._left):
                self.is_complete = False
                raise ResponseInvalid("the answer is not as long as its Content-Length")
        return body

    def _framing(self, size: int, is_last: bool) -> bytes:
        """The fields that say where the answer ends."""
        line = b""
        if self._has_body and self._left == _UNKNOWN:
            if is_last and self._request.method != "HEAD":
                self._left = size
                line = b"content-length: %d\r\n" % size
            elif self._request.version == "1.1":
                self._is_chunked = True
                line = b"transfer-encoding: chunked\r\n"
            else:
                self.closes = True
        if self.closes:
            return line + b"connection: close\r\n"
        return line + (b"connection: keep-alive\r\n" if self._request.version == "1.0" else b"")


@cache
def status_line(status: int) -> bytes:
    """With which an answer begins."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()
