"""Cells of the CSV files that we write for people: a spreadsheet must not run a text as a formula.

A text that a spreadsheet might take for one is written with an apostrophe before it, and so is a text that would look
like that already: reading takes exactly one away, and every text comes back as it was. Pure.
"""

from __future__ import annotations

import re

_RISKY = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


def guarded(text: str) -> str:
    """The cell for a text; plain numbers stay as they are."""
    return f"'{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell that `guarded` made."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell) else cell
