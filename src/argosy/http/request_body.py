"""Where a request's body ends: by its length, or by its chunks (RFC 9112, 7.1), read strictly. Pure."""

from __future__ import annotations

import re
from typing import Protocol

from argosy.http.connection_limits import ConnectionLimits
from argosy.http.refusals import Refused
from argosy.http.request_head import CHUNKED

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,12})(?:;[\t -~]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*")
_LINE_BYTES = 4096


class RequestBody(Protocol):
    """Fed what was received, in pieces of any size."""

    is_whole: bool

    @property
    def left(self) -> int | None:
        """Bytes still to come; None where only the client knows."""

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """What of the data belongs to the body, and what follows the request. Raises Refused."""


def body_of(length: int, limits: ConnectionLimits) -> RequestBody:
    return ChunkedBody(limits.framing_bytes) if length == CHUNKED else SizedBody(length)


class SizedBody:
    """A body whose length the head said."""

    def __init__(self, length: int) -> None:
        self.left: int = length
        self.is_whole = not length

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        body = data[: self.left]
        self.left -= len(body)
        self.is_whole = not self.left
        return body, data[len(body) :]


class ChunkedBody:
    """A body in chunks. Extensions and trailers mean nothing here and are thrown away.

    What is not body may be `framing_bytes` longer than the body: chunks of a byte or two each, or long extensions,
    would have the server work much for little.
    """

    left = None

    def __init__(self, framing_bytes: int) -> None:
        self.is_whole = False
        self._spare = framing_bytes
        self._held = b""
        self._chunk_left = 0
        self._expects = self._size

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        data, at, pieces = self._held + data, 0, []
        while not self.is_whole:
            if self._chunk_left:
                piece = data[at : at + self._chunk_left]
                pieces.append(piece)
                at += len(piece)
                self._chunk_left -= len(piece)
                self._spare += len(piece)
                if self._chunk_left:
                    break
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            self._spend(end + 2 - at)
            self._expects(data[at:end])
            at = end + 2
        self._held, rest = (b"", data[at:]) if self.is_whole else (data[at:], b"")
        if len(self._held) > _LINE_BYTES or b"\n" in self._held:
            raise Refused(400, "a line between the chunks of the body is too long, or ends without a carriage return")
        return b"".join(pieces), rest

    def _spend(self, size: int) -> None:
        self._spare -= size
        if self._spare < 0:
            raise Refused(400, "the body has too many small chunks, or too long chunk extensions or trailers")

    def _size(self, line: bytes) -> None:
        found = _SIZE_LINE.fullmatch(line)
        if found is None:
            raise Refused(400, "a chunk of the body does not begin with its size")
        self._chunk_left = int(found[1], 16)
        self._expects = self._end_of_chunk if self._chunk_left else self._trailer

    def _end_of_chunk(self, line: bytes) -> None:
        if line:
            raise Refused(400, "a chunk of the body is longer than its size")
        self._expects = self._size

    def _trailer(self, line: bytes) -> None:
        if not line:
            self.is_whole = True
        elif not _TRAILER.fullmatch(line):
            raise Refused(400, "a trailer of the body is not 'NAME: VALUE'")
