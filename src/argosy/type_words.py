"""An annotation in words, for error messages and listings: `a number greater than 0`."""

from __future__ import annotations

from typing import Any

import msgspec.inspect
from msgspec.inspect import Type


def words(annotation: Any) -> str:
    """What the annotation allows."""
    return _words(msgspec.inspect.type_info(annotation))


def _words(kind: Type) -> str:
    match kind:
        case msgspec.inspect.Metadata(type=kind_itself, extra_json_schema=schema):
            return (schema or {}).get("title") or _words(kind_itself)
        case msgspec.inspect.UnionType(types=kinds):
            return " or ".join(map(_words, sorted(kinds, key=lambda each: isinstance(each, msgspec.inspect.NoneType))))
        case msgspec.inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}"
        case msgspec.inspect.EnumType(cls=cls):
            return f"one of {', '.join(str(member.value) for member in cls)}"
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            return _number(kind)
        case msgspec.inspect.StrType():
            return _text(kind)
        case msgspec.inspect.BoolType():
            return "true or false"
        case msgspec.inspect.NoneType():
            return "nothing (null)"
        case msgspec.inspect.AnyType():
            return "any value"
        case _:
            return _many(kind)


def _number(kind: msgspec.inspect.IntType | msgspec.inspect.FloatType) -> str:
    name = "a whole number" if isinstance(kind, msgspec.inspect.IntType) else "a number"
    bounds = [
        f"{sentence} {bound:g}"
        for sentence, bound in (
            ("greater than", kind.gt),
            ("of at least", kind.ge),
            ("less than", kind.lt),
            ("of at most", kind.le),
        )
        if bound is not None
    ]
    return " ".join([name, " and ".join(bounds)]).strip()


def _text(kind: msgspec.inspect.StrType) -> str:
    if kind.pattern:
        return f"text that matches {kind.pattern}"
    return "text that is not empty" if kind.min_length else "text"


def _many(kind: Type) -> str:
    match kind:
        case msgspec.inspect.TupleType(item_types=items):
            return f"a list of {len(items)} items ({', '.join(map(_words, items))})"
        case (
            msgspec.inspect.ListType(item_type=item, min_length=least, max_length=most)
            | msgspec.inspect.VarTupleType(item_type=item, min_length=least, max_length=most)
            | msgspec.inspect.SetType(item_type=item, min_length=least, max_length=most)
            | msgspec.inspect.FrozenSetType(item_type=item, min_length=least, max_length=most)
        ):
            return f"a list{_length(least, most)}, each {_words(item)}"
        case msgspec.inspect.DictType(value_type=value):
            return f"a mapping of names to {_words(value)}"
        case _:
            return "a mapping"


def _length(least: int | None, most: int | None) -> str:
    if least is not None and least == most:
        return f" of {least} items"
    at_least = f" of at least {least} items" if least else ""
    return at_least + (f"{' and' if at_least else ' of'} at most {most} items" if most is not None else "")
