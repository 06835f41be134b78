"""`argosy backup` and `argosy restore`."""

from __future__ import annotations

from pathlib import Path

import click

from argosy.cli.output import json_option, print_json, print_line
from argosy.cli.project import command_project
from argosy.plurals import plural

file_argument = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@file_argument
@click.option(
    "--with-keys", is_flag=True, help="Include the master keys: the file alone is then enough to read everything."
)
@json_option
@click.pass_context
def backup(ctx: click.Context, file: Path, with_keys: bool, as_json: bool) -> None:
    """Write the project into one new FILE, while it runs: database, spool, artifacts, settings, plans, plug-ins.

    Example: argosy backup shop-2026-03-01.tar
    """
    from dataclasses import asdict

    from argosy.operations.backup import backup as back_up

    done = back_up(command_project(ctx).backends, file, with_keys)
    if as_json:
        print_json(asdict(done))
        return
    print_line(f"Wrote {done.file}: {done.size_bytes:,} bytes, {plural(done.artifacts, 'artifact')}.")
    print_line(
        "The master keys are in it: protect it as you protect them."
        if with_keys
        else "The master keys are not in it: without a copy of them it cannot be read.",
        err=True,
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--into", type=click.Path(path_type=Path, file_okay=False), help="A new or empty folder (default: this one)."
)
@click.option("--database", default="", metavar="URL", help="An empty database for the rows (default: a file inside).")
@json_option
@click.pass_context
def restore(ctx: click.Context, file: Path, into: Path | None, database: str, as_json: bool) -> None:
    """Make a project again from the FILE of a backup.

    Example: argosy restore shop-2026-03-01.tar --into shop
    """
    from dataclasses import asdict

    from argosy.app import backends
    from argosy.clock import format_time
    from argosy.operations.restore import restore as make_again

    done = make_again(file, into or Path(ctx.find_root().obj or "."), backends, database)
    if as_json:
        print_json(asdict(done))
        return
    made = format_time(round(done.made_at))
    print_line(f"Restored {done.folder} as it was at {made}, with {plural(done.artifacts, 'artifact')}.")
    for setting in done.changed:
        print_line(f"'{setting}' is inside the restored project now, as argosy.yaml states.", err=True)
    if not done.has_keys:
        print_line(
            f"Put the master keys into {Path(done.folder) / '.argosy' / 'keys'}, or set their variables.", err=True
        )
