"""Reading a request's body: within the limit, decompressed, of a content type that is read, and as JSON."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request

from argosy.errors import ContentTypeUnsupported, RequestInvalid, RequestTooLarge, nearest
from argosy.repeated_keys import check_keys, keys_in
from argosy.storable_text import is_utf8
from argosy.typed_values import abridged

_TAKEN_FOR_JSON: Final = ("", "application/x-www-form-urlencoded")
JSON_TYPES: Final = ("application/json", *_TAKEN_FOR_JSON)
"""None at all, and what `curl -d` says of JSON, as all published examples do, are taken for it. A page of another site
could send these as well: `argosy.http.sites` refuses it."""
BINARY_TYPES: Final = (*JSON_TYPES, "application/octet-stream")
_ENCODINGS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""What zlib calls the formats that HTTP names."""
_PLAIN: Final = ("", "identity")
_HALF_PAIR: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_AT: Final = re.compile(r"\(byte (\d+)\)")
_NO_NUMBER: Final = re.compile(rb"NaN|Infinity")
"""Tokens that Python and TensorFlow write, and JSON does not have."""
_FIELD: Final = re.compile(r"(unknown|required) field `(.*?)`")
_DISCARD_FACTOR = 4  # this many limits are read and thrown away, so that a client in the middle of sending receives 413


async def read_body(request: Request, limit: int, content_types: tuple[str, ...] = JSON_TYPES) -> bytes:
    """The whole body, decompressed where it was sent compressed.

    Raises ContentTypeUnsupported, RequestInvalid, and RequestTooLarge without ever holding more than the limit.
    """
    check_content_type(request.headers.get("content-type", ""), content_types)
    encoding = request.headers.get("content-encoding", "").strip().lower()
    decoder = None if encoding in _PLAIN else _Decoder(encoding, limit)
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk if decoder is None else decoder.feed(chunk))
            elif size > limit * _DISCARD_FACTOR:
                break
    except ClientDisconnect:
        raise RequestInvalid("the client went away while sending") from None
    if size > limit:
        raise _too_large(limit)
    if decoder is not None:
        decoder.finish()
    return b"".join(chunks)


def check_content_type(given: str, allowed: tuple[str, ...]) -> None:
    """Raises ContentTypeUnsupported."""
    kind = given.partition(";")[0].strip().lower()
    if kind not in allowed:
        sent = " or ".join(one for one in allowed if one not in _TAKEN_FOR_JSON)
        raise ContentTypeUnsupported(f"the content type is '{abridged(kind)}': send {sent}")


class _Decoder:
    """Decompresses in pieces. A gzip body may have several members, one after the other."""

    def __init__(self, encoding: str, limit: int) -> None:
        if encoding not in _ENCODINGS:
            raise ContentTypeUnsupported(
                f"the content encoding is '{abridged(encoding)}': send gzip or deflate, or the body as it is"
            )
        self._encoding, self._limit, self._left = encoding, limit, limit
        self._new: Callable[[], Any] = lambda: zlib.decompressobj(_ENCODINGS[encoding])
        self._stream = self._new()

    def feed(self, data: bytes) -> bytes:
        """Raises RequestInvalid where it is no such data, RequestTooLarge where it becomes more than the limit."""
        pieces = []
        while data:
            if self._stream.eof:
                if self._encoding == "deflate":
                    raise RequestInvalid("the body goes on after the end of its deflate stream")
                self._stream = self._new()
            try:
                piece = self._stream.decompress(data, self._left + 1)
            except zlib.error:
                raise RequestInvalid(f"the body is not {self._encoding}, as its Content-Encoding says") from None
            self._left -= len(piece)
            if self._left < 0:
                raise _too_large(self._limit)
            pieces.append(piece)
            data = self._stream.unused_data
        return b"".join(pieces)

    def finish(self) -> None:
        """Raises RequestInvalid where the end is missing."""
        if not self._stream.eof:
            raise RequestInvalid(f"the body ends before its {self._encoding} data does")


def _too_large(limit: int) -> RequestTooLarge:
    return RequestTooLarge(f"the body is over the limit of {limit} bytes")


def parse_json(body: bytes | memoryview) -> dict[str, Any]:
    """A JSON object, with no key twice; raises RequestInvalid."""
    try:
        parsed = msgspec.json.decode(body)
        check_keys(body, keys_in(parsed))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise body_problem(error, body) from None
    if not isinstance(parsed, dict):
        raise RequestInvalid(f"the body must be a JSON object, not {json_type(parsed)}")
    return parsed


def body_problem(
    error: Exception, body: bytes | memoryview, noun: str = "not JSON", fields: Collection[str] = ()
) -> RequestInvalid:
    """Why a body could not be read; where `fields` do not fit, `noun` says what it is, such as `no question`. Pure."""
    if isinstance(error, msgspec.ValidationError):
        return RequestInvalid(f"the body is {noun}: {field_problem(error, fields)}")
    if isinstance(error, msgspec.DecodeError | UnicodeDecodeError):
        return RequestInvalid(f"the body is not JSON: {json_problem(error, body)}")
    if isinstance(error, RecursionError):
        return RequestInvalid("the body is JSON that is nested too deeply")
    return RequestInvalid(f"the body's JSON is ambiguous: {error}")


def field_problem(error: msgspec.ValidationError, fields: Collection[str] = ()) -> str:
    """What does not fit; where a field is missing or unknown, which `fields` there are. Pure."""
    said = f"{str(error)[:1].lower()}{str(error)[1:]}"
    if not fields or (named := _FIELD.search(said)) is None:
        return said
    hint = nearest(named[2], fields) if named[1] == "unknown" else ""
    return f"{said}{hint}; there are: {', '.join(fields)}"


def json_problem(error: Exception, body: bytes | memoryview) -> str:
    """What is wrong with a body that is no JSON, where the decoder's own words would mislead. Pure."""
    if _HALF_PAIR.search(body):
        return "a \\u escape is half of a surrogate pair, send both halves"
    if not is_utf8(body):
        return "it is not UTF-8"
    if "integer string conversion" in str(error):
        return "a number has thousands of digits"
    if not bytes(body).strip():
        return "it is empty"
    at = _AT.search(str(error))
    token = _NO_NUMBER.match(body, int(at[1])) if at else None
    if token:
        return f"{token[0].decode()} is no JSON (byte {token.start()}); a missing number is null"
    return "it ends too early" if "truncated" in str(error) else str(error)


def json_type(value: object) -> str:
    """What JSON calls a value's type, for error messages."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
