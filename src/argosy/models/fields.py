"""The fields of a dictionary as values: what counts as a number, a category, a text, or as missing. Pure.

Files of comma-separated values hold texts alone, requests over HTTP hold JSON: the same thing said in either must come
out the same, so `12.5` is the number in quotes too. A category has the one form that a label has, see
`label_sets.canonical_label`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf, isfinite, isnan, nan
from typing import Any, Final

from argosy.errors import InputInvalid
from argosy.label_sets import canonical_label
from argosy.typed_values import abridged_list
from argosy.types import FieldKind, Input

_MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none"})
"""Words for a number that is not there."""
LARGEST: Final = 1e100
"""The largest number of a field, and the smallest below zero: sums of squares are computed with them."""


def fields_of(item: Input, reads: Mapping[str, FieldKind]) -> Mapping[str, Any]:
    """The dictionary, or a text as the only field; raises InputInvalid where none of the fields is there."""
    if isinstance(item, str) and len(reads) == 1:
        return {next(iter(reads)): item}
    if not isinstance(item, Mapping):
        raise InputInvalid(f"the model reads a dictionary of the fields {', '.join(reads)}; the input is a text")
    if not any(name in item for name in reads):
        have = abridged_list(item) or "none"
        raise InputInvalid(f"the model reads the fields {', '.join(reads)}; the input has these fields: {have}")
    return item


def can_be_read(item: Input, reads: Mapping[str, FieldKind]) -> bool:
    """Whether a model that reads these fields can learn from it: it has one of them, and none of another kind."""
    if not reads:  # tensors, which are no fields
        return True
    try:
        row = fields_of(item, reads)
        for name, kind in reads.items():
            if kind == "number":
                number_of(row.get(name), name)
            else:
                category_of(row.get(name), name)
    except InputInvalid:
        return False
    [first, *others] = reads
    return bool(others) or reads[first] != "text" or isinstance(row.get(first), str)


def number_of(value: Any, name: str) -> float:
    """The number, NaN where it is missing; raises InputInvalid where it is too large, or something else."""
    number = _number(value, name)
    if abs(number) > LARGEST:
        raise InputInvalid(f"the field '{name}' must be a number between {-LARGEST:g} and {LARGEST:g}")
    return number


def _number(value: Any, name: str) -> float:
    """As `number_of`, of any size; infinite where it is beyond what a float can be."""
    if value is None:
        return nan
    if isinstance(value, str) and value.strip().lower() in _MISSING:
        return nan
    try:
        number = nan if isinstance(value, list | dict) else float(value)
        if isnan(number) and not isinstance(value, float):
            raise ValueError
    except OverflowError:
        return inf
    except (TypeError, ValueError):
        raise InputInvalid(f"the field '{name}' must be a number, not {_kind(value)}") from None
    return number


def category_of(value: Any, name: str) -> str | None:
    """The category's name, None where it is missing."""
    if isinstance(value, str):
        return canonical_label(value) or None
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return None
    if isinstance(value, bool | int | float):
        return canonical_label(value)
    raise InputInvalid(f"the field '{name}' must be a text, a number or a truth value, not {_kind(value)}")


def written_of(value: Any, name: str) -> str:
    """The text; a number as it is written, nothing where it is missing."""
    if isinstance(value, str):
        return value
    return category_of(value, name) or ""


def infer(rows: Sequence[Mapping[str, Any]], max_categories: int) -> dict[str, FieldKind]:
    """What each field looks like, by name.

    Numbers where every value is one; a category where there are at most `max_categories` values, each twice on average;
    else a text, unless no two values are alike and none has a space: that is an identifier and left out, as are fields
    that are always missing and those that hold lists or dictionaries.
    """
    names = sorted({str(name) for row in rows for name in row})
    looked = ((name, _look([row.get(name) for row in rows], name, max_categories)) for name in names)
    return {name: kind for name, kind in looked if kind}


def _look(values: Iterable[Any], name: str, max_categories: int) -> FieldKind | None:
    there = [value for value in values if not _is_missing(value)]
    if not there or any(isinstance(value, list | dict) for value in there):
        return None
    if all(_is_number(value, name) for value in there):
        return "number"
    distinct = {category_of(value, name) for value in there}
    if len(distinct) <= max_categories and 2 * len(distinct) <= len(there):
        return "category"
    is_identifier = len(distinct) == len(there) and not any(" " in str(value).strip() for value in there)
    return None if is_identifier else "text"


def _is_missing(value: Any) -> bool:
    return (
        value is None or (isinstance(value, str) and not value.strip()) or (isinstance(value, float) and isnan(value))
    )


def _is_number(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return False
    try:
        _number(value, name)
    except InputInvalid:
        return False
    return True


def _kind(value: Any) -> str:
    names: dict[type, str] = {str: "a text", list: "a list", dict: "a dictionary"}
    return names.get(type(value), f"a {type(value).__name__}")
