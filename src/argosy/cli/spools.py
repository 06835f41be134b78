"""`argosy spools …`: how far each server's spool is behind, and which to forget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import json_option, print_json, print_line, print_table, rough_span
from argosy.cli.project import command_project
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.predictions.spools import SpoolStatus


@click.group()
def spools() -> None:
    """List the spools in which servers keep predictions until they are in the database, and forget a lost one.

    Example: argosy spools list
    """


@spools.command("list")
@json_option
@click.pass_context
def list_spools(ctx: click.Context, as_json: bool) -> None:
    """List every server's spool: when its drainer was last seen, what waited in it then, and its pending erasures.

    Example: argosy spools list
    """
    found = command_project(ctx).backends.spools.all()
    if as_json:
        print_json([_spool(one) for one in found])
    elif not found:
        print_line("No server has a spool with data.")
    else:
        columns = ("spool", "host", "folder", "version", "seen", ">waiting", "oldest", ">erasures", ">damaged")
        print_table(columns, map(_spool_row, found))


@spools.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_context
def forget(ctx: click.Context, name: str, yes: bool, as_json: bool) -> None:
    """Give up the spool NAME, whose machine is lost for good: erasures no longer wait for it.

    Its content is in no database. If it returns, its drainer carries out the erasures before it moves anything.

    Example: argosy spools forget edge-3-0f9a2c
    """
    project = command_project(ctx)
    if not yes:
        click.confirm(
            f"Is the machine of '{name}' lost for good, with the content of that spool?", abort=True, err=True
        )
    given_up = project.backends.spools.forget(name)
    if as_json:
        print_json(_spool(given_up))
        return
    left = f"{plural(given_up.waiting, 'prediction')} waited in it when it was last seen"
    print_line(f"Forgotten: '{name}' on {given_up.host}. {left}.")


def print_owing(owing: Sequence[SpoolStatus]) -> None:
    """Print which spools have not erased a subject yet, and what to do."""
    for one in owing:
        seen = f"last seen {rough_span(one.seconds_silent)} ago" if one.seen_at else "not seen yet"
        print_line(
            f"The spool '{one.name}' in {one.folder} on {one.host} ({seen}) has not erased it: it does so before"
            f" it moves anything; if it is lost for good: argosy spools forget {one.name}",
            err=True,
        )


def _spool(one: SpoolStatus) -> dict[str, Any]:
    return {
        "name": one.name,
        "host": one.host,
        "folder": one.folder,
        "version": one.version,
        "seen_at": one.seen_at or None,
        "is_silent": one.is_silent,
        "is_forgotten": one.is_forgotten,
        "waiting": one.waiting,
        "waiting_seconds": one.waiting_seconds,
        "erasures": one.erasures,
        "damaged": one.damaged,
    }


def _spool_row(one: SpoolStatus) -> tuple[object, ...]:
    oldest = rough_span(one.waiting_seconds) if one.waiting else ""
    return (one.name, one.host, one.folder, one.version, _seen(one), one.waiting, oldest, one.erasures, one.damaged)


def _seen(one: SpoolStatus) -> str:
    if one.is_forgotten:
        return "forgotten"
    if not one.seen_at:
        return "never"
    span = rough_span(one.seconds_silent)
    return f"silent for {span}" if one.is_silent else f"{span} ago"
