"""Messages of protocol buffers, read by their wire format alone: what is in the fields, by their numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_VARINT, _LENGTH = 0, 2
_FIXED: Final = {1: 8, 5: 4}


class WireMessage:
    """One message; a field that is not there is empty. Raises ValueError where the bytes are none.

    Protocol buffers merge messages in a field that is given twice, or take the last value. Nothing writes such, and it
    would be read differently by whoever forgets it: so `message`, `text` and `number` raise ValueError on it.
    """

    def __init__(self, content: memoryview) -> None:
        self._fields: dict[int, list[int | memoryview]] = {}
        for number, value in _fields(content):
            self._fields.setdefault(number, []).append(value)

    def parts(self, number: int) -> list[memoryview]:
        """Of a repeated field of messages or texts."""
        found = self._fields.get(number, [])
        if not all(isinstance(one, memoryview) for one in found):
            raise ValueError("damaged")
        return found  # type: ignore[return-value]

    def part(self, number: int) -> memoryview:
        found = self.parts(number)
        if len(found) > 1:
            raise ValueError(f"damaged: the field {number} is there twice")
        return found[0] if found else memoryview(b"")

    def messages(self, number: int) -> list[WireMessage]:
        return [WireMessage(one) for one in self.parts(number)]

    def message(self, number: int) -> WireMessage:
        return WireMessage(self.part(number))

    def texts(self, number: int) -> list[str]:
        return [str(one, "utf-8") for one in self.parts(number)]

    def text(self, number: int) -> str:
        return str(self.part(number), "utf-8")

    def number(self, number: int) -> int:
        """A whole number, with its sign."""
        found = self._fields.get(number, [0])
        if len(found) > 1 or not isinstance(found[0], int):
            raise ValueError("damaged")
        return found[0] - (1 << 64) if found[0] >> 63 else found[0]

    def mapping(self, number: int) -> dict[str, WireMessage]:
        """Of a field that maps texts to messages."""
        entries = self.messages(number)
        found = {one.text(1): one.message(2) for one in entries}
        if len(found) < len(entries):
            raise ValueError("damaged: a mapping has a key twice")
        return found


def field_bytes(number: int, content: bytes | memoryview) -> bytes:
    """A field with bytes in it."""
    return b"".join((varint(number << 3 | _LENGTH), varint(len(content)), content))


def varint(value: int) -> bytes:
    """A whole number from 0 on."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _fields(content: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The number of each field, and a whole number or its bytes."""
    at, end = 0, len(content)
    while at < end:
        tag, at = _varint(content, at)
        wire = tag & 7
        if wire == _VARINT:
            value, at = _varint(content, at)
            yield tag >> 3, value
        elif wire == _LENGTH or wire in _FIXED:
            length, at = _varint(content, at) if wire == _LENGTH else (_FIXED[wire], at)
            if at + length > end:
                raise ValueError("cut short")
            yield tag >> 3, content[at : at + length]
            at += length
        else:
            raise ValueError("damaged")


def _varint(content: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(content):
            raise ValueError("cut short")
        byte = content[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & (1 << 64) - 1, at
    raise ValueError("damaged")
