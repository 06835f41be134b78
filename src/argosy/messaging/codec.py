"""From values to the bytes of a message, and back."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

import msgspec

from argosy.errors import MessageInvalid
from argosy.messaging.message import MAXIMUM_BYTES

T = TypeVar("T")


class Codec(Protocol[T]):
    """Any thread. Both directions raise MessageInvalid; a decoded value has the type, no matter who wrote it."""

    def encode(self, value: T) -> bytes:
        """At most `MAXIMUM_BYTES`."""

    def decode(self, body: bytes) -> T:
        """The value; names that its type does not know are left out, so that newer senders are understood."""


class JsonCodec(Generic[T]):
    """JSON, of any type that msgspec knows: structs, dataclasses, dictionaries."""

    def __init__(self, of: type[T] | Any, maximum_bytes: int = MAXIMUM_BYTES) -> None:
        self._name, self._maximum_bytes = getattr(of, "__name__", str(of)), maximum_bytes
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(of)

    def encode(self, value: T) -> bytes:
        try:
            body = msgspec.json.encode(value)
        except (TypeError, msgspec.MsgspecError) as error:
            raise MessageInvalid(f"a {self._name} that JSON cannot hold: {error}") from error
        self._check(body)
        return body

    def decode(self, body: bytes) -> T:
        self._check(body)
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise MessageInvalid(f"a message that is no {self._name}: {error}") from error

    def _check(self, body: bytes) -> None:
        if len(body) > self._maximum_bytes:
            raise MessageInvalid(f"a {self._name} of {len(body)} bytes: at most {self._maximum_bytes} are taken")
