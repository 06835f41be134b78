"""Parquet: read a few rows at a time, so that memory does not grow with the file. Needs the extra `parquet`.

A short file may stand for much: a text that many rows share is in it once. Texts are therefore read as references to
the distinct ones, and made rows a few at a time. A row group, which its writer had in memory, has a limit, and so has a
text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from argosy.errors import ExamplesInvalid, ExtraMissing
from argosy.identities import WrittenNumber

GROUP_BYTES: Final = 1_000_000_000
"""The largest row group, unpacked."""
_BATCH_ROWS = 5000
_SLICE_BYTES = 64_000_000


def read_parquet(path: Path, limit: int) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Row number, from 1, and row, or what is wrong with it; raises ExamplesInvalid on what is no Parquet file."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ExtraMissing("pyarrow", "parquet", f"reading {path.name}") from None
    number = 0
    try:
        with parquet.ParquetFile(path) as probe:
            kinds = (pyarrow.string(), pyarrow.large_string())
            texts = [field.name for field in probe.schema_arrow if field.type in kinds]
            sizes = [probe.metadata.row_group(at).total_byte_size for at in range(probe.num_row_groups)]
        _check_sizes(path, sizes)
        with parquet.ParquetFile(path, read_dictionary=texts) as file:
            for row in _rows(file, path, len(sizes), limit):
                number += 1
                yield number, _plain_row(row)
    except (pyarrow.ArrowException, OSError, ValueError):
        after = f" after row {number:,}" if number else ""
        raise ExamplesInvalid(f"{path}: it is no Parquet file, or damaged{after}") from None


def _check_sizes(path: Path, sizes: list[int]) -> None:
    for at, size in enumerate(sizes, 1):
        if size > GROUP_BYTES:
            problem = f"row group {at} has {size:,} bytes, over the limit of {GROUP_BYTES:,}: write smaller ones"
            raise ExamplesInvalid(f"{path}: {problem}")


def _rows(file: Any, path: Path, groups: int, limit: int) -> Iterator[Mapping[str, Any]]:
    for group in range(groups):
        for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group], use_threads=False):
            longest = _longest(batch)
            if longest > limit:
                problem = f"row group {group + 1} has a text of {longest:,} bytes, over the limit of {limit:,}"
                raise ExamplesInvalid(f"{path}: {problem}")
            step = max(1, _SLICE_BYTES // longest)
            for at in range(0, batch.num_rows, step):
                yield from _decoded(batch.slice(at, step)).to_pylist()


def _longest(batch: Any) -> int:
    """How many bytes the longest text of the batch has."""
    from pyarrow import compute

    distinct = [column.dictionary for column in batch.columns if hasattr(column, "dictionary")]
    return max((compute.max(compute.binary_length(one)).as_py() or 1 for one in distinct), default=1)


def _decoded(batch: Any) -> Any:
    """The batch with its texts in place of references to them, which is faster than row by row."""
    columns = [column.dictionary_decode() if hasattr(column, "dictionary") else column for column in batch.columns]
    return type(batch).from_arrays(columns, names=batch.schema.names)


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
        return WrittenNumber(format(value, "f"))
    if isinstance(value, list):
        return [_plain(item, name) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, name) for key, item in value.items()}
    raise TypeError(f"'{name}' holds a {type(value).__name__}: text, numbers, times, lists and structs are read")
