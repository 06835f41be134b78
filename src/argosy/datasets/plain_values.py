"""Values of typed columns (Parquet, spreadsheets, databases, data frames) as JSON has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from argosy.identities import WrittenNumber


def plain_row(names: Sequence[str], values: Sequence[Any]) -> Mapping[str, Any] | str:
    """The row by column, or what is wrong with it."""
    try:
        return {name: plain_value(value, name) for name, value in zip(names, values, strict=True)}
    except TypeError as problem:
        return str(problem)


def plain_value(value: Any, name: str) -> Any:
    """The value; times in ISO 8601. Raises TypeError on what JSON cannot say."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    as_plain = _AS_PLAIN.get(type(value))
    if as_plain is not None:
        return as_plain(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain_value(item, name) for item in value]
    if isinstance(value, Mapping):
        return {key: plain_value(item, name) for key, item in value.items()}
    if hasattr(value, "tolist"):  # of NumPy
        return plain_value(value.tolist(), name)
    raise TypeError(f"'{name}' holds a {type(value).__name__}: text, numbers, times, lists and structs are read")


_AS_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    Decimal: lambda value: WrittenNumber(format(value, "f")),
    UUID: str,
    time: str,
    timedelta: str,
}
