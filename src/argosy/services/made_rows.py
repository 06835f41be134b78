"""What a project's function returns, as rows of values that can be logged and answered. Pure."""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

import numpy as np

from argosy.errors import ServiceStepFailed
from argosy.models.inputs import LARGEST_INT, LEAST_INT, NESTING
from argosy.typed_values import abridged

Row: TypeAlias = dict[str, Any]
_PLAIN: Final = frozenset((str, int, bool, type(None)))


def rows_made(function: str, made: Any, count: int) -> list[Row]:
    """What a function made of so many rows: as many, each a dictionary. Raises ServiceStepFailed."""
    if not isinstance(made, list) or not all(isinstance(row, dict) for row in made):
        raise ServiceStepFailed(f"{function} must return a list of dictionaries, and returned {_noun(made)}")
    if len(made) != count:
        raise ServiceStepFailed(f"{function} was given {count} rows and returned {len(made)}")
    try:
        return [{name: _plain(name, value) for name, value in row.items()} for row in made]
    except ValueError as problem:
        raise ServiceStepFailed(f"{function} returned {problem}") from None


def _json_value(value: Any, levels: int = NESTING) -> Any:
    """A value as JSON has it: NumPy's as Python's, NaN as missing; raises ValueError where JSON has none like it."""
    kind = type(value)
    if kind is float:
        if math.isinf(value):
            raise ValueError("an infinite number")
        return value if value == value else None
    if kind is int and not LEAST_INT <= value <= LARGEST_INT:
        raise ValueError("a whole number of more than 64 bits: return it as a text")
    if kind is str and not value.isascii() and not _is_unicode(value):
        raise ValueError("a text with half of a surrogate pair, which is no Unicode")
    if kind in _PLAIN:
        return value
    if not levels:
        raise ValueError(f"what is nested over {NESTING} levels deep")
    if isinstance(value, np.generic):
        return _json_value(value.item(), levels - 1)
    if isinstance(value, dict) and all(type(name) is str for name in value):
        return {name: _json_value(each, levels - 1) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(each, levels - 1) for each in value]
    raise ValueError(
        f"a {kind.__name__}: return texts, numbers, true or false, None, or lists and dictionaries of them"
    )


def _plain(name: Any, value: Any) -> Any:
    if type(name) is not str:
        raise ValueError(f"a row with a name that is a {type(name).__name__}: names are texts")
    try:
        return _json_value(value)
    except ValueError as problem:
        raise ValueError(f"as '{abridged(name)}' {problem}") from None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _noun(made: Any) -> str:
    if isinstance(made, list):
        wrong = next(row for row in made if not isinstance(row, dict))
        return f"a list with a {type(wrong).__name__}"
    return f"a {type(made).__name__}"
