"""`argosy migrate`: to another database and another place for artifacts."""

from __future__ import annotations

import click

from argosy.cli.output import json_option, print_json, print_line
from argosy.cli.project import command_project
from argosy.plurals import plural


@click.command()
@click.option("--to", required=True, metavar="URL", help="An empty database: postgresql://… or sqlite:///FILE.")
@click.option("--from", "source", default="", metavar="URL", help="The database to copy from (default: the project's).")
@click.option("--artifacts", default="", metavar="URL", help="Copy the artifacts there too: s3://… or file:FOLDER.")
@json_option
@click.pass_context
def migrate(ctx: click.Context, to: str, source: str, artifacts: str, as_json: bool) -> None:
    """Copy the project's rows into another database, and compare them; nothing may run in the project meanwhile.

    The old database is not changed. The project uses the new places once argosy.yaml names them.

    Example: argosy migrate --to postgresql://argosy@db/argosy --artifacts s3://models/shop
    """
    from dataclasses import asdict

    from argosy.operations.moving import migrate_project, source_database

    backends = command_project(ctx).backends
    opened = source_database(backends, source)
    done = migrate_project(backends, opened, to, artifacts, lambda step: print_line(f"{step} …", err=True))
    if as_json:
        print_json(asdict(done))
        return
    rows = sum(done.tables.values())
    print_line(
        f"Copied {plural(rows, 'row')} of {plural(len(done.tables), 'table')} to {done.database}; all are identical."
    )
    if artifacts:
        print_line(f"Copied {plural(done.artifacts, 'artifact')} to {artifacts}.")
    print_line("Name the new places in argosy.yaml to use them: until then the project uses the old ones.", err=True)
