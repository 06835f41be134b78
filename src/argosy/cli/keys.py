"""`argosy keys …`: the project's master keys, by their fingerprints."""

from __future__ import annotations

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.plurals import plural


@click.group()
def keys() -> None:
    """Show and replace the project's master keys.

    Example: argosy keys rotate examples
    """


@keys.command()
@json_option
@click.pass_context
def show(ctx: click.Context, as_json: bool) -> None:
    """Show each master key's fingerprint and what it opens, never the key itself.

    Example: argosy keys show
    """
    from dataclasses import asdict

    states = command_project(ctx).keys.show()
    if as_json:
        print_json([asdict(state) for state in states])
        return
    rows = [
        (
            state.role,
            state.fingerprint or state.problem,
            ", ".join(scope.removeprefix("collection:") for scope in state.scopes) or "nothing yet",
            "not finished: argosy keys rotate " + state.role if state.rotating else "",
        )
        for state in states
    ]
    print_table(("key", "fingerprint", "opens", "rotation"), rows)


@keys.command()
@click.argument("role", type=click.Choice(["examples", "predictions"]))
@json_option
@click.pass_context
def rotate(ctx: click.Context, role: str, as_json: bool) -> None:
    """Replace the master key of ROLE, examples or predictions, while the project is in use; no row is rewritten.

    Example: argosy keys rotate examples
    """
    from dataclasses import asdict

    rotated = command_project(ctx).keys.rotate(role)
    if as_json:
        print_json(asdict(rotated))
        return
    ended = " The earlier rotation is finished." if rotated.resumed else ""
    print_line(
        f"The key '{role}' is {rotated.fingerprint} now; it wraps {plural(rotated.data_keys, 'data key')}.{ended}"
    )
