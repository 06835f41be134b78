"""`argosy models warm-up`: the requests that versions must answer before they are served."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from argosy.cli.output import json_option, print_json, print_line
from argosy.cli.project import command_project
from argosy.errors import UserMistake
from argosy.plurals import plural


@click.command("warm-up")
@click.argument("reference", metavar="MODEL[@VERSION]")
@click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the rows of this file, which the version must answer.",
)
@click.option("--text", default="", metavar="COLUMN", help="With --from: the column with the text.")
@click.option("--subject", default="", metavar="COLUMN", help="With --from: the person a row is about, for erasure.")
@click.option("--record", type=int, metavar="N", help="Take the last N requests of callers, from the prediction log.")
@click.option("--clear", is_flag=True, help="Remove them all.")
@json_option
@click.pass_context
def warm_up(
    ctx: click.Context,
    reference: str,
    file: Path | None,
    text: str,
    subject: str,
    record: int | None,
    clear: bool,
    as_json: bool,
) -> None:
    """Set the requests that every version of a model must answer before it is served, or show how many there are.

    Example: argosy models warm-up topics --record 50
    """
    from argosy.cli.examples import as_option
    from argosy.datasets.file_options import FileOptions
    from argosy.operations.warm_up import give_warm_up_requests, record_warm_up_requests, warm_up_requests
    from argosy.scoring.input_rows import WantedColumns

    if (file is not None) + (record is not None) + clear > 1:
        raise UserMistake("give one of --from, --record and --clear")
    if (text or subject) and file is None:
        raise UserMistake("--text and --subject are columns of a file: add --from FILE")
    project = command_project(ctx)
    model = project.models.resolve(reference).model
    if file is not None:
        options = FileOptions(text_bytes=project.settings.limits.text_bytes, spelled=as_option)
        give_warm_up_requests(project.backends, reference, file, WantedColumns(text, subject=subject), options)
    elif record is not None:
        record_warm_up_requests(project.backends, reference, record)
    elif clear:
        warm_up_requests(project.backends).clear(model)
    found = warm_up_requests(project.backends).counts(model)
    if as_json:
        print_json({"model": model, **asdict(found)})
    elif not found.requests:
        print_line(f"Versions of {model} answer a few general inputs before they are served.")
    else:
        whence = f"{found.recorded:,} recorded, {found.requests - found.recorded:,} given"
        print_line(f"Versions of {model} answer {plural(found.requests, 'request')} before they are served: {whence}.")
