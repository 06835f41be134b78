"""`argosy features …`: what services know about whom a request is for."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import json_option, print_json, print_line, print_table, rough_span
from argosy.cli.project import command_project
from argosy.cli.streams import backfill, check, join, run, status
from argosy.cli.trends import trends
from argosy.clock import format_time
from argosy.errors import UserMistake, nearest
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.backends import Backends
    from argosy.features.tables import FeatureTable, Tables

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@click.group()
def features() -> None:
    """Put tables of features into the online cache, count streams of events into it, and show both.

    Example: argosy features put users users.csv --key user
    """


features.add_command(run)
features.add_command(status)
features.add_command(check)
features.add_command(backfill)
features.add_command(join)
features.add_command(trends)


@features.command()
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", required=True, metavar="COLUMN", help="The column that rows are found by.")
@click.option("--columns", default="", metavar="A,B", help="Those that are kept; all others by default.")
@click.option("--live", default="", metavar="TIME", help="How long the rows live, such as 30d, unless others are put.")
@json_option
@click.pass_context
def put(ctx: click.Context, name: str, file: Path, key: str, columns: str, live: str, as_json: bool) -> None:
    """Put the rows of a CSV, JSONL, Parquet or spreadsheet file in place of a table, as a whole.

    Example: argosy features put users users.csv --key user --live 30d
    """
    from argosy.definitions.durations import parse_duration
    from argosy.features.rows import TableFile

    if not NAME.fullmatch(name):
        raise UserMistake(f"'{name}' is no name of a table: write lower-case letters, digits and '_', a letter first")
    seconds = parse_duration(live, "--live") if live else None
    tables = _tables(ctx)
    wanted = tuple(one.strip() for one in columns.split(",") if one.strip())
    content = TableFile(file, key, wanted)
    table = tables.put(name, key, content.columns, content.rows(), str(file), seconds)
    if as_json:
        print_json(_document(name, table))
    else:
        print_line(f"{name}: {plural(table.rows, 'row')} by {key}, with {', '.join(table.columns)}.")


@features.command("list")
@json_option
@click.pass_context
def list_tables(ctx: click.Context, as_json: bool) -> None:
    """List the tables.

    Example: argosy features list
    """
    from argosy.features.refreshing import TableRefreshes

    found, refreshes = _tables(ctx).found(), TableRefreshes(command_project(ctx).backends)
    problems = {name: one.problem for name, one in refreshes.known().items() if name in refreshes.sources}
    if as_json:
        there = [_document(name, table, problems.get(name, "")) for name, table in sorted(found.items())]
        missing = {name: problem for name, problem in problems.items() if name not in found}
        print_json([*there, *({"table": name, "problem": problem} for name, problem in sorted(missing.items()))])
    elif not found and not any(problems.values()):
        print_line("There is no table yet: argosy features put NAME FILE --key COLUMN", err=True)
    else:
        rows = [
            (name, f"{one.rows:,}", one.key, ", ".join(one.columns), one.source, format_time(one.put_at), _end(one))
            for name, one in sorted(found.items())
        ]
        print_table(("table", "> rows", "key", "columns", "from", "put", "lives until"), rows)
        for name, problem in sorted(problems.items()):
            if problem:
                print_line(f"{name} was not refreshed: {problem}")


@features.command()
@click.argument("name", default="")
@click.pass_context
def refresh(ctx: click.Context, name: str) -> None:
    """Refresh the table NAME, or all that the settings name, from where they say.

    Example: argosy features refresh users
    """
    from argosy.features.refreshing import TableRefreshes

    refreshes = TableRefreshes(command_project(ctx).backends)
    if not refreshes.sources:
        raise UserMistake("the settings name no table: write `tables:` into argosy.yaml, see docs/features.md")
    for one in [name] if name else refreshes.sources:
        table = refreshes.refresh(one)
        if table is not None:
            print_line(f"{one}: {plural(table.rows, 'row')} by {table.key}, with {', '.join(table.columns)}.")


@features.command()
@click.argument("name")
@click.argument("key")
@json_option
@click.pass_context
def show(ctx: click.Context, name: str, key: str, as_json: bool) -> int:
    """Show the row of a key in a table, or its values of a stream, SERVICE.FEATURE. Exit code 1 where there are none.

    Example: argosy features show users ana
    """
    backends = command_project(ctx).backends
    row, age, missing = _row(backends, name, key)
    if as_json:
        print_json(row)
    elif row is None:
        print_line(missing, err=True)
    else:
        print_table(("column", "value"), [(column, "" if value is None else value) for column, value in row.items()])
        if age is not None:
            print_line(f"Counted up to {rough_span(age)} ago.")
    return 1 if row is None else 0


@features.command()
@click.argument("name")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Remove a table with all its rows.

    Example: argosy features remove users
    """
    table = _tables(ctx).remove(name)
    print_line(f"Removed {name}: {plural(table.rows, 'row')}.")


def _row(backends: Backends, name: str, key: str) -> tuple[dict[str, Any] | None, float | None, str]:
    """From the table of that name, else from the stream, with the age of a stream's values; or why there are none."""
    from argosy.features.project_streams import stream_named, streams_of_project
    from argosy.features.stream_values import columns_of, keys_of
    from argosy.features.tables import Tables

    tables = Tables(backends.cache)
    if name in tables.found() or not (streams := streams_of_project(backends.root)):
        return tables.row(name, key), None, f"'{name}' has no row '{key}'."
    known = [*tables.found(), *(full for one in streams for full in one.names)]
    if name not in known and not any(full.endswith(f".{name}") for full in known):
        near = nearest(name, [*known, *(full.partition(".")[2] for full in known)])
        raise UserMistake(f"no table and no stream is called '{name}'{near}; there are: {', '.join(known)}")
    feature = stream_named(streams, name).feature
    found = columns_of(feature, backends.cache.read(keys_of(feature, key)), time.time())
    missing = f"'{name}' was not counted yet: argosy features run"
    return (None if found.age is None else dict(found.columns)), found.age, missing


def _tables(ctx: click.Context) -> Tables:
    from argosy.features.tables import Tables

    return Tables(command_project(ctx).backends.cache)


def _end(table: FeatureTable) -> str:
    return "replaced" if table.ends_at is None else format_time(table.ends_at)


def _document(name: str, table: FeatureTable, problem: str = "") -> dict[str, object]:
    return {
        "table": name,
        "rows": table.rows,
        "key": table.key,
        "columns": list(table.columns),
        "source": table.source,
        "put_at": table.put_at,
        "ends_at": table.ends_at,
        "problem": problem,
    }
