"""`argosy lineage`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.errors import UserMistake
from argosy.plurals import plural
from argosy.terminal_text import visible_line

if TYPE_CHECKING:
    from argosy.lineage.learned import LearnedFrom, LearnedVersion


@click.command()
@click.argument("reference", metavar="[MODEL[@VERSION]|LABEL|PREDICTION]", default="")
@click.option("--of-example", metavar="ID", default="", help="List the versions that learned from an example.")
@click.option("--of-file", metavar="PATH", default="", help="The same for a file's rows: its path, digest or name.")
@click.option("--graph", type=click.Path(path_type=Path, dir_okay=False), help="Draw it into this file, an SVG.")
@json_option
@click.pass_context
def lineage(
    ctx: click.Context, reference: str, of_example: str, of_file: str, graph: Path | None, as_json: bool
) -> None:
    """Show how a version, or the version behind a prediction, was made and what happened to it; no text is shown.

    It lists imports, rows, code and environment, who trained and promoted the version, and its answers since.

    Example: argosy lineage topics@champion --graph topics.svg
    """
    from argosy.lineage import gathering, learned, tree

    if sum(map(bool, (reference, of_example, of_file))) != 1:
        raise UserMistake("give one of MODEL@VERSION, a label, a prediction's id, --of-example ID and --of-file PATH")
    backends = command_project(ctx).backends
    if not reference:
        if graph is not None:
            raise UserMistake("--graph draws the lineage of a version or a prediction: name one")
        found = (
            learned.learned_from_example(backends, of_example)
            if of_example
            else learned.learned_from_file(backends, of_file)
        )
        _print_learned(found, as_json)
        return
    gathered = gathering.lineage(backends, reference)
    if graph is not None:
        _draw(gathered, graph)
    if as_json:
        print_json(gathered)
    else:
        print_line("\n".join(tree.tree_lines(gathered)))
    if graph is not None:
        print_line(f"Drawn: {graph}", err=True)


def _draw(gathered: Any, path: Path) -> None:
    from argosy.paths import check_suffix, private_text
    from argosy.web.lineage_graph import lineage_svg

    check_suffix(path, (".svg",))
    with private_text(path) as file:
        file.write(lineage_svg(gathered))


def _print_learned(found: LearnedFrom, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    from argosy.clock import format_time

    for one in found.imports:
        counts = f"{plural(one.rows_read, 'row')} read, {one.added:,} added, {one.revised:,} revised"
        by = f"a trigger of '{one.trigger_of}', run by {one.imported_by}" if one.trigger_of else one.imported_by
        line = f"{one.name} into '{one.collection}' by {by}, {format_time(one.imported_at)}: {counts}"
        print_line(visible_line(line))
    number = f"{plural(found.rows, 'revision')} of examples, in {plural(len(found.versions), 'version')}"
    print_line(visible_line(f"{found.what}: {number}"))
    if found.erased:
        unlisted = "a version that learned from no other row of it is not listed"
        print_line(f"{plural(found.erased, 'more revision')} of it erased since: {unlisted}")
    if found.versions:
        print_table(("version", "", "in its", ""), [_row(one) for one in found.versions])


def _row(one: LearnedVersion) -> tuple[str, str, str, str]:
    parts = ", ".join(f"{part} {count:,}" for part, count in one.parts.items())
    role = "learned from" if one.has_learned else "measured on"
    return (
        one.version.reference,
        role if one.is_known else "unknown: its row cannot be read",
        parts,
        ", ".join((*one.version.aliases, *([f"marked: {one.version.mark}"] if one.version.mark else []))),
    )
