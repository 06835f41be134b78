"""`argosy reproduce`, and the hidden command that child processes run."""

from __future__ import annotations

from pathlib import Path

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.plurals import plural

SHOWN = 10


@click.command()
@click.argument("reference", metavar="LABEL|MODEL[@VERSION]")
@click.option("--todays-code", is_flag=True, help="Use the current code of your plug-ins, even if it has changed.")
@json_option
@click.pass_context
def reproduce(ctx: click.Context, reference: str, todays_code: bool, as_json: bool) -> int:
    """Train a definition again as it was trained, and compare the artifact bit for bit.

    If the code of your plug-ins has changed since, the code stored with the version is used.
    Exit code 0 if it is identical, 1 if it is not.

    Example: argosy reproduce topics@champion
    """
    found = command_project(ctx).reproduce(
        reference,
        report_progress=lambda line: None if as_json else print_line(f"{line} …", err=True),
        kept_code=not todays_code,
    )
    if as_json:
        print_json(found.to_dict())
        return 0 if found.identical else 1
    print_line(f"{found.summary}; {found.seconds:.1f} s")
    if found.erased and found.difference:
        print_line(f"The first difference: {found.difference}")
    if found.erased:
        listed = ", ".join(f"{row.revision_id} ({row.part})" for row in found.erased[:SHOWN])
        more = f" and {len(found.erased) - SHOWN} more" if len(found.erased) > SHOWN else ""
        print_line(f"Erased since: {plural(len(found.erased), 'row')}, by revision id: {listed}{more}")
    if found.surroundings:
        rows = [(one.what, one.recorded or "–", one.here or "–") for one in found.surroundings]
        print_table(("", "when it was trained", "here"), rows, "Differences in the environment:")
    elif not found.identical and not found.erased:
        print_line("The environment is the same.")
    return 0 if found.identical else 1


@click.command(hidden=True)
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.pass_context
def task(ctx: click.Context, name: str, folder: Path) -> int:
    """Perform one task for the process that started this one."""
    from argosy import processes
    from argosy.app.tasks import perform

    processes.follow_parent()
    perform(command_project(ctx).backends, name, folder)
    return 0
