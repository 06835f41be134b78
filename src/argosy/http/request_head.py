"""The head of a request: found in what was received, parsed by llhttp, and held to one reading. Pure.

Whatever two programs could read differently, so that one sees a second request where the other sees a body (RFC 9112,
11.2), is refused. An offer to speak another protocol (`Upgrade`) is declined by taking no notice of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import httptools

from argosy.http.connection_limits import ConnectionLimits
from argosy.http.refusals import Refused

Fields = list[tuple[bytes, bytes]]
CHUNKED = -1

_REQUEST_LINE = re.compile(rb"[!-~]+ ([!-~]+) HTTP/([0-9]\.[0-9])\r\n")
_EMPTY_LINES = re.compile(rb"(?:\r\n)*")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~%!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_ABSOLUTE = re.compile(rb"https?://([^/?]+)(.*)", re.IGNORECASE)
_ONCE = {b"host", b"content-length", b"transfer-encoding"}
_READ_HERE = {*_ONCE, b"connection", b"expect"}
_LENGTH_DIGITS = 15


@dataclass(slots=True)
class RequestHead:
    """Names of header fields are in lower case."""

    method: str
    raw_path: bytes
    query: bytes
    version: str
    fields: Fields
    length: int = 0
    """Bytes of the body, 0 where there is none, or CHUNKED."""
    keeps_alive: bool = True
    expects_continue: bool = False

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> RequestHead:
        """The head of a request that an ASGI application has received."""
        return cls(scope["method"], scope["raw_path"], scope["query_string"], scope["http_version"], scope["headers"])

    def field(self, name: str) -> str:
        """The first header field of that name; empty where there is none."""
        wanted = name.encode()
        return next((value.decode("latin-1") for given, value in self.fields if given == wanted), "")

    @property
    def path(self) -> str:
        path = self.raw_path.decode("ascii")
        return unquote(path) if "%" in path else path


def without_empty_lines(data: bytes) -> bytes:
    """What follows the empty lines that a client may send before a request."""
    return data[_EMPTY_LINES.match(data).end() :] if data[:1] == b"\r" else data  # type: ignore[union-attr]


def end_of_head(data: bytes, limits: ConnectionLimits) -> int:
    """Where the head at the start of the data ends; 0 while more of it is to come. Raises Refused."""
    if (end := data.find(b"\r\n\r\n", 0, limits.head_bytes)) >= 0:
        return end + 4
    if len(data) >= limits.head_bytes:
        is_line = b"\r\n" not in data[: limits.head_bytes]
        what = "first line" if is_line else "head"
        raise Refused(414 if is_line else 431, f"the request's {what} is over the limit of {limits.head_bytes} bytes")
    if data.count(b"\n") != data.count(b"\r\n"):
        raise Refused(400, "a line of the request's head ends without a carriage return")
    return 0


def parse_head(data: bytes, limits: ConnectionLimits) -> RequestHead:
    """A whole head; raises Refused."""
    line = _REQUEST_LINE.match(data)
    if line is None:
        raise Refused(400, "the first line is not 'METHOD /path HTTP/1.1'")
    target, version = line[1], line[2].decode()
    if version not in ("1.1", "1.0"):
        raise Refused(505, "this server speaks HTTP/1.1")
    method, fields = _parsed(data)
    if len(fields) > limits.fields:
        raise Refused(431, f"the request has over {limits.fields} header fields")
    read = _read_here(fields)
    host = _host(read, version)
    path, _, query = _path(target, host, method).partition(b"?")
    length, keeps_alive = _length(read, version), _keeps_alive(read, version)
    return RequestHead(method, path, query, version, fields, length, keeps_alive, _expects_continue(read, version))


class _Collector:
    """What llhttp calls for each field."""

    def __init__(self) -> None:
        self.fields: Fields = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value.rstrip(b" \t")))


def _parsed(data: bytes) -> tuple[str, Fields]:
    collector = _Collector()
    parser = httptools.HttpRequestParser(collector)  # a new one: the last request's cannot change how this one reads
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass  # declined
    except httptools.HttpParserError as error:
        raise Refused(400, f"the request is not HTTP: {error}") from None
    return parser.get_method().decode(), collector.fields


def _read_here(fields: Fields) -> dict[bytes, bytes]:
    """The fields that decide where the request ends and whether the connection is kept."""
    read: dict[bytes, bytes] = {}
    for name, value in fields:
        if name in _READ_HERE:
            if name in read and name in _ONCE:
                raise Refused(400, f"the request has two header fields '{name.decode()}'")
            read[name] = read[name] + b"," + value if name in read else value
    return read


def _length(read: dict[bytes, bytes], version: str) -> int:
    if (coding := read.get(b"transfer-encoding")) is not None:
        if b"content-length" in read:
            raise Refused(400, "the request has both Content-Length and Transfer-Encoding")
        if version == "1.0":
            raise Refused(400, "HTTP/1.0 has no Transfer-Encoding")
        if coding.lower() != b"chunked":
            raise Refused(501, "the only Transfer-Encoding read here is 'chunked'")
        return CHUNKED
    length = read.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > _LENGTH_DIGITS:
        raise Refused(400, "Content-Length must be a number")
    return int(length)


def _host(read: dict[bytes, bytes], version: str) -> bytes:
    host = read.get(b"host")
    if host is None:
        if version == "1.1":
            raise Refused(400, "the request has no header field 'Host'")
        return b""
    if not _HOST.fullmatch(host):
        raise Refused(400, "the header field 'Host' is not NAME or NAME:PORT")
    return host


def _path(target: bytes, host: bytes, method: str) -> bytes:
    if target[:1] != b"/" and (absolute := _ABSOLUTE.fullmatch(target)):
        if absolute[1].lower() != host.lower():
            raise Refused(400, "the request's target and its header field 'Host' name different hosts")
        target = absolute[2] if absolute[2][:1] == b"/" else b"/" + absolute[2]
    is_path = target[:1] == b"/" and b"#" not in target and method != "CONNECT"
    if not is_path and (target, method) != (b"*", "OPTIONS"):
        raise Refused(400, "the request's target is not a path")
    return target


def _keeps_alive(read: dict[bytes, bytes], version: str) -> bool:
    if b"connection" not in read:
        return version == "1.1"
    options = {option.strip() for option in read[b"connection"].lower().split(b",")}
    return b"close" not in options and (version == "1.1" or b"keep-alive" in options)


def _expects_continue(read: dict[bytes, bytes], version: str) -> bool:
    """Whether the client waits to be asked for the body; HTTP/1.0 has no such thing."""
    if b"expect" not in read:
        return False
    if read[b"expect"].lower() != b"100-continue":
        raise Refused(417, "the only expectation met here is '100-continue'")
    return version == "1.1"
