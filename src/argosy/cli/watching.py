"""`argosy models watch`: numbered folders of models become versions as they appear."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.importing import import_options, spelled_option
from argosy.cli.output import print_line
from argosy.cli.project import command_project
from argosy.cli.train import stopped_by_signals

if TYPE_CHECKING:
    from argosy.operations.numbered_folders import ImportedFolder

POLL_SECONDS = 2.0


@click.command()
@click.argument("base", type=click.Path(exists=True, file_okay=False, path_type=Path))
@import_options
@click.option("--latest", type=click.IntRange(min=1), default=1, show_default=True, help="Import so many newest ones.")
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Seconds without a change after which a folder is complete.",
)
@click.option("--once", is_flag=True, help="Import what is there, and end.")
@click.pass_context
def watch(ctx: click.Context, /, base: Path, latest: int, settle: float, once: bool, **options: Any) -> int:
    """Import models from numbered folders below BASE, as they appear, until Ctrl-C or SIGTERM.

    Example: argosy models watch /models/churn --as churn --input fields:age,visits
    """
    from argosy.operations.model_files import import_file
    from argosy.operations.numbered_folders import FolderImports

    if not options["name"]:
        raise click.UsageError("--as MODEL says which model they are to be versions of")
    backends = command_project(ctx).backends
    form, name, classes = options.pop("form") or "", options.pop("name"), options.pop("classes")
    options["classes"] = [one.strip() for one in classes.split(",") if one.strip()]
    imports = FolderImports(
        backends,
        base,
        name,
        lambda path: import_file(backends, path, form, name, spelled=spelled_option, **options).version,
        settle,
        latest,
    )
    if once:
        refused = [_report(base, one) for one in imports.step()]
        return 2 if any(refused) else 0
    with stopped_by_signals() as stop:
        while not stop.is_set():
            for one in imports.step():
                _report(base, one)
            stop.wait(POLL_SECONDS)
    return 0


def _report(base: Path, one: ImportedFolder) -> bool:
    """Whether it was refused."""
    if one.problem:
        print_line(f"{base / str(one.number)} is not imported: {one.problem}", err=True)
    else:
        print_line(f"{base / str(one.number)} is {one.version}")
    return bool(one.problem)
