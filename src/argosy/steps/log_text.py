"""The output of a command as bounded text without control characters."""

from __future__ import annotations

import re
from collections import deque
from typing import Final

from argosy.terminal_text import visible

HEAD_BYTES: Final = 64 << 10
TAIL_BYTES: Final = 448 << 10
_ESCAPE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]+[0-~]|[0-Z\\a-~])"
)


class BoundedLog:
    """The first and the last of what is added, with a line that says how much is left out between them."""

    def __init__(self, head_bytes: int = HEAD_BYTES, tail_bytes: int = TAIL_BYTES) -> None:
        self._head_bytes, self._tail_bytes = head_bytes, tail_bytes
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._in_tail = self._left_out = 0

    def add(self, chunk: bytes) -> None:
        room = self._head_bytes - len(self._head)
        self._head += chunk[:room]
        rest = chunk[room:]
        if rest:
            self._tail.append(rest)
            self._in_tail += len(rest)
        while self._in_tail - len(self._tail[0] if self._tail else b"") > self._tail_bytes:
            dropped = len(self._tail.popleft())
            self._in_tail -= dropped
            self._left_out += dropped

    def text(self) -> str:
        tail = b"".join(self._tail)
        surplus = max(0, len(tail) - self._tail_bytes)
        left_out = self._left_out + surplus
        between = f"\n… {left_out:,} bytes are left out here …\n".encode() if left_out else b""
        return plain_text(bytes(self._head) + between + tail[surplus:])


def plain_text(printed: bytes) -> str:
    """Without colours and movements of the cursor; of a line that was overwritten, what it was in the end."""
    text = _ESCAPE.sub("", printed.decode("utf-8", errors="replace")).replace("\r\n", "\n")
    return visible("\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")))
