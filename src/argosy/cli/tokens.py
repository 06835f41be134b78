"""`argosy tokens …`: access to the server."""

from __future__ import annotations

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project


@click.group()
def tokens() -> None:
    """Create, list and revoke tokens for the server.

    Example: argosy tokens create --name shop --scope predict,feedback
    """


@tokens.command()
@click.option("--name", required=True, help="A unique name, for example of the program that uses it.")
@click.option(
    "--scope", "scopes", required=True, metavar="SCOPE[,SCOPE]", help="From predict, feedback, store and admin."
)
@click.option("--source", default="", help="The source of feedback given with it (default: the token's name).")
@click.option("--claim", "claims", default="", metavar="CLAIM[,CLAIM]", help="From outcome, uniform and entity.")
@json_option
@click.pass_context
def create(ctx: click.Context, name: str, scopes: str, source: str, claims: str, as_json: bool) -> None:
    """Create a token, which is shown only once: callers send it as `Authorization: Bearer TOKEN`.

    Example: argosy tokens create --name shop --scope predict,feedback
    """
    wanted, claimed = _listed(scopes), _listed(claims) if claims else []
    token = command_project(ctx).tokens.create(name, wanted, source, claimed)
    if as_json:
        print_json({"name": name, "scopes": wanted, "source": source or name, "claims": claimed, "token": token})
        return
    print_line(token)
    print_line("Store it: it is shown only once. Servers require tokens from now on, also on this machine.", err=True)


@tokens.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List tokens, revoked ones too; never the tokens themselves.

    Example: argosy tokens list
    """
    from argosy.clock import format_time

    found = command_project(ctx).tokens.list()
    rows = [
        (
            token.name,
            token.id,
            ",".join(token.scopes),
            token.source or token.name,
            ",".join(token.claims),
            format_time(round(token.created_at)),
            "" if token.revoked_at is None else format_time(round(token.revoked_at)),
        )
        for token in found
    ]
    if as_json:
        names = ("name", "id", "scopes", "source", "claims", "created_at", "revoked_at")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif not rows:
        print_line("No token yet: argosy tokens create --name NAME --scope predict,feedback")
    else:
        print_table(("name", "id", "scopes", "source", "claims", "created", "revoked"), rows)


@tokens.command()
@click.argument("name")
@json_option
@click.pass_context
def revoke(ctx: click.Context, name: str, as_json: bool) -> None:
    """Refuse the token NAME from now on: servers notice within a second.

    Example: argosy tokens revoke shop
    """
    token = command_project(ctx).tokens.revoke(name)
    if as_json:
        print_json({"name": token.name, "id": token.id, "revoked": True})
    else:
        print_line(f"'{token.name}' is refused from now on.")


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",")]
