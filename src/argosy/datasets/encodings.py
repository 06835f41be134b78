"""Which encoding a text is in that is not UTF-8: seen by its first bytes, or guessed among those that fit. Pure."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Final

from argosy.errors import ExamplesInvalid

GUESSES: Final[tuple[str, ...]] = ("cp1252", "shift_jis", "gb18030", "big5", "euc_kr", "cp1251")
"""Usual encodings other than UTF-8, the most usual first."""
HEAD_BYTES: Final = 256
_NULS: Final = {"utf-32-le": "0111", "utf-32-be": "1110", "utf-16-le": "0101", "utf-16-be": "1010"}
"""Which of four bytes are mostly NUL (1), and which never."""
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def canonical_encoding(name: str) -> str:
    """The encoding's usual name, empty for UTF-8; raises ExamplesInvalid where Python knows none of that name."""
    try:
        found = codecs.lookup(name or "utf-8")
        if not found._is_text_encoding:  # the only way to distinguish rot13 and gzip from encodings
            raise LookupError
    except (LookupError, ValueError):
        known = "cp1252, latin-1, cp1251, utf-16, shift_jis and others that Python knows"
        raise ExamplesInvalid(f"there is no encoding '{name}'; there are: {known}") from None
    return "" if found.name in ("utf-8", "utf-8-sig") else found.name


def wide_encoding(head: bytes) -> str:
    """UTF-16 or UTF-32, by the mark that a file begins with or by its NUL bytes; else empty."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    head = head[: len(head[:HEAD_BYTES]) // 4 * 4]
    nulls = [head[place::4].count(0) for place in range(4)]
    if not any(nulls):
        return ""
    half = len(head) // 8
    for name, places in _NULS.items():
        if all(count > half if place == "1" else not count for count, place in zip(nulls, places, strict=True)):
            return name
    return ""


class EncodingGuess:
    """What fits all of the text that was seen."""

    def __init__(self) -> None:
        self._fitting, self._has_utf_8, self._has_other = GUESSES, False, False

    def add(self, content: bytes) -> None:
        """Look at some text, such as a line."""
        if content.isascii():
            return
        if _fits(content, "utf-8"):
            self._has_utf_8 = True
        else:
            self._has_other = True
            self._fitting = tuple(name for name in self._fitting if _fits(content, name))

    def hint(self, spelled: Callable[[str, str], str]) -> str:
        """What would read it; empty where all of it is UTF-8. `spelled` is how an option and its value are written."""
        if not self._has_other:
            return ""
        if self._has_utf_8:
            return "the rest is UTF-8, so what is not may be damaged"
        if not self._fitting:
            return f"{spelled('encoding', 'NAME')} reads what is not UTF-8, where you know how it was written"
        name, *others = self._fitting
        if name == GUESSES[0]:
            return f"{spelled('encoding', name)} reads what is not UTF-8, if that is how it was written, as is often so"
        fit = f"of the usual ones {' and '.join((name, *others))} would fit" if others else "the usual one that fits"
        return f"{spelled('encoding', name)} reads what is not UTF-8, if that is how it was written: {fit}"


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
