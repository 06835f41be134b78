"""Where the settings say that a table's rows come from: a query, files, or objects of a store."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from argosy.datasets import queries
from argosy.datasets.plain_values import plain_row
from argosy.definitions.feature_tables import TableSettings
from argosy.errors import FeaturesInvalid
from argosy.features.rows import MOST_BYTES, FeatureRow, TableFile
from argosy.identities import identity_of


class TableContent(NamedTuple):
    """The columns of a table and its rows, to be read once."""

    columns: tuple[str, ...]
    rows: Iterator[FeatureRow]


def content_mark(source: TableSettings, root: Path) -> str:
    """What changes when the files do; empty for a query, of which nobody knows. Raises FeaturesInvalid."""
    if not source.files:
        return ""
    if "://" in source.files:
        from argosy.features.table_objects import TableObjects

        found = TableObjects(source.files).found()
    else:
        found = {str(path): _mark(path) for path in _local(source.files, root)}
    if not found:
        raise FeaturesInvalid(f"{source.files.partition('?')[0]}: there is no such file")
    return msgspec.json.encode([sorted(found.items()), source], order="sorted").decode()


@contextmanager
def opened_table(source: TableSettings, root: Path, databases: Mapping[str, str]) -> Iterator[TableContent]:
    """The table as its source has it now. Raises FeaturesInvalid, ExamplesInvalid."""
    if source.query:
        url = queries.named_url(databases, source.database, root)
        with queries.open_query(url, source.query) as (names, rows):
            columns = _columns(source, names)
            yield TableContent(columns, _query_rows(source.key, columns, names, rows))
        return
    with tempfile.TemporaryDirectory(prefix="argosy-table-") as folder:
        yield _of_files(source, list(_copies(source, root, Path(folder))))


def _of_files(source: TableSettings, paths: list[Path]) -> TableContent:
    wanted = tuple(source.columns)
    first = TableFile(paths[0], source.key, wanted)
    files = [first, *(TableFile(path, source.key, first.columns) for path in paths[1:])]
    return TableContent(first.columns, _numbered(files))


def _numbered(files: list[TableFile]) -> Iterator[FeatureRow]:
    """Rows counted through all files, so that one key in two of them is found."""
    before = 0
    for file in files:
        number = 0
        for row in file.rows():
            number = row.number
            yield row._replace(number=before + number)
        before += number


def _copies(source: TableSettings, root: Path, folder: Path) -> Iterator[Path]:
    if "://" not in source.files:
        yield from _local(source.files, root)
        return
    from argosy.features.table_objects import TableObjects

    objects = TableObjects(source.files)
    for place, key in enumerate(objects.found()):
        own = folder / str(place)
        own.mkdir()
        yield objects.bring(key, own)


def _local(files: str, root: Path) -> list[Path]:
    place = (root / files).resolve()
    found = Path(place.anchor).glob(str(place.relative_to(place.anchor)))
    return sorted(path for path in found if path.is_file())


def _mark(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_mtime_ns} {stat.st_size} {stat.st_ino}"


def _columns(source: TableSettings, names: list[str]) -> tuple[str, ...]:
    for name in (source.key, *source.columns):
        if name not in names:
            raise FeaturesInvalid(f"the query returns no column '{name}', but {', '.join(names[:20])}")
    return tuple(source.columns) or tuple(name for name in names if name != source.key)


def _query_rows(
    key: str, columns: tuple[str, ...], names: list[str], rows: Iterator[tuple[Any, ...]]
) -> Iterator[FeatureRow]:
    for number, values in enumerate(rows, 1):
        row = plain_row(names, values)
        if isinstance(row, str):
            raise FeaturesInvalid(f"row {number}: {row}")
        try:
            found = identity_of(row[key], "key")
            kept = tuple(_value(row[name]) for name in columns)
            size = len(msgspec.json.encode(kept))
        except (ValueError, TypeError, OverflowError) as problem:
            raise FeaturesInvalid(f"row {number}: {problem}") from None
        if not found or size > MOST_BYTES:
            raise FeaturesInvalid(f"row {number}: {f'it has {size:,} bytes' if found else f'its {key} is empty'}")
        yield FeatureRow(number, "row", found, kept)


def _value(value: Any) -> str | int | float | bool | None:
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if math.isfinite(number) else None
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a {type(value).__name__} is no value of a table: a text, a number, true, false or nothing")
