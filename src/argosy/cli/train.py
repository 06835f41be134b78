"""`argosy train` and `argosy worker`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from argosy.cli.output import json_option, print_json, print_line
from argosy.cli.plan import limit_option
from argosy.cli.project import command_project, now_option, tell_quiet_hours

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
    """Submit a PLAN, train it with workers of this machine, and show the leaderboard.

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
    tell_quiet_hours(project, now or not (to_train or search))
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
        print_line(str(found))
    return 1 if found.failed else 0


@click.command()
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="How many.")
@click.option("--until-idle", is_flag=True, help="Stop when nothing is queued or running.")
@now_option
@click.pass_context
def worker(ctx: click.Context, processes: int, until_idle: bool, now: bool) -> int:
    """Run workers that train whatever is queued, until Ctrl-C or SIGTERM: then they give back what they hold.

    Example: argosy worker --processes 2
    """
    import os

    from argosy import processes as child
    from argosy import telemetry
    from argosy.app.working import is_idle, work
    from argosy.worker_processes import run_until, sending_webhooks

    telemetry.configure()
    is_child = child.follow_parent()
    backends = command_project(ctx).backends
    with stopped_by_signals() as stop:
        if processes == 1 and not sys.stdin.isatty():  # at a terminal the worker needs a session of its own
            child.stand_back(backends.settings.training.nice)
            os.environ.update(child.threads(backends.settings.training.threads))  # no numeric library is loaded yet
            with nullcontext() if is_child else sending_webhooks(backends):  # whoever started a child sends them
                work(backends, stop, (lambda: is_idle(backends)) if until_idle else None, now=now)
        else:
            run_until(backends, lambda: stop.is_set() or (until_idle and is_idle(backends)), processes, now)
    return 0


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set, in place of ending the process; an ignored Ctrl-C stays ignored."""
    from argosy import processes

    stop = threading.Event()
    with processes.on_stop(lambda _: stop.set()):
        yield stop


def _follow(project: Project, status: Callable[[], PlanStatus], processes: int, now: bool, quiet: bool) -> PlanStatus:
    """Keep workers until the plan is over, with a bar where somebody looks and a line now and then elsewhere."""
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
