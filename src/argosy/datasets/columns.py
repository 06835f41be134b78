"""Which column of a file is what: as the user says, else by the names that columns usually have."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from argosy.errors import ExamplesInvalid, nearest

_USUAL: dict[str, tuple[str, ...]] = {
    "text": ("text", "input", "message", "sentence", "content", "body", "document", "tweet", "review", "comment",
             "question", "utterance", "query", "claim"),
    "label": ("label", "labels", "class", "category", "target", "intent", "sentiment", "topic", "tag", "y"),
    "seen_at": ("seen_at", "created_at", "timestamp", "datetime", "date", "time"),
    "subject": ("subject",),
    "source": ("source",),
    "split": ("split",),
    "origin": ("origin",),
}  # fmt: skip
_IDENTITIES = ("subject", "source", "origin")
_LISTED = 30


class Columns(msgspec.Struct, frozen=True):
    """The names of a file's columns; None is found by its usual names. `fields` make a dictionary of the input."""

    text: str | None = None
    label: str | None = None
    seen_at: str | None = None
    subject: str | None = None
    source: str | None = None
    split: str | None = None
    origin: str | None = None
    fields: tuple[str, ...] = ()


def detect(names: Iterable[str], given: Columns, where: str) -> Columns:
    """`given` completed from the names a file has; raises ExamplesInvalid where a column is not there."""
    known = list(names)
    by_folded = {name.strip().casefold(): name for name in reversed(known)}
    for name in (*(getattr(given, role) for role in _USUAL), *given.fields):
        if name is not None and name not in known:
            raise ExamplesInvalid(f"{where}: no column is called '{name}'{nearest(name, known)}; {_there(known)}")
    if given.text and given.fields:
        raise ExamplesInvalid(f"{where}: an input is either one text column or fields, not both")
    found: dict[str, str | None] = {}
    for role, usual in _USUAL.items():
        named = getattr(given, role)
        there = next(
            (by_folded[name] for name in usual if name in by_folded and by_folded[name] not in given.fields), None
        )
        later = None if role in ("text", "label") or usual[0] in given.fields else usual[0]
        found[role] = named or there or later  # a column that later rows may have
    if given.fields:
        found["text"] = None
    elif found["text"] is None:
        raise ExamplesInvalid(f"{where}: which column is the text? Say it with --text COLUMN; {_there(known)}")
    if found["label"] is None:
        raise ExamplesInvalid(f"{where}: which column is the label? Say it with --label COLUMN; {_there(known)}")
    return Columns(**found, fields=given.fields)


def told(columns: Columns, names: Iterable[str]) -> dict[str, str]:
    """What was read from which column, of the columns that were there."""
    known = set(names)
    found = {role: getattr(columns, role) for role in _USUAL}
    read = {role: name for role, name in found.items() if name in known}
    return {"fields": ", ".join(columns.fields), **read} if columns.fields else read


def identities(given: Columns) -> tuple[str, ...]:
    """The columns that hold names of somebody or something, under the name that is given or usual."""
    return tuple(getattr(given, role) or role for role in _IDENTITIES)


def is_usual(name: str) -> bool:
    """Whether some role's column usually has that name."""
    folded = name.strip().casefold()
    return any(folded in usual for usual in _USUAL.values())


def _there(known: list[str]) -> str:
    shown = [*known[:_LISTED], *(["…"] if len(known) > _LISTED else [])]
    return f"there are: {', '.join(shown)}" if known else "the file has none"
