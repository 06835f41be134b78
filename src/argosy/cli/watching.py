"""`argosy models watch`: numbered folders of models become versions as they appear."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.importing import import_options, spelled_option
from argosy.cli.output import print_line
from argosy.cli.project import command_project
from argosy.cli.train import stopped_by_signals
from argosy.errors import ArgosyError, PathInvalid, UserMistake

if TYPE_CHECKING:
    from argosy.backends import Backends
    from argosy.operations.numbered_folders import FolderImports, NumberedBase

POLL_SECONDS = 2.0


@click.command()
@click.argument("base")
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
def watch(ctx: click.Context, /, base: str, latest: int, settle: float, once: bool, **options: Any) -> int:
    """Import models from numbered folders below BASE, as they appear, until Ctrl-C or SIGTERM.

    BASE is a folder of this machine, or s3://BUCKET/PREFIX.

    Example: argosy models watch /models/churn --as churn --input fields:age,visits

    Example: argosy models watch 's3://models/churn?region=eu-central-1' --as churn --input fields:age,visits
    """
    from argosy.operations.model_files import import_file
    from argosy.operations.numbered_folders import FolderImports

    if not options["name"]:
        raise UserMistake("--as MODEL says which model they are to be versions of")
    backends = command_project(ctx).backends
    form, name, classes = options.pop("form") or "", options.pop("name"), options.pop("classes")
    options["classes"] = [one.strip() for one in classes.split(",") if one.strip()]
    place = _base(backends, base)
    imports = FolderImports(
        backends,
        place,
        name,
        lambda path: import_file(backends, path, form, name, spelled=spelled_option, **options).version,
        settle,
        latest,
    )
    with stopped_by_signals() as stop:
        if once:
            refused = _look(imports)
            if place.is_observed and settle and not stop.wait(settle):
                refused = _look(imports) or refused
            return 2 if refused else 0
        problem = ""
        while not stop.is_set():
            try:
                _look(imports)
                if problem:
                    print_line(f"{place.shown} is looked at again.", err=True)
                problem = ""
            except ArgosyError as error:  # it is looked at again
                if str(error) != problem:
                    problem = str(error)
                    print_line(f"not looked at, tried again until it is: {problem}", err=True)
            stop.wait(POLL_SECONDS)
    return 0


def _base(backends: Backends, base: str) -> NumberedBase:
    from argosy.operations.numbered_folders import LocalBase

    if "://" in base:
        from argosy.operations.numbered_objects import ObjectBase

        return ObjectBase(base, backends.home / "watched")
    if not Path(base).is_dir():
        raise PathInvalid(f"{base}: there is no such folder")
    return LocalBase(Path(base))


def _look(imports: FolderImports) -> bool:
    """Whether one was refused."""
    found = imports.step(lambda line: print_line(line, err=True))
    for one in found:
        if one.problem:
            print_line(f"{one.place} is not imported: {one.problem}", err=True)
        else:
            print_line(f"{one.place} is {one.version}")
    return any(one.problem for one in found)
