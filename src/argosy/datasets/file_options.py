"""How a file of examples is read: what its user says about it, and how messages write an option."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import msgspec

from argosy.errors import ExamplesInvalid, nearest
from argosy.models.inputs import TEXT_BYTES

Format = Literal["JSON", "CSV or TSV", "Parquet", "a spreadsheet"]
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


Spelled = Callable[[str, str], str]
"""How a message writes an option and its value; an empty value is that of a flag."""


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
    missing: frozenset[str] = frozenset()
    """Words that stand for no label."""
    text_bytes: int = TEXT_BYTES
    spelled: Spelled = as_argument

    def check_format(self, form: Format, where: str) -> None:
        """Raise ExamplesInvalid on an option that files of this format do not have."""
        defaults = FileOptions()
        for name, forms in _TAKEN_BY.items():
            value = getattr(self, name)
            if value != getattr(defaults, name) and form not in forms:
                fits = f"is for {' and '.join(forms)}, and this is {form}"
                raise ExamplesInvalid(f"{where}: {self.spelled(name, value)} {fits}: leave it out")

    def check_bare(self, where: str) -> None:
        """Raise ExamplesInvalid on an option that rows which are not read by columns do not have."""
        named = msgspec.structs.asdict(self.columns)
        ignored = [self.spelled(name, str(value)) for name, value in named.items() if value]
        ignored += [self.spelled("missing", ",".join(sorted(self.missing)))] if self.missing else []
        ignored += [self.flag("skip_bad")] if self.skip_bad else []
        if ignored:
            raise ExamplesInvalid(f"{ignored[0]} is for data frames and dictionaries, and {where}: leave it out")

    def flag(self, option: str) -> str:
        """An option that has no value, as a message writes it."""
        return self.spelled(option, "")


_TAKEN_BY: Mapping[str, tuple[Format, ...]] = {
    "encoding": ("JSON", "CSV or TSV"),
    "quoting": ("CSV or TSV",),
    "sheet": ("a spreadsheet",),
}
"""The options that belong to some formats alone."""


def check_quoting(quoting: str) -> Quoting:
    """The quoting; raises ExamplesInvalid listing those there are."""
    for one in QUOTING:
        if one == quoting:
            return one
    raise ExamplesInvalid(f"there is no quoting '{quoting}'{nearest(quoting, QUOTING)}; it is {', '.join(QUOTING)}")
