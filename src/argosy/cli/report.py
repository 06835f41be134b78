"""`argosy report`."""

from __future__ import annotations

from pathlib import Path

import click

from argosy.cli.output import json_option, print_json, print_line
from argosy.cli.project import command_project


@click.command()
@click.argument("target", metavar="MODEL[@VERSION]|LABEL|PLAN")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: report-MODEL-N.html.")
@click.option("--texts", is_flag=True, help="Decrypt the texts of the listed rows, and include them.")
@click.option("--learning-curve", is_flag=True, help="Train on samples of the training part too.")
@click.option("--quick", is_flag=True, help="Train nothing: look for labels in doubt only outside the training part.")
@click.option(
    "--doubts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every label in doubt to this file, decrypted, to be corrected and imported again.",
)
@json_option
@click.pass_context
def report(
    ctx: click.Context,
    target: str,
    output: Path | None,
    texts: bool,
    learning_curve: bool,
    quick: bool,
    doubts: Path | None,
    as_json: bool,
) -> None:
    """Write one self-contained HTML page about a version: of a model or a plan, its champion, else its best.

    Example: argosy report topics@champion --learning-curve
    """
    path = command_project(ctx).report(
        target,
        output,
        texts=texts,
        learning_curve=learning_curve,
        quick=quick,
        doubts=doubts,
        report_progress=lambda line: None if as_json else print_line(f"{line} …", err=True),
    )
    if as_json:
        print_json({"report": str(path), "bytes": path.stat().st_size})
        return
    print_line(f"Wrote {path} ({path.stat().st_size / 1000:,.0f} kB).")
    if texts:
        print_line("It contains decrypted texts: protect it.")
    if doubts:
        print_line(
            f"Labels in doubt, decrypted, are in {doubts}: correct 'label', then: argosy examples import {doubts}"
        )
