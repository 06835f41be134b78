"""`argosy train` and `argosy worker`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from argosy.cli.log_options import log_options
from argosy.cli.output import json_option, print_json, print_line
from argosy.cli.plan import limit_option
from argosy.cli.project import command_project, now_option, report_quiet_hours

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.jobs.plan_status import PlanStatus


@click.command()
@click.argument("file", metavar="PLAN")
@click.option("--processes", type=click.IntRange(1, 256), default=2, show_default=True, help="Workers to start.")
@limit_option
@now_option
@json_option
@click.pass_context
def train(ctx: click.Context, file: str, processes: int, limit: int, now: bool, as_json: bool) -> int:
    """Submit a PLAN, train it with workers on this machine, and show the leaderboard.

    Example: argosy train plan.yaml --processes 2
    """
    from argosy.cli.leaderboard import print_leaderboard

    project = command_project(ctx)
    submitted = project.plans.submit(file, limit)
    name = project.plans.name(file)
    search = project.plans.status(name).search
    to_train = len(submitted.queued) + len(submitted.waiting)
    said = f"{to_train} to train, {len(submitted.trained)} trained already. Ctrl-C leaves the rest queued."
    print_line(f"Search: {search}." if search else said, err=True)
    if submitted.waits_for:
        print_line(f"It waits for its triggers, and for standing workers: {submitted.waits_for}", err=True)
    report_quiet_hours(project, now or not (to_train or search))
    for lacking in submitted.left_out:
        print_line(f"Left out: {lacking}", err=True)

    def status() -> PlanStatus:
        return project.plans.progress(name, submitted)

    found = _follow(project, status, processes, now, quiet=as_json)
    if as_json:
        print_json(project.ranked(name))
    else:
        print_leaderboard(project, name, top=10)
    if found.failed or ((found.search or found.stopped) and not as_json):
        print_line(str(found), err=as_json)
    return 1 if found.failed else 0


@click.command()
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="How many.")
@click.option("--until-idle", is_flag=True, help="Stop when nothing is queued or running.")
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Seconds that jobs may continue after SIGTERM before they are given back.",
)
@click.option(
    "--in-process",
    is_flag=True,
    help="One worker in this process: without limits, and a crash of a fit ends it.",
)
@now_option
@log_options
@click.pass_context
def worker(ctx: click.Context, processes: int, until_idle: bool, grace: float, in_process: bool, now: bool) -> int:
    """Run workers that train queued definitions, until Ctrl-C or SIGTERM; then they give their jobs back.

    Each is a separate process, which is replaced when a fit crashes it or exceeds the limits of its plan.

    Example: argosy worker --processes 2
    """
    from argosy import processes as child
    from argosy import telemetry
    from argosy.app.working import work_alone
    from argosy.tuning.searches import is_idle
    from argosy.worker_processes import POLL_SECONDS, STOP_SECONDS, sending_webhooks, started

    telemetry.configure()
    backends = command_project(ctx).backends
    with _stopped_within(grace) as (stop, interrupt):

        def abandoned() -> None:
            interrupt.set()
            child.end_within(STOP_SECONDS)  # no parent is left to kill a worker that does not stop

        is_child = child.follow_parent(abandoned)
        if in_process:
            with nullcontext() if is_child else sending_webhooks(backends):  # the parent sends them
                return work_alone(backends, stop, interrupt, (lambda: is_idle(backends)) if until_idle else None, now)
        with started(backends, processes, now, grace, interrupt) as keeper:
            while not (stop.wait(POLL_SECONDS) or keeper.is_drained or (until_idle and is_idle(backends))):
                pass
    return 0


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set, in place of ending the process; an ignored Ctrl-C stays ignored."""
    from argosy import processes

    stop = threading.Event()
    with processes.on_stop(lambda _: stop.set()):
        yield stop


@contextmanager
def _stopped_within(grace: float) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Two events: begin no further job; give the running job back.

    The second is set `grace` seconds after the first, and at once by Ctrl-C or a second signal.
    """
    import signal

    from argosy import processes

    stop, interrupt = threading.Event(), threading.Event()
    timer = threading.Timer(grace, interrupt.set)
    timer.daemon = True

    def asked(number: int) -> None:
        if number == signal.SIGINT or not grace or stop.is_set():
            interrupt.set()
        else:
            timer.start()
        stop.set()

    with processes.on_stop(asked):
        yield stop, interrupt
    timer.cancel()


def _follow(project: Project, status: Callable[[], PlanStatus], processes: int, now: bool, quiet: bool) -> PlanStatus:
    """Run workers until the plan is over, with a progress bar on a terminal."""
    from argosy.worker_processes import run_until

    if quiet or not sys.stderr.isatty():
        run_until(project.backends, lambda: status().is_over, processes, now)
        return status()
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("training", total=status().total)

        def is_over() -> bool:
            found = status()
            running = " ".join(job.label.rsplit("-", 1)[0] for job in found.running)
            finished = sum(number for state, number in found.counts.items() if state.is_final)
            bar.update(task, total=found.total, completed=finished, description=f"training {running}"[:60])
            return found.is_over

        run_until(project.backends, is_over, processes, now)
    return status()
