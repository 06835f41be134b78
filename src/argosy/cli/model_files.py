"""`argosy models code`, `argosy models files` and `argosy models tag`: data stored with a version."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.errors import UserMistake
from argosy.plurals import plural


@click.command()
@click.argument("reference", metavar="MODEL[@VERSION]")
@click.option("--to", "folder", metavar="FOLDER", help="Write the files there instead of printing them.")
@json_option
@click.pass_context
def code(ctx: click.Context, reference: str, folder: str | None, as_json: bool) -> None:
    """Print the code of your plug-ins that a version was trained with.

    Example: argosy models code topics@3 --to old-code
    """
    found = command_project(ctx).models.code(reference)
    sources = {name: source.decode("utf-8", "replace") for name, source in found.files.items()}
    if as_json:
        print_json({"plugins": found.plugins, "modules": found.modules, "files": sources})
        return
    if folder is not None:
        target = Path(folder)
        there = [name for name in found.files if (target / name).exists()]
        if there:
            raise UserMistake(f"{target / there[0]} exists already: give --to another folder")
        found.unpack(target)
        print_line(f"{plural(len(sources), 'file')} written to {folder}")
        return
    for name, source in sources.items():
        print_line(f"# --- {name}")
        print_line(source.rstrip("\n"))


@click.command()
@click.argument("reference", metavar="MODEL[@VERSION]")
@click.argument("name", required=False)
@click.option("--to", "path", metavar="FILE", help="Where to write the file NAME (default: its name, here).")
@json_option
@click.pass_context
def files(ctx: click.Context, reference: str, name: str | None, path: str | None, as_json: bool) -> None:
    """List the files that a version's plug-ins attached and the curves they logged; with NAME, fetch a file.

    Example: argosy models files topics@3 confusion.png
    """
    models = command_project(ctx).models
    if name is not None:
        target = Path(path or Path(name).name)
        if target.exists():
            raise UserMistake(f"{target} exists already: give --to another name")
        target.write_bytes(models.file(reference, name).read_bytes())
        print_line(f"{name} written to {target}")
        return
    attached, curves = models.files(reference), models.curves(reference)
    if as_json:
        print_json({"files": [asdict(one) for one in attached], "curves": curves})
        return
    if not attached and not curves:
        print_line(f"{reference} has no files and no curves: no plug-in stored any during training.")
    if attached:
        print_table(("file", ">bytes"), [(one.name, f"{one.size_bytes:,}") for one in attached])
    if curves:
        rows = [(metric, f"{len(points)}", f"{points[-1][1]:g}") for metric, points in curves.items()]
        print_table(("metric", ">values", ">last"), rows)


@click.command()
@click.argument("reference", metavar="MODEL@VERSION")
@click.argument("tags", nargs=-1, metavar="[TAG[=VALUE]]...")
@click.option("--remove", is_flag=True, help="Remove these tags.")
@json_option
@click.pass_context
def tag(ctx: click.Context, reference: str, tags: tuple[str, ...], remove: bool, as_json: bool) -> None:
    """Give a version tags, or show its tags.

    Example: argosy models tag topics@3 reviewed=yes ticket=OPS-17
    """
    models = command_project(ctx).models
    for one in tags:
        name, _, value = one.partition("=")
        if remove:
            models.untag(reference, name)
        else:
            models.tag(reference, name, value)
    found = models.tags(reference)
    if as_json:
        print_json(found)
    elif found:
        print_table(("tag", "value"), sorted(found.items()))
    else:
        print_line(f"{reference} has no tags.")
