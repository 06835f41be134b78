"""How many values the bytes of a message hold, counted before they are parsed: ten megabytes of empty messages would
become gigabytes of objects. Pure."""

from __future__ import annotations

from typing import Any, Final

from argosy.errors import RequestTooLarge

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_CONTINUED: Final = bytes(range(0x80, 0x100))
"""The bytes of a varint that are not its last."""
_PACKED_SIZES: Final = {1: 8, 2: 4}
"""Of protobuf's types `double` and `float`; packed numbers of other types are varints."""
_MESSAGE_TYPE, _TEXT_TYPES = 11, (9, 12)

Layout = dict[int, Any]
"""Of a message's fields that hold several values: the number to a message's own layout, or to the packed size."""


def layout_of(descriptor: Any) -> Layout:
    """Of messages that do not contain themselves."""
    layout: Layout = {}
    for field in descriptor.fields:
        if field.type == _MESSAGE_TYPE:
            layout[field.number] = layout_of(field.message_type)
        elif field.is_repeated and field.type not in _TEXT_TYPES:
            layout[field.number] = _PACKED_SIZES.get(field.type, 0)
    return layout


def check_message_values(data: bytes, layout: Layout, limit: int) -> None:
    """Raises RequestTooLarge where there are more than `limit`: fields, elements and messages, on every level.

    Each takes a byte at least, so that short messages need not be looked at. Of a malformed one the part before the
    mistake is counted, and nothing after it is read.
    """
    if len(data) > limit and _count(memoryview(data), layout, limit) > limit:
        raise RequestTooLarge(f"the message has over {limit:,} values: send several requests")


def _count(data: memoryview, layout: Layout, limit: int) -> int:
    """At most a little over `limit`."""
    count, parts = 0, [(data, layout)]
    try:
        while parts and count <= limit:
            part, known = parts.pop()
            position = 0
            while position < len(part) and count <= limit:
                count += 1
                tag, position = _varint(part, position)
                kind, end = tag & 7, position
                if kind == _VARINT:
                    _, end = _varint(part, position)
                elif kind == _BYTES:
                    size, position = _varint(part, position)
                    end = position + size
                    if (inner := known.get(tag >> 3)) is not None:
                        if isinstance(inner, dict):
                            parts.append((part[position:end], inner))
                        else:
                            count += _packed(part[position:end], inner)
                else:
                    end += {_FIXED64: 8, _FIXED32: 4}.get(kind, 0)
                position = end
    except IndexError:  # cut short: parsing it will say so
        pass
    return count


def _packed(data: memoryview, size: int) -> int:
    return len(data) // size if size else len(bytes(data).translate(None, _CONTINUED))


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """The number there, and where it ends; raises IndexError where it does not."""
    value = shift = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
