"""`argosy workers …`: list, drain and stop workers; start them on Ray."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import json_option, print_json, print_line, print_table, rough_span
from argosy.cli.project import command_project
from argosy.clock import format_time
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.jobs.workers import WorkerStatus

LOOK_SECONDS = 0.5


@click.group()
def workers() -> None:
    """List, drain and stop workers, and start some on Ray.

    Example: argosy workers list
    """


@workers.command("list")
@json_option
@click.pass_context
def list_workers(ctx: click.Context, as_json: bool) -> None:
    """List every worker on any machine: what it runs, since when, and when it was last seen.

    Example: argosy workers list
    """
    found = command_project(ctx).workers.all()
    if as_json:
        print_json([_worker(one) for one in found])
    elif not found:
        print_line("No worker runs: argosy worker --processes 2")
    else:
        columns = ("worker", "host", ">pid", "by", "version", "started", "seen", "runs", "for")
        print_table(columns, map(_worker_row, found))


@workers.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@json_option
@click.pass_context
def drain(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Make these workers, or all, finish their current jobs, begin no other, and end.

    Example: argosy workers drain
    """
    _print_asked(command_project(ctx).workers.drain(names), "finish", as_json)


@workers.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@json_option
@click.pass_context
def stop(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Make these workers, or all, give their jobs back, and end.

    Example: argosy workers stop
    """
    _print_asked(command_project(ctx).workers.drain(names, at_once=True), "stop", as_json)


@workers.command()
@click.option(
    "--on", "url", required=True, metavar="URL", help="ray://HOST[:PORT], ray://auto (this machine's), or ray://local."
)
@click.option("--count", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many.")
@click.option("--gpus", type=click.FloatRange(min=0), default=0.0, show_default=True, help="For each; 0.5 is a half.")
@click.option(
    "--folder", type=Path, metavar="DIR", help="The project's folder on Ray's machines (default: the same as here)."
)
@click.pass_context
def start(ctx: click.Context, url: str, count: int, gpus: float, folder: Path | None) -> int:
    """Run workers as Ray actors, where Ray has resources, until Ctrl-C, SIGTERM or 'argosy workers stop'.

    Example: argosy workers start --on ray://head.internal --count 8 --gpus 1
    """
    from argosy import telemetry
    from argosy.cli.train import stopped_by_signals
    from argosy.ray_workers import started_on_ray

    telemetry.configure()
    backends, placed = command_project(ctx).backends, 0
    backends.database.url  # noqa: B018  # fail now if it cannot be reached
    with started_on_ray(url, folder or backends.root.absolute(), count, gpus) as launched, stopped_by_signals() as stop:
        while not (stop.is_set() or launched.wait(LOOK_SECONDS)):
            for host in launched.placed():
                placed += 1
                print_line(f"{placed} of {plural(count, 'worker')} placed, on {host}")
    return 0


def _print_asked(asked: Sequence[str], what: str, as_json: bool) -> None:
    if as_json:
        print_json({"asked": asked})
        return
    print_line(f"{plural(len(asked), 'worker')} asked to {what}; 'argosy workers list' shows which still run.")


def _worker(one: WorkerStatus) -> dict[str, Any]:
    who = one.identity
    return {
        "name": who.name,
        "host": who.host,
        "pid": who.pid,
        "run_by": who.run_by,
        "version": who.version,
        "started_at": one.started_at,
        "seen_at": one.seen_at,
        "is_silent": one.is_silent,
        "is_draining": one.is_draining,
        "runs": one.runs or None,
        "runs_since": one.runs_since,
    }


def _worker_row(one: WorkerStatus) -> tuple[object, ...]:
    who, now = one.identity, one.seen_at + one.seconds_silent
    seen = f"silent for {rough_span(one.seconds_silent)}" if one.is_silent else f"{rough_span(one.seconds_silent)} ago"
    runs = one.runs or ("finishing" if one.is_draining else "–")
    since = rough_span(now - one.runs_since) if one.runs_since is not None else ""
    started = format_time(round(one.started_at))
    return (who.name, who.host, who.pid, who.run_by, who.version, started, seen, runs, since)
