"""Values from outside (a plan's options, settings) against annotations: converted, or refused in one sentence.

The sentence says what is allowed: `expected one of linear, poly, rbf, sigmoid; got 'rfb' (did you mean 'rbf'?)`.
A whole number is taken where a number is declared; a number written as text, or `true` for 1, is refused, and so is
what JSON cannot hold (infinities, NaN).
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

import msgspec

from argosy.errors import DefinitionInvalid, nearest
from argosy.shortening import shortened
from argosy.terminal_text import visible_line
from argosy.type_words import words

S = TypeVar("S", bound=msgspec.Struct)

_LISTS = (list, tuple, set, frozenset, Sequence)
_SHOWN_CHARACTERS = 60
_LISTED = 20


def checked_value(annotation: Any, value: Any, path: str) -> Any:
    """The value converted to its annotation; raises DefinitionInvalid at `path`."""
    try:
        plain = msgspec.to_builtins(value)
        if _is_finite(plain):
            return msgspec.convert(plain, annotation, strict=True)
    except (msgspec.ValidationError, TypeError):
        pass
    raise DefinitionInvalid(f"expected {in_words(annotation)}; got {shown(value)}{_hint(annotation, value)}", path)


def checked_json(annotation: Any, value: Any, path: str) -> Any:
    """The same as JSON holds it: tuples as lists, enumerations as their values."""
    return as_json(checked_value(annotation, value, path))


def as_json(value: Any) -> Any:
    """The value with JSON's types alone."""
    return msgspec.json.decode(msgspec.json.encode(value))


def checked_struct(struct: type[S], values: Any, path: str = "") -> S:
    """A struct from a mapping, field by field and recursively, so that an error names the field and what it takes."""
    if not isinstance(values, Mapping):
        raise DefinitionInvalid(f"expected a mapping; got {shown(values)}", path)
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    given: dict[str, Any] = {}
    for name, value in values.items():
        where = f"{path}.{name}" if path else str(name)
        if name not in fields:
            known = f"{nearest(str(name), fields)}; there are: {', '.join(fields)}"
            raise DefinitionInvalid(f"no such setting{known}", where)
        given[fields[name].name] = _checked_field(fields[name].type, value, where)
    for name, field in fields.items():
        if field.required and name not in values:
            raise DefinitionInvalid("is missing", f"{path}.{name}" if path else name)
    return struct(**given)


def admits_list(annotation: Any) -> bool:
    """Whether a list can be one value of that type."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return admits_list(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return any(admits_list(each) for each in typing.get_args(annotation))
    return (origin or annotation) in _LISTS


def in_words(annotation: Any) -> str:
    """What the annotation allows: `a whole number of at least 1`, `one of linear, rbf`."""
    return words(annotation)


def shown(value: Any) -> str:
    """A value as the user wrote it, cut short."""
    if isinstance(value, str):
        return abridged(repr(value))
    return abridged(visible_line(json.dumps(value, default=repr, ensure_ascii=False)))


def abridged(text: str) -> str:
    """The text, cut to what an error shows of a value."""
    return shortened(text, _SHOWN_CHARACTERS)


def abridged_list(names: Collection[Any]) -> str:
    """Names as they are, the first few and each cut short: `a, b, … (12 in all)`."""
    first = [abridged(str(name)) for name in islice(names, _LISTED)]
    return ", ".join(first) + (f", … ({len(names):,} in all)" if len(names) > _LISTED else "")


def _checked_field(annotation: Any, value: Any, path: str) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return checked_struct(annotation, {} if value is None else value, path)
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is list and isinstance(value, list) and isinstance(arguments[0], type):
        return [_checked_field(arguments[0], each, f"{path}[{place}]") for place, each in enumerate(value)]
    if typing.get_origin(annotation) is dict and isinstance(value, Mapping):
        return {name: _checked_field(arguments[1], each, f"{path}.{name}") for name, each in value.items()}
    return checked_value(annotation, value, path)


def _is_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    return all(map(_is_finite, value.values())) if isinstance(value, dict) else True


def _hint(annotation: Any, value: Any) -> str:
    """The nearest of a Literal's texts; of what YAML took for a number or a truth value, how it stays text."""
    if isinstance(value, bool | int | float) and _admits(annotation, str(value)):
        return ": quote it, as text"
    if not isinstance(value, str) or typing.get_origin(annotation) is not typing.Literal:
        return ""
    return nearest(value, [text for text in typing.get_args(annotation) if isinstance(text, str)])


def _admits(annotation: Any, text: str) -> bool:
    try:
        return isinstance(msgspec.convert(text, annotation, strict=True), str)
    except (msgspec.ValidationError, TypeError):
        return False
