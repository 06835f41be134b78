"""Text from data as a terminal and a log may show it: nothing in it moves the cursor, changes colours or hides a part.

Control characters, and those that turn the direction of writing, are shown as escapes such as \\x1b and \\u202e. Pure.
"""

from __future__ import annotations

from typing import Final

_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_LINES = "\u2028\u2029"
_UNSAFE = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *_DIRECTIONS, *_LINES]

ESCAPES: Final = {ord(one): ascii(one)[1:-1] for one in _UNSAFE}
"""For what is to stay on its line."""
_TEXT: Final = {code: escape for code, escape in ESCAPES.items() if chr(code) not in "\n\t"}
IN_JSON: Final = {code: f"\\u{code:04x}" for code in ESCAPES if code >= 0x7F}
"""What JSON lets stand as it is: the same value, written otherwise."""


def visible(text: str) -> str:
    """A text of one line or several."""
    return text.translate(_TEXT)


def visible_line(text: str) -> str:
    """A text within a line or a cell: line breaks and tabs are shown too."""
    return text.translate(ESCAPES)
