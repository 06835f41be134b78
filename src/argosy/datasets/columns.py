"""Which column of a file is what: as the user says, else by the names that columns usually have. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from argosy.datasets.file_options import NONE, Columns, FileOptions
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
_NEEDED = ("text", "label")
_IDENTITIES = ("subject", "source", "origin")
_PREDICTION = re.compile(r"[0-9a-f]{44}")
_LISTED = 30
_DEPTH = 5


def detect(names: Iterable[str], options: FileOptions, where: str, rows: Sequence[Mapping[str, Any]] = ()) -> Columns:
    """The user's columns completed from the names a file has; raises ExamplesInvalid where one is not there.

    A role whose column is None is switched off; one that no row has so far keeps its usual name, for later rows.
    `rows` are some of the first, for a column that may be meant within objects.
    """
    known, given = list(names), options.columns
    if given.text and given.fields:
        raise ExamplesInvalid(f"{where}: an input is either one text column or fields, not both")
    by_name = {normal(name): name for name in reversed(known)}
    by_folded = {normal(name).casefold(): name for name in reversed(known)}

    def column(name: str) -> str:
        found = name if name in known else by_name.get(normal(name))
        if found is None and not (known and _head(name, known)):
            raise ExamplesInvalid(f"{where}: no column is called '{name}'{nearest(name, known)}; {_there(known)}")
        return name if found is None else found

    fields = tuple(column(name) for name in given.fields)
    found: dict[str, str | None] = {}
    for role, usual in _USUAL.items():
        named = getattr(given, role)
        if named == NONE and role not in _NEEDED:
            found[role] = None
        elif named:
            found[role] = column(named)
        else:
            there = (by_folded[name] for name in usual if name in by_folded and by_folded[name] not in fields)
            later = None if role in _NEEDED or usual[0] in fields else usual[0]
            found[role] = next(there, later)
    if fields:
        found["text"] = None
    for role in _NEEDED:
        if found[role] is None and not (fields and role == "text"):
            option = options.spelled(role, _usual_path(role, rows) or "COLUMN")
            raise ExamplesInvalid(f"{where}: which column is the {role}? Say it with {option}; {_there(known)}")
    return Columns(**found, fields=fields)


def confirmed(found: Columns, options: FileOptions, rows: Sequence[Mapping[str, Any]], where: str) -> Columns:
    """What was detected, without guesses that the first rows belie.

    Raises ExamplesInvalid where the user names a column of objects for what is a name, a time or a split.
    """
    off: dict[str, None] = {}
    is_ours = any("example_id" in row for row in rows)
    for role in _USUAL.keys() - set(_NEEDED):
        name = getattr(found, role)
        values = [value for row in rows if name is not None and (value := row.get(name)) is not None]
        is_guess = getattr(options.columns, role) is None
        are_objects = bool(values) and all(isinstance(value, dict) for value in values)
        if are_objects and not is_guess:
            inner = next((f"{name}.{key}" for value in values for key in value), "")
            hint = f": name one of their fields, such as {options.spelled(role, inner)}" if inner else ""
            raise ExamplesInvalid(f"{where}: the column '{name}' holds objects{hint}")
        are_predictions = is_ours or all(_PREDICTION.fullmatch(str(value)) for value in values if value != "")
        if is_guess and (are_objects or (role == "origin" and not are_predictions)):
            off[role] = None
    return msgspec.structs.replace(found, **off)


def columns_read(columns: Columns, names: Iterable[str]) -> dict[str, str]:
    """What was read from which column, of the columns that were there."""
    known = set(names)
    found = {role: getattr(columns, role) for role in _USUAL}
    read = {role: name for role, name in found.items() if name in known or (name and _head(name, known))}
    return {"fields": ", ".join(columns.fields), **read} if columns.fields else read


def used(columns: Columns, names: Sequence[str]) -> list[str]:
    """The columns of a file that are read, in their order."""
    asked = {*columns.fields, *(getattr(columns, role) for role in _USUAL)} - {None}
    wanted = {name if name in names else _head(name, names) for name in asked}
    return [name for name in names if name in wanted]


def paths(columns: Columns, names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Columns that are paths into objects: the head's name, then the keys below it."""
    asked = {*columns.fields, *(getattr(columns, role) for role in _USUAL)} - {None}
    found = {name: _head(name, names) for name in asked if name not in names}
    return {name: (head, *name[len(head) + 1 :].split(".")) for name, head in found.items() if head}


def value_at(row: Any, path: tuple[str, ...]) -> Any:
    """What lies at the path; None where nothing does. A number picks from a list."""
    for key in path:
        if isinstance(row, Mapping):
            row = row.get(key)
        elif isinstance(row, list) and key.isdecimal() and int(key) < len(row):
            row = row[int(key)]
        else:
            return None
    return row


def identities(given: Columns) -> tuple[str, ...]:
    """The columns that hold names of somebody or something, under the name that is given or usual."""
    return tuple(getattr(given, role) or role for role in _IDENTITIES)


def usual_column(role: str, names: Sequence[str]) -> str:
    """The column that has the most usual name of a role; empty where none has one."""
    by_folded = {normal(name).casefold(): name for name in reversed(names)}
    return next((by_folded[name] for name in _USUAL[role] if name in by_folded), "")


def is_usual(name: str) -> bool:
    """Whether some role's column usually has that name."""
    folded = normal(name).casefold()
    return any(folded in usual for usual in _USUAL.values())


def normal(name: str) -> str:
    """A column's name in the form in which two are compared."""
    return unicodedata.normalize("NFC", name).strip()


def check_column_names(names: Iterable[str], where: str) -> None:
    """Raise ExamplesInvalid where two columns share a name; those without one are never read."""
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise ExamplesInvalid(f"{where}: two columns are called '{twice[0]}': give each a name of its own")


def _head(name: str, known: Collection[str]) -> str:
    """The column that a path begins with, the longest there is; empty where there is none."""
    parts = name.split(".")
    heads = (".".join(parts[:at]) for at in range(len(parts) - 1, 0, -1))
    return next((head for head in heads if head in known), "")


def _usual_path(role: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Where in the rows' objects something has a usual name of the role; empty where nothing has."""
    level: list[tuple[str, Any]] = [("", value) for value in rows]
    for _ in range(_DEPTH):
        level = [
            (f"{path}.{key}" if path else str(key), value)
            for path, one in level
            if isinstance(one, Mapping)
            for key, value in one.items()
        ]
        usual: dict[str, str] = {
            normal(path.rpartition(".")[2]).casefold(): path
            for path, value in reversed(level)
            if not isinstance(value, Mapping)
        }
        if found := next((usual[name] for name in _USUAL[role] if name in usual), None):
            return found
    return ""


def _there(known: list[str]) -> str:
    shown = [*known[:_LISTED], *(["…"] if len(known) > _LISTED else [])]
    return f"there are: {', '.join(shown)}" if known else "the file has none"
