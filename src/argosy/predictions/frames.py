"""The spool's frames: 4 bytes of length, 4 of CRC-32, then the payload; little-endian.

A frame is complete when all its bytes are there and the CRC holds. A writer killed in the middle of a write leaves a
torn tail, which is not a frame: its prediction was never answered. An erased frame keeps its length and has a payload
of zeros.
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


def complete(data: bytes) -> Iterator[tuple[memoryview, int]]:
    """Payload and end of every complete frame from the start on, up to the first that is not."""
    view, position = memoryview(data), 0
    while position + HEADER.size <= len(data):
        length, checksum = HEADER.unpack_from(data, position)
        end = position + HEADER.size + length
        if end > len(data) or zlib.crc32(payload := view[position + HEADER.size : end]) != checksum:
            return
        yield payload, end
        position = end


def is_torn(data: bytes) -> bool:
    """Whether what follows the last complete frame can be the beginning of one, cut short; else it is damage."""
    if len(data) < HEADER.size:
        return True
    length, _ = HEADER.unpack_from(data)
    return bool(length <= PAYLOAD_MAX and HEADER.size + length > len(data))
