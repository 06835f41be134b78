"""Expressions of a formula: `{"op": …}` values, made into functions from rows to a column.

Making one raises ValueError or KeyError where it says nothing that is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from argosy.models.formulas.functions import FUNCTIONS, NUMBER_OF_ARGUMENTS
from argosy.models.formulas.rows import Column, ColumnRows, as_numbers, as_texts, is_missing, is_texts, texts

ColumnExpression = Callable[[ColumnRows], Column]
NESTED: Final = 200


def compiled(node: Mapping[str, Any], depth: int = 0) -> ColumnExpression:
    if depth > NESTED:
        raise ValueError("expressions that are nested too deeply")
    return _OPERATIONS[node["op"]](node, depth + 1)


def code_count(node: Mapping[str, Any]) -> int:
    """The number of codes of a column that a tree's members are asked about; 0 of another."""
    return int(node["size"]) if node["op"] == "integer" else len(node["values"]) if node["op"] == "codes" else 0


def filled(column: Column, value: Any) -> Column:
    """With the value where it is missing."""
    if is_texts(column):
        return texts([str(value) if one is None else one for one in column])
    return np.where(np.isnan(column), float(value), column)


def _field(node: Mapping[str, Any], _: int) -> ColumnExpression:
    name = node["name"]
    return lambda rows: rows.columns[name]


def _constant(node: Mapping[str, Any], _: int) -> ColumnExpression:
    value = node["value"]
    if value is None or isinstance(value, str):
        return lambda rows: texts([value] * rows.size)
    number = float(value)
    return lambda rows: np.full(rows.size, number)


def _single(node: Mapping[str, Any], depth: int) -> ColumnExpression:
    """As single precision holds it."""
    of = compiled(node["of"], depth)
    return lambda rows: np.asarray(as_numbers(of(rows)), np.float32).astype(np.float64)


def _zero(node: Mapping[str, Any], depth: int) -> ColumnExpression:
    """`missing` says whether zeros, to single precision's smallest, are missing; else what is missing is zero."""
    of, are_missing = compiled(node["of"], depth), bool(node["missing"])

    def evaluate(rows: ColumnRows) -> Column:
        numbers = as_numbers(of(rows))
        if are_missing:
            return np.where(np.abs(numbers) <= float(np.float32(1e-35)), np.nan, numbers)
        return np.where(np.isnan(numbers), 0.0, numbers)

    return evaluate


def _integer(node: Mapping[str, Any], depth: int) -> ColumnExpression:
    """Its whole part as a code; -1 for what is none."""
    of, size = compiled(node["of"], depth), int(node["size"])

    def evaluate(rows: ColumnRows) -> Column:
        numbers = np.trunc(as_numbers(of(rows)))
        return np.where(np.isnan(numbers) | ((numbers >= 0) & (numbers < size)), numbers + 0.0, -1.0)

    return evaluate


def _codes(node: Mapping[str, Any], depth: int) -> ColumnExpression:
    """The place of each text or number among `values`; -1 for another."""
    of, values = compiled(node["of"], depth), list(node["values"])
    by_text = {str(value): float(place) for place, value in enumerate(values)}
    by_number = {_float(value): float(place) for place, value in enumerate(values)}

    def evaluate(rows: ColumnRows) -> Column:
        column = of(rows)
        if is_texts(column):
            return np.array([np.nan if one is None else by_text.get(one, -1.0) for one in column], np.float64)
        return np.array([np.nan if one != one else by_number.get(one, -1.0) for one in column.tolist()], np.float64)

    return evaluate


def _float(value: Any) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _apply(node: Mapping[str, Any], depth: int) -> ColumnExpression:
    """`if_missing` is the result where an argument is missing, `default` where the result is."""
    name = node["function"]
    least, most = NUMBER_OF_ARGUMENTS.get(name, (1, 1))
    if not least <= len(node["arguments"]) <= most:
        raise ValueError(f"the function {name} has {len(node['arguments'])} arguments")
    function, arguments = FUNCTIONS[name], [compiled(one, depth) for one in node["arguments"]]
    if_missing, default = node.get("if_missing"), node.get("default")

    def evaluate(rows: ColumnRows) -> Column:
        columns = [one(rows) for one in arguments]
        with np.errstate(all="ignore"):
            found = function(columns)
        if default is not None:
            found = filled(found, default)
        if if_missing is not None:
            absent = np.logical_or.reduce([is_missing(one) for one in columns])
            found = replaced(found, absent, if_missing)
        return found

    return evaluate


def replaced(column: Column, where: Any, value: Any) -> Column:
    """With a text, a number, or for None nothing, in some rows."""
    if isinstance(value, str) or is_texts(column):
        new = None if value is None else str(value)
        return texts([new if at else one for at, one in zip(where.tolist(), as_texts(column), strict=True)])
    return np.where(where, np.nan if value is None else float(value), column)


def _interpolate(node: Mapping[str, Any], depth: int) -> ColumnExpression:
    """Straight lines between points; `outside` is extend, missing or clip."""
    of, (x, y) = compiled(node["of"], depth), (np.array(node[key], np.float64) for key in ("x", "y"))
    outside, if_missing = node["outside"], node.get("if_missing")
    if len(x) < 2 or x.shape != y.shape or not (np.diff(x) > 0).all():
        raise ValueError("a normalisation with no ascending points")

    def evaluate(rows: ColumnRows) -> Column:
        values = as_numbers(of(rows))
        at = np.clip(np.searchsorted(x, values, side="right") - 1, 0, len(x) - 2)
        found = y[at] + (values - x[at]) / (x[at + 1] - x[at]) * (y[at + 1] - y[at])
        is_outside = (values < x[0]) | (values > x[-1])
        if outside == "missing":
            found = np.where(is_outside, np.nan, found)
        elif outside == "clip":
            found = np.where(is_outside, np.where(values < x[0], y[0], y[-1]), found)
        return found if if_missing is None else np.where(np.isnan(values), float(if_missing), found)

    return evaluate


def _intervals(node: Mapping[str, Any], depth: int) -> ColumnExpression:
    """The value of the first interval `[low, high, has_low, has_high, value]` that a number is in."""
    of, default, if_missing = compiled(node["of"], depth), node.get("default"), node.get("if_missing")
    bins = [(float(low), float(high), bool(a), bool(b), value) for low, high, a, b, value in node["bins"]]
    are_texts = any(isinstance(one, str) for one in (*(bin_[4] for bin_ in bins), default, if_missing))

    def value_of(number: float) -> Any:
        if number != number:
            return if_missing
        for low, high, has_low, has_high, value in bins:
            if (low < number or (has_low and low == number)) and (number < high or (has_high and number == high)):
                return value
        return default

    def evaluate(rows: ColumnRows) -> Column:
        return _column([value_of(number) for number in as_numbers(of(rows)).tolist()], are_texts)

    return evaluate


def _lookup(node: Mapping[str, Any], depth: int) -> ColumnExpression:
    """The last of a row of the table whose others are the arguments."""
    arguments = [compiled(one, depth) for one in node["arguments"]]
    default, if_missing = node.get("default"), node.get("if_missing")
    table = {tuple(_key(one) for one in row[:-1]): row[-1] for row in reversed(node["table"])}
    if any(len(key) != len(arguments) for key in table):
        raise ValueError("a table with other columns than arguments")
    are_texts = any(isinstance(one, str) for one in (*table.values(), default, if_missing))

    def evaluate(rows: ColumnRows) -> Column:
        keys = zip(*([_key(one) for one in column(rows).tolist()] for column in arguments), strict=True)
        return _column([if_missing if None in key else table.get(key, default) for key in keys], are_texts)

    return evaluate


def _key(value: Any) -> float | str | None:
    """One for a number and for a text that writes it."""
    if value is None or (isinstance(value, float) and value != value):
        return None
    number = _float(value)
    return str(value) if number is None else number


def _column(values: Sequence[Any], are_texts: bool) -> Column:
    if are_texts:
        return texts([None if one is None else str(one) for one in values])
    return np.array([np.nan if one is None else float(one) for one in values], np.float64)


_OPERATIONS: Final[dict[str, Callable[[Mapping[str, Any], int], ColumnExpression]]] = {
    "field": _field,
    "constant": _constant,
    "single": _single,
    "zero": _zero,
    "integer": _integer,
    "codes": _codes,
    "apply": _apply,
    "interpolate": _interpolate,
    "intervals": _intervals,
    "lookup": _lookup,
}
