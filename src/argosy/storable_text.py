"""The rules for text that is kept or asked for: it is UTF-8 and has no NUL, which PostgreSQL has in no text. Pure."""

from __future__ import annotations

from typing import Any, Final

NUL_PROBLEM: Final = "has a NUL character (U+0000), which databases do not keep: remove it"


SURROGATE_PROBLEM: Final = "has half of a character (U+D800 to U+DFFF), which is no text: remove it"


def has_surrogate(value: Any) -> bool:
    """Whether it is a text with half of a pair of UTF-16, as `\\ud800` in JSON makes one."""
    return isinstance(value, str) and not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value)


def has_nul(value: Any) -> bool:
    """Whether it is a text with a NUL."""
    return isinstance(value, str) and "\0" in value


def check_no_nul(noun: str, value: Any) -> None:
    """Raises ValueError where it is a text with a NUL."""
    if has_nul(value):
        raise ValueError(f"the {noun} {NUL_PROBLEM}")


def is_utf8(data: bytes | memoryview) -> bool:
    """Whether it is a text in UTF-8."""
    try:
        str(data, "utf-8")
    except UnicodeDecodeError:
        return False
    return True
