"""Universal Binary JSON, draft 12, as XGBoost writes it: read with a bound on nesting, and never past the end."""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np

DEEPEST: Final = 64
_NUMBERS: Final = {"i": ">i1", "U": ">u1", "I": ">i2", "l": ">i4", "L": ">i8", "d": ">f4", "D": ">f8"}
_CONSTANTS: Final = {"Z": None, "T": True, "F": False}
_COUNTS: Final = "iUIlL"


def read_ubjson(content: bytes) -> Any:
    """The value; arrays of one type of number are NumPy's. Raises ValueError."""
    try:
        return _UbjsonReader(content).value()
    except (IndexError, struct.error, KeyError) as error:
        raise ValueError(f"it ends early, or has an unknown type: {error}") from None


class _UbjsonReader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def value(self, depth: int = 0, kind: str = "") -> Any:
        if depth > DEEPEST:
            raise ValueError("it is nested too deeply")
        kind = kind or self._mark()
        if kind in _NUMBERS:
            return np.frombuffer(self._take(np.dtype(_NUMBERS[kind]).itemsize), _NUMBERS[kind])[0].item()
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind == "S":
            return self._text()
        if kind == "C":
            return self._take(1).decode("latin-1")
        return self._array(depth) if kind == "[" else self._mapping(depth) if kind == "{" else _unknown(kind)

    def _array(self, depth: int) -> Any:
        kind, count = self._announced()
        if kind in _NUMBERS and count is not None:
            dtype = np.dtype(_NUMBERS[kind])
            found = np.frombuffer(self._take(count * dtype.itemsize), dtype)
            return found.astype(dtype.newbyteorder("="))
        if count is not None:
            return [self.value(depth + 1, kind) for _ in range(self._bounded(count))]
        items = []
        while self._peek() != "]":
            items.append(self.value(depth + 1, kind))
        self._at += 1
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        kind, count = self._announced()
        found = {}
        left = self._bounded(count) if count is not None else -1
        while left if count is not None else self._peek() != "}":
            name = self._text()
            found[name] = self.value(depth + 1, kind)
            left -= 1
        self._at += count is None
        return found

    def _announced(self) -> tuple[str, int | None]:
        """The type and the number of what follows, where they are said beforehand."""
        kind = ""
        if self._peek() == "$":
            self._at += 1
            kind = self._mark()
        if self._peek() != "#":
            return kind, None
        self._at += 1
        return kind, self._count()

    def _bounded(self, count: int) -> int:
        if count > len(self._content):
            raise ValueError("it announces more than it holds")
        return count

    def _count(self) -> int:
        kind = self._mark()
        count = self.value(kind=kind) if kind in _COUNTS else _unknown(kind)
        if count < 0:
            raise ValueError("it announces less than nothing")
        return int(count)

    def _text(self) -> str:
        return self._take(self._count()).decode("utf-8", "replace")

    def _mark(self) -> str:
        kind = self._peek()
        self._at += 1
        return self._mark() if kind == "N" else kind

    def _peek(self) -> str:
        return chr(self._content[self._at])

    def _take(self, size: int) -> bytes:
        if self._at + size > len(self._content):
            raise ValueError("it ends early")
        self._at += size
        return self._content[self._at - size : self._at]


def _unknown(kind: str) -> Any:
    raise ValueError(f"it has an unknown type {kind!r}")
