"""`argosy features trends …`: which keys of a stream lead, window by window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.errors import FeaturesInvalid, UserMistake, nearest
from argosy.plurals import plural

if TYPE_CHECKING:
    import threading

    from argosy.backends import Backends
    from argosy.definitions.trends import Trend
    from argosy.features.flink_runner import FlinkRunner


@click.group()
def trends() -> None:
    """Rank the keys of a stream in windows of event time, in this process or as a job of Flink.

    Example: argosy features trends run products --until-idle --out rows.jsonl
    """


@trends.command("list")
@json_option
@click.pass_context
def list_trends(ctx: click.Context, as_json: bool) -> None:
    """List the trends of the folder trends/.

    Example: argosy features trends list
    """
    found = _trends(command_project(ctx).backends)
    if as_json:
        print_json([_document(one) for one in found.values()])
        return
    rows = [
        (
            one.name,
            one.stream,
            f"top {one.top} {one.key} by {one.by}",
            f"{one.window} s",
            f"{one.every} s",
            one.to or "–",
        )
        for one in found.values()
    ]
    print_table(("trend", "stream", "ranks", ">window", ">every", "to"), rows)


@trends.command()
@click.argument("name")
@click.option(
    "--engine", type=click.Choice(["local", "flink"]), help="What computes it (default: the setting windows)."
)
@click.option(
    "--until-idle", is_flag=True, help="Stop when every event was read; windows that are not over are rows too."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The file of JSON lines that gets the rows."
)
@click.pass_context
def run(ctx: click.Context, name: str, engine: str | None, until_idle: bool, out: Path | None) -> None:
    """Put the rows of each window that is over into the trend's topic, or a file, until Ctrl-C or SIGTERM.

    Example: argosy features trends run products --engine flink --until-idle --out rows.jsonl
    """
    from argosy import telemetry
    from argosy.cli.train import stopped_by_signals

    telemetry.configure()
    backends = command_project(ctx).backends
    trend = _trend(backends, name)
    if until_idle and out is None:
        raise UserMistake("--until-idle makes rows of windows that are not over: give --out FILE for them")
    if out is None and not trend.to:
        raise UserMistake(f"the trend '{name}' has no `to`: name a topic there, or give --out FILE")
    with stopped_by_signals() as stop:
        if _is_flink(backends, engine):
            _run_on_flink(_flink(backends), trend, out, until_idle, stop)
        else:
            _run_here(backends, trend, out, until_idle, stop)


@trends.command("show-job")
@click.argument("name")
@click.option("--to-topic", is_flag=True, help="The job that goes on and on, in place of the one for --out.")
@click.pass_context
def show_job(ctx: click.Context, name: str, to_topic: bool) -> None:
    """Print a trend as a job of Flink: a Python file for PyFlink. It holds no password.

    Example: argosy features trends show-job products > job.py
    """
    backends = command_project(ctx).backends
    print_line(_flink(backends).job(_trend(backends, name), is_bounded=not to_topic, to_file=not to_topic))


def _run_here(backends: Backends, trend: Trend, out: Path | None, until_idle: bool, stop: threading.Event) -> None:
    from argosy.features.trend_runner import TrendRunner
    from argosy.features.trend_sinks import RowFile, RowTopic

    log = backends.event_log
    sink = RowTopic(log, trend.to, trend.name) if out is None else RowFile(out)
    try:
        runner = TrendRunner(trend, log, sink)
        runner.run(stop, until_idle)
    finally:
        sink.close()
    counts = runner.counts
    print_line(
        f"{trend.name}: {plural(runner.rows, 'row')} from {plural(counts.counted, 'event')};"
        f" {counts.passed:,} excluded, {counts.late:,} late, {counts.ahead:,} ahead of the clock."
    )
    for reason, count in sorted(counts.poison.items()):
        print_line(f"  {plural(count, 'event')}: {reason}")


def _run_on_flink(flink: FlinkRunner, trend: Trend, out: Path | None, until_idle: bool, stop: threading.Event) -> None:
    if out is None:
        job = flink.run_to_topic(trend, stop)
        print_line(
            f"{trend.name}: Flink runs it as the job {job}." if job and not stop.is_set() else f"{trend.name}: ended."
        )
        return
    if not until_idle:
        raise UserMistake("Flink puts rows into a file when all events were read: give --until-idle too")
    rows = flink.run_to_file(trend, out, stop)
    print_line(f"{trend.name}: {plural(rows, 'row')}.")


def _is_flink(backends: Backends, engine: str | None) -> bool:
    from argosy.features.flink_places import cluster_of

    cluster_of(backends.settings.windows)
    return engine == "flink" or (engine is None and backends.settings.windows.startswith("flink:"))


def _flink(backends: Backends) -> FlinkRunner:
    from argosy.features.flink_runner import FlinkRunner

    settings = backends.settings
    return FlinkRunner(backends.root, settings.log, settings.windows, settings.flink)


def _trends(backends: Backends) -> dict[str, Trend]:
    from argosy.definitions.trends import load_trends

    found = load_trends(backends.root)
    if not found:
        raise UserMistake("there is no trend: write one as trends/NAME.yaml")
    return found


def _trend(backends: Backends, name: str) -> Trend:
    found = _trends(backends)
    if name not in found:
        raise FeaturesInvalid(f"no trend is called '{name}'{nearest(name, found)}; there are: {', '.join(found)}")
    return found[name]


def _document(trend: Trend) -> dict[str, object]:
    return {
        "trend": trend.name,
        "stream": trend.stream,
        "key": trend.key,
        "by": trend.by,
        "top": trend.top,
        "window": trend.window,
        "every": trend.every,
        "to": trend.to,
    }
