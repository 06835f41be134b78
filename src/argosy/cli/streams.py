"""`argosy features run`, `status`, `check`, `backfill` and `join`: streams of events, counted now or as of the past."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.cli.output import json_option, print_json, print_line, print_table, rough_span
from argosy.cli.project import command_project
from argosy.errors import UserMistake
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.backends import Backends
    from argosy.features.project_streams import ProjectStream
    from argosy.features.stream_status import PartitionStatus


@click.command()
@click.option("--until-idle", is_flag=True, help="Stop when every event that there is was counted.")
@click.pass_context
def run(ctx: click.Context, until_idle: bool) -> None:
    """Count the streams of all services, until Ctrl-C or SIGTERM. Any number of processes share them.

    Example: argosy features run
    """
    from argosy import telemetry
    from argosy.cli.train import stopped_by_signals
    from argosy.features.running import run_streams

    telemetry.configure()
    backends = command_project(ctx).backends
    streams = _streams(backends)
    print_line(f"{plural(len(streams), 'stream')}: {'; '.join(one.name for one in streams)}")
    with stopped_by_signals() as stop:
        run_streams(backends, streams, stop, until_idle)


@click.command()
@json_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Show how far each partition of each stream was counted, what became of its events, and who runs it.

    Example: argosy features status
    """
    from argosy.features.stream_status import status_of_streams

    backends = command_project(ctx).backends
    found = status_of_streams(backends.event_log, backends.cache, _streams(backends), time.time())
    if as_json:
        print_json(found)
        return
    columns = (
        "stream", ">partition", ">position", ">behind", ">age", ">events", ">late", ">ahead", "poison", "run by",
    )  # fmt: skip
    print_table(columns, map(_status_row, found))


@click.command()
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> int:
    """Look whether each stream's topic is there, its first events fit and the cache can be written. Exit code 1 if not.

    Example: argosy features check
    """
    from argosy.features.stream_check import check_stream

    backends = command_project(ctx).backends
    found = [check_stream(backends.event_log, backends.cache, stream) for stream in _streams(backends)]
    if as_json:
        print_json(found)
    else:
        for one in found:
            is_right = "cannot be counted" if one.problems else "can be counted"
            print_line(f"{one.stream}: {is_right}; {one.fit} of {plural(one.events_read, 'event')} read count.")
            for line in (*one.problems, *one.notes):
                print_line(f"  {line}")
    return 1 if any(one.problems for one in found) else 0


@click.command()
@click.argument("stream", required=False)
@click.pass_context
def backfill(ctx: click.Context, stream: str | None) -> None:
    """Count a stream, SERVICE.FEATURE, or all of them anew, from the oldest event that the log keeps.

    Until it is done there are no values, or those of what is counted by then. Other runners of the stream help.

    Example: argosy features backfill clicks
    """
    from argosy import telemetry
    from argosy.cli.train import stopped_by_signals
    from argosy.features.project_streams import stream_named
    from argosy.features.recounting import count_anew
    from argosy.features.running import run_streams
    from argosy.features.stream_status import status_of_streams

    telemetry.configure()
    backends = command_project(ctx).backends
    streams = _streams(backends)
    chosen = [stream_named(streams, stream)] if stream else streams
    for one in chosen:
        count_anew(backends.event_log, backends.cache, one.feature)
    with stopped_by_signals() as stop:
        run_streams(backends, chosen, stop, until_idle=True)
    for one in chosen:
        found = status_of_streams(backends.event_log, backends.cache, [one], time.time())
        print_line(f"{one.name}: {plural(sum(part.events for part in found), 'event')} counted anew.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--service", "name", required=True, metavar="NAME", help="Whose features.")
@click.option("--at", required=True, metavar="COLUMN", help="The column that says as of when: ISO 8601 or seconds.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="A .jsonl or .csv file.")
@click.option("--by-arrival", is_flag=True, help="Count events from when they came into the log, where it keeps that.")
@json_option
@click.pass_context
def join(ctx: click.Context, file: Path, name: str, at: str, out: Path, by_arrival: bool, as_json: bool) -> None:
    """Complete rows with a service's features: of streams as of each row's moment, of tables as they are now.

    Example: argosy features join bookings.csv --service offers --at seen_at --out examples.jsonl
    """
    from argosy.definitions.service import load_services
    from argosy.errors import ServiceNotFound, nearest
    from argosy.features.joining import join_file
    from argosy.services.functions import checked_function

    backends = command_project(ctx).backends
    services = load_services(backends.root)
    if name not in services:
        known = ", ".join(services) or "none"
        raise ServiceNotFound(f"no service is called '{name}'{nearest(name, services)}; there are: {known}")
    service = services[name]
    prepare = checked_function(backends.root, service.prepare) if service.prepare else None
    found = join_file(backends, service, file, at, out, time.time(), by_arrival, prepare)
    if as_json:
        print_json(found)
        return
    print_line(f"{out}: {plural(found.rows, 'row')}.")
    print_table(("column", ">known"), [(column, f"{count:,}") for column, count in found.known.items()])


def _streams(backends: Backends) -> list[ProjectStream]:
    from argosy.features.project_streams import streams_of_project

    streams = streams_of_project(backends.root)
    if not streams:
        raise UserMistake("no service has a stream: write `stream:` into the features of services/NAME.yaml")
    return streams


def _status_row(one: PartitionStatus) -> tuple[object, ...]:
    poison = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(one.poison.items()))
    return (
        one.stream,
        one.partition,
        one.position,
        f"{one.behind:,}",
        "–" if one.age is None else rough_span(one.age),
        f"{one.events:,}",
        f"{one.late:,}",
        f"{one.ahead:,}",
        poison or "–",
        one.runner or "–",
    )
