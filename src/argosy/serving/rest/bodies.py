"""Reading a request: its body within the limit, its content type, its JSON, and who asks about whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request

from argosy.errors import ContentTypeUnsupported, RequestInvalid, RequestTooLarge
from argosy.identities import identity_of
from argosy.serving.rest.endpoint import CALLER

JSON_TYPES = ("application/json", "", "application/x-www-form-urlencoded")
"""None at all, and what `curl -d` says of JSON, as all published examples do, are taken for it. A page of another site
could send these as well: `argosy.http.sites` refuses it."""
BINARY_TYPES = (*JSON_TYPES, "application/octet-stream")
WHO_CHARACTERS = 1000
_DISCARD_FACTOR = 4  # this many limits are read and thrown away, so that a client in the middle of sending hears 413


async def read_body(request: Request, limit: int, content_types: tuple[str, ...] = JSON_TYPES) -> bytes:
    """The whole body; raises ContentTypeUnsupported, and RequestTooLarge without ever holding more than the limit."""
    check_content_type(request.headers.get("content-type", ""), content_types)
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            elif size > limit * _DISCARD_FACTOR:
                break
    except ClientDisconnect:
        raise RequestInvalid("the client went away while sending") from None
    if size > limit:
        raise RequestTooLarge(f"the body is over the limit of {limit} bytes")
    return b"".join(chunks)


def check_content_type(given: str, allowed: tuple[str, ...]) -> None:
    """Raises ContentTypeUnsupported."""
    kind = given.partition(";")[0].strip().lower()
    if kind not in allowed:
        raise ContentTypeUnsupported(f"the content type is '{kind}': send {allowed[0]}")


def parse_json(body: bytes | memoryview) -> dict[str, Any]:
    """A JSON object; raises RequestInvalid."""
    try:
        parsed = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestInvalid(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise RequestInvalid("the body is not JSON that we read: it is nested too deeply") from None
    if not isinstance(parsed, dict):
        raise RequestInvalid(f"the body must be a JSON object, not {json_type(parsed)}")
    return parsed


def who(request: Request, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Who asks: `client`, `subject` and `entity` as the protocol's parameters say, else the headers `argosy-…`.

    `token` is the name of the token that was shown, which nobody can say otherwise.
    """
    found: dict[str, Any] = {name: _who(request, parameters, name) for name in ("client", "subject", "entity")}
    token = request.scope[CALLER]
    found["token"] = "" if token is None else token.name
    return found


def _who(request: Request, parameters: Mapping[str, Any], name: str) -> str | None:
    value = parameters.get(name)
    if value is None:
        header = request.headers.get(f"argosy-{name}")
        value = None if header is None else _utf8(header)
    try:
        found = identity_of(value, name)
    except ValueError as problem:
        raise RequestInvalid(str(problem)) from None
    if found is not None and (len(found) > WHO_CHARACTERS or "\0" in found):
        raise RequestInvalid(f"{name} must be text of at most {WHO_CHARACTERS} characters, none of them NUL")
    return found


def _utf8(header: str) -> str:
    """Headers arrive as Latin-1; names outside of it are sent as UTF-8."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header


def json_type(value: object) -> str:
    """What JSON calls a value's type, for error messages."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
