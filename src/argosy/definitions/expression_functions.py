"""What expressions may call: each operator and function with the types that it takes. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

ValueType: TypeAlias = Literal["number", "text", "boolean", "any"]
"""`any` is not known before there is a value."""
MOST_ARGUMENTS: Final = 100
_NUMBERS: Final = (int, float)


def type_of_constant(value: float | str | bool | None) -> ValueType:
    """Of what stands in an expression; `null` may be of any type."""
    if isinstance(value, bool):
        return "boolean"
    return "any" if value is None else "text" if isinstance(value, str) else "number"


class OfValues(msgspec.Struct, frozen=True):
    """`call` gets no None but where it `takes_null`; `result` is the type for arguments of those types, or raises
    ValueError with what it takes."""

    call: Callable[..., Any]
    result: Callable[[Sequence[ValueType]], ValueType]
    takes_null: bool = False


def _of(gives: ValueType, *takes: ValueType) -> Callable[[Sequence[ValueType]], ValueType]:
    """For these arguments and no others."""

    def result(given: Sequence[ValueType]) -> ValueType:
        if len(given) != len(takes):
            raise ValueError(f"takes {len(takes)} and not {len(given)}: {', '.join(takes)}")
        for one, wanted in zip(given, takes, strict=True):
            _check(one, wanted)
        return gives

    return result


def _of_many(gives: ValueType, takes: ValueType, least: int) -> Callable[[Sequence[ValueType]], ValueType]:
    def result(given: Sequence[ValueType]) -> ValueType:
        _check_count(given, least)
        for one in given:
            _check(one, takes)
        return gives

    return result


def _of_same(
    gives: ValueType | None, least: int, most: int = 2, first: Sequence[ValueType] = ()
) -> Callable[[Sequence[ValueType]], ValueType]:
    """For arguments of one type, behind `first`; `gives` None: their type."""

    def result(given: Sequence[ValueType]) -> ValueType:
        _check_count(given, least, most)
        for one, wanted in zip(given, first, strict=False):
            _check(one, wanted)
        kinds = {one for one in given[len(first) :] if one != "any"}
        if len(kinds) > 1:
            raise ValueError(f"has a {' and a '.join(sorted(kinds))}: both must be of one type")
        return gives or (kinds.pop() if kinds else "any")

    return result


def _check(given: ValueType, wanted: ValueType) -> None:
    if wanted not in (given, "any") and given != "any":
        raise ValueError(f"takes a {wanted} and not a {given}")


def _check_count(given: Sequence[ValueType], least: int, most: int = MOST_ARGUMENTS) -> None:
    if not least <= len(given) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise ValueError(f"takes {wanted} and not {len(given)}")


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _divided(left: float, right: float) -> float:
    if right == 0:
        raise ValueError("a division by zero")
    return _finite(left / right)


def _logarithm(value: float) -> float:
    if value <= 0:
        raise ValueError("the logarithm of a number that is not above zero")
    return math.log(value)


def _root(value: float) -> float:
    if value < 0:
        raise ValueError("the square root of a number below zero")
    return math.sqrt(value)


def _exponential(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        raise ValueError("a number is too large") from None


def _product(left: float, right: float) -> float:
    if not (isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS)):
        raise TypeError  # Python would repeat a text
    return _finite(left * right)


def _length(text: str) -> int:
    if not isinstance(text, str):
        raise TypeError  # a list has a length too
    return len(text)


def _and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if _is_unknown(left) | _is_unknown(right) else True


def _or(left: bool | None, right: bool | None) -> bool | None:
    if left is True or right is True:
        return True
    return None if _is_unknown(left) | _is_unknown(right) else False


def _not(one: bool) -> bool:
    return not _is_true(one)


def _is_true(one: bool | None) -> bool:
    return not _is_unknown(one) and one is True


def _is_unknown(one: bool | None) -> bool:
    """Raises ValueError where it is no truth value: not every type is known before there are values."""
    if one is None or one is True or one is False:
        return one is None
    raise ValueError("a condition is neither true nor false")


def _coalesce(*given: Any) -> Any:
    return next((one for one in given if one is not None), None)


def _if(when: bool | None, one: Any, other: Any) -> Any:
    return one if _is_true(when) else other


def _among(value: Any, *several: Any) -> bool | None:
    """As in SQL: unknown where it is not found and something is missing."""
    if value is None:
        return None
    return True if value in several else None if None in several else False


OPERATORS: Final[Mapping[str, OfValues]] = {
    "or": OfValues(_or, _of("boolean", "boolean", "boolean"), takes_null=True),
    "and": OfValues(_and, _of("boolean", "boolean", "boolean"), takes_null=True),
    "not": OfValues(_not, _of("boolean", "boolean")),
    "=": OfValues(lambda left, right: left == right, _of_same("boolean", 2)),
    "!=": OfValues(lambda left, right: left != right, _of_same("boolean", 2)),
    "<": OfValues(lambda left, right: left < right, _of_same("boolean", 2)),
    "<=": OfValues(lambda left, right: left <= right, _of_same("boolean", 2)),
    ">": OfValues(lambda left, right: left > right, _of_same("boolean", 2)),
    ">=": OfValues(lambda left, right: left >= right, _of_same("boolean", 2)),
    "in": OfValues(_among, _of_same("boolean", 2, MOST_ARGUMENTS), takes_null=True),
    "+": OfValues(lambda left, right: _finite(left + right), _of("number", "number", "number")),
    "-": OfValues(lambda left, right: _finite(left - right), _of("number", "number", "number")),
    "*": OfValues(_product, _of("number", "number", "number")),
    "/": OfValues(_divided, _of("number", "number", "number")),
    "negative": OfValues(lambda one: -one, _of("number", "number")),
}
FUNCTIONS: Final[Mapping[str, OfValues]] = {
    **OPERATORS,
    "abs": OfValues(abs, _of("number", "number")),
    # with 0 added truth values are numbers, and texts are refused
    "min": OfValues(lambda *given: min(given) + 0, _of_many("number", "number", 2)),
    "max": OfValues(lambda *given: max(given) + 0, _of_many("number", "number", 2)),
    "log": OfValues(_logarithm, _of("number", "number")),
    "exp": OfValues(_exponential, _of("number", "number")),
    "sqrt": OfValues(_root, _of("number", "number")),
    "floor": OfValues(math.floor, _of("number", "number")),
    "ceil": OfValues(math.ceil, _of("number", "number")),
    "round": OfValues(round, _of("number", "number")),
    "lower": OfValues(str.lower, _of("text", "text")),
    "length": OfValues(_length, _of("number", "text")),
    "coalesce": OfValues(_coalesce, _of_same(None, 1, MOST_ARGUMENTS), takes_null=True),
    "if": OfValues(_if, _of_same(None, 3, 3, ("boolean",)), takes_null=True),
    "is_null": OfValues(lambda one: one is None, _of("boolean", "any"), takes_null=True),
}
