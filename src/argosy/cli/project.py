"""`argosy init`, `argosy doctor`, and how other commands open their project."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy import clock
from argosy.cli.output import WIDTH, counting, json_option, print_json, print_line

if TYPE_CHECKING:
    from argosy.app.project import Project
    from argosy.operations.integrity import Finding

NO_PROJECT = "."
code_option = click.option(
    "--code",
    type=click.Choice(["here", "stored"]),
    default="here",
    show_default=True,
    help="For your plug-ins whose code changed: the current code, or the code stored with each version.",
)


def command_project(ctx: click.Context) -> Project:
    """The project that the command is about: `--project`, else the nearest one from here upwards."""
    from argosy.app.project import open_project

    return open_project(ctx.find_root().obj or NO_PROJECT)


now_option = click.option("--now", is_flag=True, help="Train in quiet hours too.")


def report_quiet_hours(project: Project, is_now: bool) -> None:
    """Tell a user who waits for training until when none starts."""
    until = None if is_now else project.settings.training.quiet_until(clock.now())
    if until is not None:
        print_line(f"Quiet hours: no training starts before {until}. Ctrl-C leaves it queued; --now trains.", err=True)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--name", default="", help="The project's and its model's name (default: the folder's).")
@json_option
def init(folder: Path, name: str, as_json: bool) -> None:
    """Make a new project in FOLDER, else here: settings, two plans, a page of help, and its master keys.

    Example: argosy init shop
    """
    from argosy.app.scaffold import create_project

    written = [str(path) for path in create_project(folder, name)]
    if as_json:
        print_json({"project": str(folder), "written": written})
        return
    print_line(f"Made a project in {folder}: {', '.join(Path(path).name for path in written)}")
    there = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    print_line(f"Next: {there}argosy examples import YOUR.csv && argosy train plan.yaml")


def print_findings(findings: Sequence[Finding]) -> None:
    """Print each within the terminal's width, with what to do about it on separate lines."""
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    room = max(len(one.check) for one in findings)
    for one in findings:
        margin = " " * (room + 9)
        fold = partial(
            textwrap.fill, width=width, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
        )
        print_line(fold(f"  {'ok' if one.ok else '!!'}   {one.check:<{room}}  {one.found}"))
        if one.to_do:
            print_line(fold(f"{margin}→ {one.to_do}"))


@click.command()
@click.option("--quick", is_flag=True, help="Open the newest 1,000 rows of each kind, and compare 100 MB of artifacts.")
@json_option
@click.pass_context
def doctor(ctx: click.Context, quick: bool, as_json: bool) -> int:
    """Check every backend, key, sealed row, artifact and plug-in, and show what to do.

    Example: argosy doctor
    """
    from argosy.app.project import open_backends
    from argosy.operations.doctor import examine

    with counting(as_json) as seen:
        findings = examine(lambda: open_backends(ctx.find_root().obj or NO_PROJECT), quick, seen)
    if as_json:
        print_json([{"check": one.check, "ok": one.ok, "found": one.found, "to_do": one.to_do} for one in findings])
    else:
        print_findings(findings)
    return 0 if all(one.ok for one in findings) else 1
