"""Parquet: read a few rows at a time, so that memory does not grow with the file. Needs the extra `parquet`.

A short file may stand for much: a text that many rows share is in it once. Texts are therefore read as references to
the distinct ones, and made rows a few at a time. A row group, which its writer had in memory, has a limit, and so has a
text. Columns that are not asked for are not read, whatever they hold.

Hugging Face's datasets keep the names of a column's classes in the file's metadata and their numbers in the column; -1
says that there is no label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from argosy.datasets.plain_values import plain_row
from argosy.errors import ExamplesInvalid, ExtraMissing
from argosy.paths import make_private_file

GROUP_BYTES: Final = 1_000_000_000
"""The largest row group, unpacked."""
WRITTEN_ROWS: Final = 50_000
"""Of a row group."""
_BATCH_ROWS = 5000
_SLICE_BYTES = 64_000_000

ClassNames = Mapping[str, Sequence[str]]
"""The names of its classes, by column."""


def read_parquet(
    path: Path, limit: int, wanted: Callable[[list[str]], list[str]]
) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Row number, from 1, and row, or what is wrong with it; raises ExamplesInvalid on what is no Parquet file.

    `wanted`, given the names of all columns: which ones to read.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ExtraMissing("pyarrow", "parquet", f"reading {path.name}") from None
    number = 0
    try:
        with parquet.ParquetFile(path) as probe:
            schema = probe.schema_arrow
            sizes = [probe.metadata.row_group(at).total_byte_size for at in range(probe.num_row_groups)]
        names = wanted(list(schema.names))
        kinds = (pyarrow.string(), pyarrow.large_string())
        texts = [field.name for field in schema if field.type in kinds and field.name in names]
        classes = _class_names(schema.metadata or {}, names)
        _check_sizes(path, sizes)
        with parquet.ParquetFile(path, read_dictionary=texts) as file:
            for row in _rows(file, path, len(sizes), limit, names):
                number += 1
                found = plain_row(list(row), list(row.values()))
                yield number, _named(found, classes) if classes else found
    except (pyarrow.ArrowException, OSError, ValueError):
        after = f" after row {number:,}" if number else ""
        raise ExamplesInvalid(f"{path}: it is no Parquet file, or damaged{after}") from None


def lines_to_parquet(lines: Path, columns: Mapping[str, str], path: Path) -> Path:
    """Write lines of JSON, each with those columns of type int, float or text, as a Parquet file; its path."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise ExtraMissing("pyarrow", "parquet", f"writing {path.name}") from None
    types = {"int": pyarrow.int64(), "float": pyarrow.float64(), "text": pyarrow.string()}
    schema = pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])
    make_private_file(path)
    with lines.open("rb") as file, parquet.ParquetWriter(path, schema) as writer:
        while some := [msgspec.json.decode(line) for line in islice(file, WRITTEN_ROWS)]:
            writer.write_table(pyarrow.Table.from_pylist(some, schema))
    return path


def _check_sizes(path: Path, sizes: list[int]) -> None:
    for at, size in enumerate(sizes, 1):
        if size > GROUP_BYTES:
            problem = f"row group {at} has {size:,} bytes, over the limit of {GROUP_BYTES:,}: write smaller ones"
            raise ExamplesInvalid(f"{path}: {problem}")


def _rows(file: Any, path: Path, groups: int, limit: int, names: list[str]) -> Iterator[Mapping[str, Any]]:
    for group in range(groups):
        for batch in file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=names, use_threads=False):
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


def _class_names(metadata: Mapping[bytes, bytes], names: list[str]) -> ClassNames:
    """Which columns hold numbers of classes, by Hugging Face's metadata."""
    try:
        features = msgspec.json.decode(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        found = {name: _feature_names(features.get(name)) for name in names}
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError, AttributeError):
        return {}
    return {name: classes for name, classes in found.items() if classes}


def _feature_names(feature: Any) -> list[str]:
    """The names of a ClassLabel, or of a sequence of them."""
    if isinstance(feature, list) and feature:
        feature = feature[0]
    while isinstance(feature, dict) and isinstance(feature.get("feature"), dict):
        feature = feature["feature"]
    is_class = isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
    return [str(name) for name in feature.get("names") or ()] if is_class else []


def _named(row: Mapping[str, Any] | str, classes: ClassNames) -> Mapping[str, Any] | str:
    if isinstance(row, str):
        return row
    try:
        return {name: _class(value, classes[name]) if name in classes else value for name, value in row.items()}
    except IndexError:
        return "its label is the number of a class without a name"


def _class(value: Any, names: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_class(one, names) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return None if value < 0 else names[value]
    return value
