"""The spool's frames: 4 bytes of length, 4 of CRC-32, then the payload; little-endian.

A frame is complete when all its bytes are there and the CRC holds; one whose CRC does not hold is damaged. A writer
killed in the middle of a write leaves a torn tail, which is not a frame: its prediction was never answered. An erased
frame keeps its length and has a payload of zeros.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

HEADER = struct.Struct("<II")
PAYLOAD_MAX = 1 << 26


def frame(payload: bytes) -> bytes:
    return HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def blank(payload_bytes: int) -> bytes:
    """The frame that an erased one of that size is overwritten with."""
    return frame(bytes(payload_bytes))


def is_blank(payload: bytes | memoryview) -> bool:
    return not any(payload)


def complete(data: bytes) -> Iterator[tuple[memoryview, int, memoryview]]:
    """Every complete frame's payload, its end, and the damaged bytes between the frame before it and itself."""
    view, position, reached = memoryview(data), 0, 0
    while position + HEADER.size <= len(data):
        length, checksum = HEADER.unpack_from(data, position)
        start, end = position, position + HEADER.size + length
        if end <= len(data) and zlib.crc32(payload := view[start + HEADER.size : end]) == checksum:
            yield payload, end, view[reached:start]
            reached = end
        position = end


def is_torn(data: bytes) -> bool:
    """Whether what follows the last complete frame can be the beginning of one, cut short; else it is damage."""
    if len(data) < HEADER.size:
        return True
    length, _ = HEADER.unpack_from(data)
    return bool(length <= PAYLOAD_MAX and HEADER.size + length > len(data))
