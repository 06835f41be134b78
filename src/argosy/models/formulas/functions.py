"""The functions that a formula may apply to columns, by the names that PMML gives them.

Truth values are 1, 0, and NaN for what cannot be known. Unless said otherwise, a missing argument makes the result
missing. There are no regular expressions, whose time an input could choose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from argosy.models.formulas.rows import Column, as_numbers, as_texts, is_missing, is_texts, texts

Numbers = NDArray[np.float64]
ColumnFunction = Callable[[Sequence[Column]], Column]
MOST_CHARACTERS: Final = 100_000
"""Of a text that is made; a longer one is missing, for a few functions of each other could make one without end."""


def truth(known: Any, missing: Any) -> Numbers:
    return np.where(missing, np.nan, np.asarray(known, np.float64))


def compared(name: str, left: Column, right: Column) -> Numbers:
    """Texts as texts where both are, else both as numbers."""
    if is_texts(left) and is_texts(right):
        missing = is_missing(left) | is_missing(right)
        if name in ("equal", "notEqual"):
            return truth((left == right) == (name == "equal"), missing)
        pairs = zip(left.tolist(), right.tolist(), strict=True)
        order = np.array([0 if a is None or b is None else (a > b) - (a < b) for a, b in pairs], np.float64)
        return truth(_ORDER[name](order, 0.0), missing)
    a, b = as_numbers(left), as_numbers(right)
    return truth(_ORDER[name](a, b), np.isnan(a) | np.isnan(b))


def is_one_of(values: Column, others: Sequence[Column]) -> Numbers:
    found = np.stack([compared("equal", values, other) for other in others])
    return truth((found == 1).any(axis=0), is_missing(values))


def conjunction(parts: Sequence[Column]) -> Numbers:
    """False where one is, else unknown where one is."""
    table = np.stack(parts)
    return np.where((table == 0).any(axis=0), 0.0, table.min(axis=0))


def disjunction(parts: Sequence[Column]) -> Numbers:
    table = np.stack(parts)
    return np.where((table == 1).any(axis=0), 1.0, table.max(axis=0))


def exclusive(parts: Sequence[Column]) -> Numbers:
    return np.asarray(np.stack(parts).sum(axis=0) % 2)


def first_known(parts: Sequence[Column]) -> Numbers:
    """What the first says, and a later one where those before it cannot know."""
    found = np.array(parts[0], np.float64)
    for part in parts[1:]:
        found = np.where(np.isnan(found), part, found)
    return found


def selected(condition: Column, yes: Column, no: Column) -> Column:
    """`yes` where the condition holds, `no` where it does not; missing where that is unknown."""
    if is_texts(yes) or is_texts(no):
        a, b = as_texts(yes).tolist(), as_texts(no).tolist()
        return texts([a[at] if one == 1 else b[at] if one == 0 else None for at, one in enumerate(condition.tolist())])
    return np.where(np.isnan(condition), np.nan, np.where(condition == 1, yes, no))


def _numeric(function: Callable[..., Any]) -> ColumnFunction:
    return lambda columns: np.asarray(function(*map(as_numbers, columns)), np.float64)


def _over_known(function: Callable[..., Any]) -> ColumnFunction:
    """Of the arguments that are there; missing where none is."""

    def apply(columns: Sequence[Column]) -> Column:
        table = np.ma.masked_invalid(np.stack([as_numbers(column) for column in columns]))
        return np.asarray(np.ma.filled(function(table, axis=0), np.nan), np.float64)

    return apply


def _textual(function: Callable[..., str]) -> ColumnFunction:
    def apply(columns: Sequence[Column]) -> Column:
        rows = zip(*(as_texts(column).tolist() for column in columns), strict=True)
        found = [None if None in row else function(*row) for row in rows]
        return texts([None if one is None or len(one) > MOST_CHARACTERS else one for one in found])

    return apply


def _part(text: str, start: str, length: str) -> str:
    at = int(float(start)) - 1
    return text[max(0, at) : max(0, at + int(float(length)))]


def _length(columns: Sequence[Column]) -> Column:
    return np.array([np.nan if value is None else len(value) for value in as_texts(columns[0])], np.float64)


def _comparison(name: str) -> ColumnFunction:
    return lambda columns: compared(name, columns[0], columns[1])


_ORDER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "equal": np.equal,
    "notEqual": np.not_equal,
    "lessThan": np.less,
    "lessOrEqual": np.less_equal,
    "greaterThan": np.greater,
    "greaterOrEqual": np.greater_equal,
}
COMPARISONS: Final = tuple(_ORDER)
_MATHEMATICS: Final[dict[str, Callable[..., Any]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "pow": np.power,
    "modulo": np.mod,
    "threshold": lambda a, b: truth(a > b, np.isnan(a) | np.isnan(b)),
    "log10": np.log10,
    "ln": np.log,
    "ln1p": np.log1p,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "exp": np.exp,
    "expm1": np.expm1,
    "hypot": np.hypot,
    "floor": np.floor,
    "ceil": np.ceil,
    "rint": np.rint,
    "round": lambda a: np.floor(a + 0.5),
    **{name: getattr(np, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    **{name: getattr(np, name.replace("a", "arc", 1)) for name in ("asin", "acos", "atan")},
}
FUNCTIONS: Final[dict[str, ColumnFunction]] = {
    **{name: _numeric(function) for name, function in _MATHEMATICS.items()},
    **{name: _comparison(name) for name in COMPARISONS},
    "min": _over_known(np.ma.min),
    "max": _over_known(np.ma.max),
    "sum": _over_known(np.ma.sum),
    "avg": _over_known(np.ma.mean),
    "median": _over_known(np.ma.median),
    "product": _over_known(np.ma.prod),
    "isMissing": lambda columns: is_missing(columns[0]).astype(np.float64),
    "isNotMissing": lambda columns: (~is_missing(columns[0])).astype(np.float64),
    "isValid": lambda columns: (~is_missing(columns[0])).astype(np.float64),
    "isNotValid": lambda columns: is_missing(columns[0]).astype(np.float64),
    "isIn": lambda columns: is_one_of(columns[0], columns[1:]),
    "isNotIn": lambda columns: 1 - is_one_of(columns[0], columns[1:]),
    "and": conjunction,
    "or": disjunction,
    "xor": exclusive,
    "surrogate": first_known,
    "not": lambda columns: 1 - columns[0],
    "if": lambda columns: selected(columns[0], columns[1], columns[2] if len(columns) > 2 else _absent(columns[1])),
    "uppercase": _textual(str.upper),
    "lowercase": _textual(str.lower),
    "trimBlanks": _textual(str.strip),
    "substring": _textual(_part),
    "concat": _textual(lambda *parts: "".join(parts)),
    "stringLength": _length,
}
NUMBER_OF_ARGUMENTS: Final = {
    **dict.fromkeys(("+", "-", "*", "/", "pow", "modulo", "threshold", "hypot", *COMPARISONS), (2, 2)),
    **dict.fromkeys(("min", "max", "sum", "avg", "median", "product", "and", "or", "xor", "surrogate"), (1, 10_000)),
    **dict.fromkeys(("isIn", "isNotIn"), (2, 10_000)),
    "concat": (1, 100),
    "if": (2, 3),
    "substring": (3, 3),
}
"""The least and the most; of others one."""


def _absent(column: Column) -> Column:
    return texts([None] * len(column)) if is_texts(column) else np.full(len(column), np.nan)
