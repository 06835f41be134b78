"""`argosy jobs …`: the list of jobs, and why one waits or has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.clock import format_time

if TYPE_CHECKING:
    from argosy.jobs.job import Job

STATES = ("queued", "running", "done", "failed", "cancelled")


@click.group()
def jobs() -> None:
    """List jobs, and show why one waits or has failed.

    Example: argosy jobs list --state failed
    """


@jobs.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only jobs in that state.")
@click.option("--kind", default="", help="Only jobs of that kind: train, retrain, gate, replay, drift, submit or step.")
@click.option("--most", type=click.IntRange(min=1), default=50, show_default=True, help="List at most this many.")
@json_option
@click.pass_context
def list_jobs(ctx: click.Context, state: str | None, kind: str, most: int, as_json: bool) -> None:
    """List jobs: running ones first, then queued, failed and all others, each from the newest.

    Example: argosy jobs list --state failed
    """
    from argosy.jobs.job import JobState

    queue = command_project(ctx).queue
    found = queue.newest(kind, JobState(state) if state else None, most)
    counts = {one.value: number for one, number in queue.counts(kind).items() if number}
    if as_json:
        print_json({"counts": counts, "jobs": [_job(one) for one in found]})
        return
    print_line(", ".join(f"{number:,} {name}" for name, number in counts.items()) or "No job.")
    if found:
        columns = ("label", "kind", "state", ">priority", ">failures", "owner", "since", "error")
        print_table(columns, map(_job_row, found))


@jobs.command()
@click.argument("label")
@json_option
@click.pass_context
def show(ctx: click.Context, label: str, as_json: bool) -> None:
    """Show the job of a LABEL: its state, its error with the traceback, and which workers could run it.

    Example: argosy jobs show tfidf-svm-0a1b2c3d4e5f
    """
    project = command_project(ctx)
    job, workers_ = project.queue.get(label), project.workers.all()
    able = [one.identity.name for one in workers_ if not one.is_silent and one.has(job.requires)]
    if as_json:
        print_json({**_job(job), "traceback": job.traceback, "able_workers": able})
        return
    print_line(f"{job.label}: {job.state.value}")
    print_table(("", ""), _lines(job, able, bool(workers_)))
    if job.traceback:
        print_line(job.traceback)


def _lines(job: Job, able: list[str], are_any: bool) -> list[tuple[str, str]]:
    lines = [
        ("kind", f"{job.kind}, priority {job.priority}"),
        ("submitted", _time(job.submitted_at)),
        ("attempts", f"{job.failures} failed, {job.losses} lost"),
    ]
    if job.owner:
        lines.append(("owner", f"{job.owner}, since {_time(job.started_at)}, lease until {_time(job.lease_until)}"))
    if job.finished_at:
        lines.append(("ended", _time(job.finished_at)))
    if limits := _limits(job):
        lines.append(("limits", limits))
    if job.requires:
        lines.append(("requires", ", ".join(f"{name} {digest[:12]}".rstrip() for name, digest in job.requires.items())))
        lacking = "no worker has that" if are_any else "no worker runs"
        lines.append(("", f"which have: {', '.join(able)}" if able else lacking))
    if job.error:
        lines.append(("error", job.error))
    return lines


def _limits(job: Job) -> str:
    from argosy.definitions.limits import in_units

    given = job.payload.get("limits") or {}
    memory = [f"memory {in_units(given['memory'])}"] if given.get("memory") else []
    return ", ".join([*memory, *([f"{given['seconds']:g} s"] if given.get("seconds") else [])])


def _job(job: Job) -> dict[str, Any]:
    return {
        "label": job.label,
        "kind": job.kind,
        "state": job.state.value,
        "priority": job.priority,
        "failures": job.failures,
        "losses": job.losses,
        "owner": job.owner,
        "lease_until": job.lease_until,
        "submitted_at": job.submitted_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "requires": job.requires,
        "limits": job.payload.get("limits"),
        "error": job.error,
    }


def _job_row(job: Job) -> tuple[object, ...]:
    since = job.finished_at or job.started_at or job.submitted_at
    return (
        job.label,
        job.kind,
        job.state.value,
        job.priority,
        job.failures,
        job.owner or "",
        _time(since),
        job.error or "",
    )


def _time(moment: float | None) -> str:
    return "" if moment is None else format_time(round(moment))
