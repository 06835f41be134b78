"""`argosy features run`, `status` and `check`: streams of events counted into the online cache."""

from __future__ import annotations

import time
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
