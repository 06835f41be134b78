"""`argosy models export`."""

from __future__ import annotations

from pathlib import Path

import click

from argosy.cli.output import json_option, print_json, print_line
from argosy.cli.project import command_project


@click.command()
@click.argument("reference", metavar="MODEL[@VERSION]|LABEL")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["argosy", "json", "onnx", "mlflow"]),
    default="argosy",
    show_default=True,
    help="argosy: everything, for another project; json: the same as text; onnx: a graph; mlflow: a folder.",
)
@click.option("--force", is_flag=True, help="Replace an existing FILE.")
@json_option
@click.pass_context
def export(ctx: click.Context, reference: str, file: Path, form: str, force: bool, as_json: bool) -> None:
    """Write a version to FILE, for another project or another program.

    Example: argosy models export topics@champion topics.argosy
    """
    from argosy.transfer.exporting import export_version

    found = export_version(command_project(ctx).backends, reference, file, form, force=force, forced="--force")
    if as_json:
        print_json(found.to_dict())
        return
    print_line(f"{found.name} is written to {file}: {found.size_bytes:,} bytes.")
    for line in found.omitted:
        print_line(f"  not in it: {line}")
