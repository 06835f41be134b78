"""How a file of examples is read: what its user says about it, and how messages write an option."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import msgspec

from argosy.errors import ExamplesInvalid, nearest
from argosy.models.inputs import TEXT_BYTES

Quoting = Literal["check", "none", "trust"]
QUOTING: tuple[Quoting, ...] = get_args(Quoting)
NONE = "none"
"""In place of a column's name: there is no such column, whatever the names look like."""


class Columns(msgspec.Struct, frozen=True):
    """The names of a file's columns; None is found by its usual names. `fields` make a dictionary of the input.

    A name may be a path into objects: `payload.text`.
    """

    text: str | None = None
    label: str | None = None
    seen_at: str | None = None
    subject: str | None = None
    source: str | None = None
    split: str | None = None
    origin: str | None = None
    fields: tuple[str, ...] = ()


def as_argument(option: str, value: str = "") -> str:
    """An option as it is given in Python."""
    return f"{option}='{value}'" if value else f"{option}=True"


class FileOptions(msgspec.Struct, frozen=True):
    """`quoting`, in CSV: `check` refuses a cell that seems to have swallowed rows, `none` takes a quote as a letter."""

    columns: Columns = Columns()
    skip_bad: bool = False
    """Leave bad rows out, in place of refusing the file."""
    encoding: str = ""
    """Of text; empty: UTF-8."""
    quoting: str = "check"
    sheet: str = ""
    """Of a spreadsheet; empty: the first."""
    text_bytes: int = TEXT_BYTES
    spelled: Callable[[str, str], str] = as_argument
    """How a message writes an option and its value, where it has one."""

    def flag(self, option: str) -> str:
        """An option that has no value, as a message writes it."""
        return self.spelled(option, "")


def check_quoting(quoting: str) -> Quoting:
    """The quoting; raises ExamplesInvalid listing those there are."""
    for one in QUOTING:
        if one == quoting:
            return one
    raise ExamplesInvalid(f"there is no quoting '{quoting}'{nearest(quoting, QUOTING)}; it is {', '.join(QUOTING)}")
