"""Rows of a file completed with a service's features: of streams as of each row's moment, of tables as they are now.

What a row has itself stays, as in a request; what is not known is the feature's default. Then comes the service's own
function, as before a model, so that training learns from what serving shows.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from argosy.backends import Backends
from argosy.clock import parse_time
from argosy.datasets.file_options import FileOptions
from argosy.datasets.files import EveryColumn
from argosy.definitions.service import Service
from argosy.definitions.service_features import Feature, StreamFeature, TableFeature, Value
from argosy.errors import FeaturesInvalid
from argosy.features.point_in_time import columns_as_of
from argosy.features.rows import LISTED
from argosy.features.tables import Tables
from argosy.identities import identity_of
from argosy.typed_values import shown

SUFFIXES: Final = (".jsonl", ".csv")
PREPARED_AT_ONCE: Final = 1000
RowsFunction = Callable[[list[dict[str, Any]]], Sequence[dict[str, Any]]]
_SECONDS = re.compile(r"-?\d+(\.\d+)?")


class JoinedRow(NamedTuple):
    """One that is to be completed."""

    values: dict[str, Any]
    at: float


class JoinCounts(msgspec.Struct, frozen=True):
    """What was written, and for how many of the rows each column is known."""

    rows: int
    known: dict[str, int]


def join_file(
    backends: Backends,
    service: Service,
    file: Path,
    at: str,
    out: Path,
    now: float,
    by_arrival: bool = False,
    prepare: RowsFunction | None = None,
) -> JoinCounts:
    """Write the completed rows to `out`, which stays as it was where something is wrong; `prepare` is the service's.

    Raises FeaturesInvalid, naming the first rows that are wrong; what reading the file, the log and the cache does.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise FeaturesInvalid(f"{out}: write to a file whose name ends in .jsonl or .csv")
    completed, known = complete_rows(backends, service, _read(service, file, at), now, by_arrival, prepare)
    _replace(out, _encoded(out, completed))
    return JoinCounts(len(completed), known)


def complete_rows(
    backends: Backends,
    service: Service,
    rows: Sequence[JoinedRow],
    now: float,
    by_arrival: bool = False,
    prepare: RowsFunction | None = None,
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The values of the rows with the features and what `prepare` makes of them, and for how many each column is known.

    Raises EventLogUnavailable, TopicNotFound, CacheUnavailable, FeaturesInvalid.
    """
    known = dict[str, int]()
    for feature in service.features:
        found = _found(backends, feature, rows, now, by_arrival)
        for column in feature.columns:
            default, count = feature.default.get(column), 0
            for row, columns in zip(rows, found, strict=True):
                value = columns.get(column)
                count += value is not None
                if row.values.get(column) in (None, ""):
                    row.values[column] = default if value is None else value
            known[column] = count
    completed = [row.values for row in rows]
    return completed if prepare is None else _prepared(service, completed, prepare), known


def _prepared(service: Service, rows: Sequence[dict[str, Any]], prepare: RowsFunction) -> list[dict[str, Any]]:
    """What the function makes of what a service would show it of each row, next to what else the row has."""
    names, found = {*service.accepts, *service.columns}, []
    for some in _batched(rows, PREPARED_AT_ONCE):
        given = [{name: value for name, value in row.items() if name in names} for row in some]
        for row, made in zip(some, prepare(given), strict=True):
            found.append({**{name: value for name, value in row.items() if name not in names}, **made})
    return found


def _batched(rows: Sequence[dict[str, Any]], count: int) -> Iterator[Sequence[dict[str, Any]]]:
    """In lists of `count` at most."""
    return (rows[first : first + count] for first in range(0, len(rows), count))


def _typed(service: Service, values: dict[str, Any]) -> dict[str, Any]:
    """With the numbers that a text file has as text; raises ValueError."""
    numbers = [name for name, one in service.accepts.items() if one.kind == "number"]
    numbers += [name for one in service.features if isinstance(one, StreamFeature) for name in one.aggregates]
    for name in numbers:
        if isinstance(values.get(name), str) and values[name].strip():
            try:
                values[name] = float(values[name])
            except ValueError:
                raise ValueError(f"'{name}' is no number") from None
    return values


def _found(
    backends: Backends, feature: Feature, rows: Sequence[JoinedRow], now: float, by_arrival: bool
) -> list[dict[str, Value]]:
    """The columns of each row."""
    keys = [identity_of(row.values.get(feature.key), feature.key) for row in rows]
    if isinstance(feature, StreamFeature):
        asked = [(key, row.at) for key, row in zip(keys, rows, strict=True) if key is not None]
        columns = columns_as_of(feature, backends.event_log, asked, now, by_arrival)
        return [{} if key is None else columns[key, row.at] for key, row in zip(keys, rows, strict=True)]
    return _of_table(backends, feature, keys)


def _of_table(backends: Backends, feature: TableFeature, keys: Sequence[str | None]) -> list[dict[str, Value]]:
    unique = list(dict.fromkeys(key for key in keys if key is not None))
    by_key = dict(zip(unique, Tables(backends.cache).rows(feature.table, unique), strict=True))
    found = []
    for key in keys:
        row = None if key is None else by_key[key]
        found.append({} if row is None else {name: row.get(source) for name, source in feature.columns.items()})
    return found


def _read(service: Service, file: Path, at: str) -> list[JoinedRow]:
    found, problems, count = list[JoinedRow](), list[str](), 0
    reading = EveryColumn(file, FileOptions())
    for number, row in reading.rows():
        try:
            if isinstance(row, str):
                raise ValueError(row)
            if row.get(at) in (None, ""):
                raise ValueError(f"it has no '{at}'")
            found.append(JoinedRow(_typed(service, dict(row)), _moment(row[at])))
        except ValueError as problem:
            count += 1
            problems += [f"{reading.noun} {number}: {problem}"] if len(problems) < LISTED else []
    if problems:
        more = f"; and {count - LISTED:,} more" if count > LISTED else ""
        raise FeaturesInvalid(f"{file}: {'; '.join(problems)}{more}")
    return found


def _moment(value: Any) -> float:
    try:
        return parse_time(float(value) if isinstance(value, str) and _SECONDS.fullmatch(value) else value)
    except ValueError:
        raise ValueError(f"{shown(value)} is no time: write ISO 8601, or seconds since 1970") from None


def _encoded(out: Path, rows: Sequence[dict[str, Any]]) -> Iterable[bytes]:
    if out.suffix.lower() == ".jsonl":
        return (msgspec.json.encode(row) + b"\n" for row in rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return [text.getvalue().encode()]


def _replace(out: Path, parts: Iterable[bytes]) -> None:
    """As a whole: what is killed leaves the file that was there."""
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with partial.open("xb") as file:
            file.writelines(parts)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
