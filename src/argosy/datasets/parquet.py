"""Parquet: read a batch of rows at a time, so that memory does not grow with the file. Needs the extra `parquet`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from argosy.errors import ExamplesInvalid, ExtraMissing

_BATCH_ROWS = 2000


def read_parquet(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Row number, from 1, and row, or what is wrong with it; raises ExamplesInvalid on what is no Parquet file."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ExtraMissing("pyarrow", "parquet", f"reading {path.name}") from None
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(_BATCH_ROWS, use_threads=False):
                for row in batch.to_pylist():
                    number += 1
                    yield number, _plain_row(row)
    except (pyarrow.ArrowException, OSError, ValueError):
        after = f" after row {number:,}" if number else ""
        raise ExamplesInvalid(f"{path}: it is no Parquet file, or damaged{after}") from None


def _plain_row(row: Mapping[str, Any]) -> Mapping[str, Any] | str:
    try:
        return {name: _plain(value, name) for name, value in row.items()}
    except TypeError as problem:
        return str(problem)


def _plain(value: Any, name: str) -> Any:
    """The value as JSON has it; times in ISO 8601."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_plain(item, name) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, name) for key, item in value.items()}
    raise TypeError(f"'{name}' holds a {type(value).__name__}: text, numbers, times, lists and structs are read")
