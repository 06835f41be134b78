"""Exports of annotation tools as plain rows: Label Studio's tasks, Argilla's records. Pure.

A text that several people have labelled makes a row for each of them, and the conflict rule settles where they
disagree. A text that nobody has labelled, or that somebody skipped, makes a row without a label. What a model suggested
is no label.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from argosy.label_sets import CHOICES, label_of_choices

Row = Mapping[str, Any]
Rows = Iterator[tuple[int, Row | str]]

_RESPONSES = ".responses"
_LOOKED_AT = 200


def unwrapped(rows: Rows) -> Rows:
    """The rows as they are, or those that they stand for where the first one shows that a tool exported them."""
    before: list[tuple[int, Row | str]] = []
    for number, row in itertools.islice(rows, _LOOKED_AT):
        before.append((number, row))
        if not isinstance(row, str):
            break
    unwrap = _tool(before[-1][1]) if before else None
    whole = itertools.chain(before, rows)
    return whole if unwrap is None else _each(whole, unwrap)


def is_export(names: Collection[str]) -> bool:
    """Whether such columns are of a tool's export, which is read whole."""
    return any(f"{name}.status" in names for name in names if name.endswith(_RESPONSES))


def _each(rows: Rows, unwrap: Callable[[Row], Iterable[Row]]) -> Rows:
    """One row a person, and so with numbers of their own."""
    number = itertools.count(1)
    for _, row in rows:
        if isinstance(row, str):
            yield next(number), row
        else:
            yield from ((next(number), one) for one in unwrap(row))


def _tool(row: Row | str) -> Callable[[Row], Iterable[Row]] | None:
    if isinstance(row, str):
        return None
    if isinstance(row.get("data"), dict) and isinstance(row.get("annotations"), list):
        return _of_label_studio
    if isinstance(row.get("fields"), dict) and isinstance(row.get("responses"), dict):
        return _of_argilla
    return _of_flat_argilla if is_export(row) else None


def _of_label_studio(task: Row) -> Iterator[Row]:
    given = [one for one in task.get("annotations") or () if not one.get("was_cancelled")]
    for annotation in given or [{}]:
        row = dict(task.get("data") or {})
        for result in annotation.get("result") or ():
            if choices := (result.get("value") or {}).get(CHOICES):
                row[result.get("from_name") or "label"] = label_of_choices(choices)
        if when := annotation.get("created_at"):
            row.setdefault("created_at", when)
        yield row


def _of_argilla(record: Row) -> Iterator[Row]:
    fields, responses = record.get("fields") or {}, record.get("responses") or {}
    said = [
        (question, one.get("user_id"), one.get("status"), one.get("value"))
        for question, given in responses.items()
        for one in given or ()
    ]
    return _by_person({**(record.get("metadata") or {}), **fields}, said)


def _of_flat_argilla(record: Row) -> Iterator[Row]:
    questions = [name.removesuffix(_RESPONSES) for name in record if name.endswith(_RESPONSES)]
    own = {name: value for name, value in record.items() if not any(name.startswith(f"{q}.") for q in questions)}
    columns = ("", ".users", ".status")
    said = [
        (question, user, status, value)
        for question in questions
        for value, user, status in itertools.zip_longest(
            *(record.get(f"{question}{_RESPONSES}{kind}") or () for kind in columns)
        )
    ]
    return _by_person(own, said)


def _by_person(fields: Row, said: Iterable[tuple[str, Any, Any, Any]]) -> Iterator[Row]:
    rows: dict[Any, dict[str, Any]] = {}
    for question, person, status, value in said:
        if status in (None, "submitted"):
            rows.setdefault(person, {})[question] = value
    yield from ({**fields, **answers} for answers in rows.values() or [{}])
