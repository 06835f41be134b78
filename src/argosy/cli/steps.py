"""`argosy steps …`: commands of any language that run on new files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import json_option, print_json, print_line, print_table, standard_output
from argosy.cli.project import command_project
from argosy.clock import format_time
from argosy.errors import ExamplesInvalid
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.steps.looking import Sighting
    from argosy.steps.project_steps import StepStatus
    from argosy.steps.runs import StepRun


@click.group()
def steps() -> None:
    """Run the commands of `steps:` in argosy.yaml on new inputs, and show the results.

    Example: argosy steps run clean
    """


@steps.command("run")
@click.argument("step", metavar="[NAME]", default="")
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Workers to start.")
@json_option
@click.pass_context
def run_steps(ctx: click.Context, step: str, processes: int, as_json: bool) -> int:
    """Run a step, after those that it depends on, or all steps, on this machine, and wait for the end.

    A step that has run on the same inputs is not run again, unless it failed. Standing workers run steps automatically.

    Example: argosy steps run clean
    """
    project = command_project(ctx)
    if not project.settings.steps:
        print_line("argosy.yaml has no steps: see docs/steps.md", err=True)
    found = project.steps.run(step, processes, lambda one: print_line(_sighting(one), err=True))
    if as_json:
        print_json([{"step": one.step, "label": one.label, "state": one.state, "why": one.why} for one in found])
    else:
        _print_status([one for each in found for one in project.steps.status(each.step)])
    return 1 if any(one.state in ("failed", "cancelled") for one in found) else 0


@steps.command()
@click.argument("step", metavar="[NAME]", default="")
@json_option
@click.pass_context
def status(ctx: click.Context, step: str, as_json: bool) -> None:
    """Show each step: its newest output, and the state of its newest run. For one step, show every run.

    Example: argosy steps status
    """
    project = command_project(ctx)
    found = project.steps.status(step)
    runs = project.steps.runs(step) if step else []
    if as_json:
        listed = {"runs": [_run(one) for one in runs]} if step else {}
        print_json([{**_status(one), **listed} for one in found])
    elif not found:
        print_line("argosy.yaml has no steps: see docs/steps.md")
    else:
        _print_status(found)
        if runs:
            print_table(("run", "output", ">bytes", "asked", ">took", "by"), [_run_row(one) for one in runs])


@steps.command()
@click.argument("step", metavar="NAME[@N]")
@json_option
@click.pass_context
def log(ctx: click.Context, step: str, as_json: bool) -> None:
    """Print the output of the newest run of a step, or of run N: its newest attempt, including errors, without colours.

    Example: argosy steps log clean
    """
    text = command_project(ctx).steps.log(step)
    if as_json:
        print_json({"step": step, "log": text})
        return
    standard_output().write(text)


@steps.command()
@click.argument("step", metavar="NAME[@N]")
@click.option("--to", required=True, type=click.Path(path_type=Path), help="A file, or an existing folder.")
@json_option
@click.pass_context
def output(ctx: click.Context, step: str, to: Path, as_json: bool) -> None:
    """Copy the newest output of a step, or output N, to a file.

    Example: argosy steps output clean --to clean.csv
    """
    run, target = command_project(ctx).steps.write_output(step, to)
    if as_json:
        print_json({**_run(run), "to": str(target)})
        return
    print_line(f"{run.reference}, {plural(run.output_bytes or 0, 'byte')}, sha256 {run.output}: {target}")


@steps.command()
@click.argument("step", metavar="[NAME]", default="")
@click.option("--lineage", "with_lineage", is_flag=True, help="Also remove those that examples were imported from.")
@json_option
@click.pass_context
def prune(ctx: click.Context, step: str, with_lineage: bool, as_json: bool) -> None:
    """Remove outputs beyond their step's 'keep', and list the models that learned from those that stay.

    Workers do the same every ten minutes, and never remove outputs that examples were imported from.

    Example: argosy steps prune
    """
    project = command_project(ctx)
    gone, stays = project.steps.prune(step, with_lineage)
    learned = {one.reference: _learned(project, one) for one in stays}
    if as_json:
        print_json({"gone": [one.reference for one in gone], "stays": learned})
        return
    print_line(f"{plural(len(gone), 'output')} removed{': ' if gone else ''}{', '.join(one.reference for one in gone)}")
    for reference, versions in learned.items():
        by = f"{', '.join(versions)} learned from them" if versions else "no model has learned from them"
        print_line(f"{reference} stays: examples were imported from it, and {by}")
    if learned:
        print_line("argosy steps prune --lineage removes these too: their lineage then ends at the imported file.")


def _learned(project: Project, run: StepRun) -> list[str]:
    from argosy.lineage.learned import learned_from_file

    try:
        found = learned_from_file(project.backends, run.output or "")
    except ExamplesInvalid:  # its rows were erased
        return []
    return [one.version.reference for one in found.versions if one.has_learned]


@steps.command()
@click.argument("step", metavar="NAME")
@json_option
@click.pass_context
def cancel(ctx: click.Context, step: str, as_json: bool) -> None:
    """Cancel a queued or running run: its command is killed. 'argosy steps run' runs it again.

    Example: argosy steps cancel clean
    """
    label = command_project(ctx).steps.cancel(step)
    if as_json:
        print_json({"cancelled": label})
        return
    print_line(f"Cancelled {label}.")


def _sighting(one: Sighting) -> str:
    return f"{one.step}: {one.state}{f': {one.why}' if one.why else ''}{f' ({one.label})' if one.label else ''}"


def _print_status(found: list[StepStatus]) -> None:
    columns = ("step", "output", "digest", ">bytes", ">inputs", "state", "when", ">took", "error")
    print_table(columns, [_status_row(one) for one in found])


def _status_row(one: StepStatus) -> tuple[object, ...]:
    run, made = one.run, one.output
    return (
        one.step,
        made.reference if made else "–",
        (made.output or "")[:12] if made else "",
        f"{made.output_bytes:,}" if made and made.output_bytes is not None else "",
        f"{one.inputs:,}" if run else "",
        one.state,
        "" if one.since is None else format_time(round(one.since)),
        _took(run),
        one.error,
    )


def _run_row(run: StepRun) -> tuple[object, ...]:
    size = "" if run.output_bytes is None else f"{run.output_bytes:,}"
    return (
        run.reference,
        (run.output or "–")[:12],
        size,
        format_time(round(run.asked_at)),
        _took(run),
        run.worker or "",
    )


def _took(run: StepRun | None) -> str:
    return f"{run.took:.1f} s" if run and run.took is not None else ""


def _status(one: StepStatus) -> dict[str, Any]:
    return {
        "step": one.step,
        "state": one.state,
        "since": one.since,
        "error": one.error or None,
        "inputs": one.inputs,
        "input_bytes": one.input_bytes,
        "run": _run(one.run) if one.run else None,
        "output": _run(one.output) if one.output else None,
    }


def _run(run: StepRun) -> dict[str, Any]:
    return {
        "run": run.reference,
        "label": run.label,
        "output": run.output,
        "bytes": run.output_bytes,
        "file": run.task.output,
        "after": run.after or None,
        "asked_at": run.asked_at,
        "ended_at": run.ended_at,
        "took": run.took,
        "worker": run.worker,
    }
