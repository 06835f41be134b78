"""`argosy notifications …`: what happens in a project, as it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from argosy.cli.output import json_option, print_json, print_json_line, print_line, print_table
from argosy.cli.project import command_project
from argosy.cli.train import stopped_by_signals

if TYPE_CHECKING:
    from argosy.messaging.notifications import Notification


@click.group()
def notifications() -> None:
    """Follow what happens: training, promotions, failures.

    Example: argosy notifications follow --name chat --event alias_moved
    """


@notifications.command()
@click.option("--name", default="", help="Go on where this name stopped, and keep what comes while nobody follows.")
@click.option("--event", "events", multiple=True, metavar="EVENT", help="Only of this kind; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document a line.")
@click.pass_context
def follow(ctx: click.Context, name: str, events: tuple[str, ...], as_json: bool) -> int:
    """Print notifications as they come, until Ctrl-C or SIGTERM.

    Example: argosy notifications follow --name chat --event alias_moved
    """
    from argosy.messaging.following import Notifications

    backends = command_project(ctx).backends
    with stopped_by_signals() as stop, Notifications(backends.database, backends.broker, name, events, stop) as news:
        for one in news:
            if as_json:
                print_json_line(one)
            else:
                print_line(_line(one))
    return 0


@notifications.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List who follows by a name, how many notifications wait for each, and how many were given up.

    Example: argosy notifications list
    """
    from argosy.clock import format_time
    from argosy.messaging.followers import Followers

    backends = command_project(ctx).backends
    found = Followers(backends.database, backends.broker).list()
    rows = [(one.name, format_time(round(one.since)), one.waiting, one.dead) for one in found]
    if as_json:
        print_json([dict(zip(("name", "since", "waiting", "dead"), row, strict=True)) for row in rows])
    elif not rows:
        print_line("Nobody follows notifications: argosy notifications follow --name NAME")
    else:
        print_table(("name", "since", ">waiting", ">dead"), rows)


@notifications.command()
@click.argument("name")
@json_option
@click.pass_context
def forget(ctx: click.Context, name: str, as_json: bool) -> None:
    """Keep nothing for NAME any more; what waits for it is gone.

    Example: argosy notifications forget chat
    """
    from argosy.messaging.followers import Followers

    backends = command_project(ctx).backends
    Followers(backends.database, backends.broker).forget(name)
    if as_json:
        print_json({"name": name, "forgotten": True})
    else:
        print_line(f"Nothing is kept for '{name}' any more.")


def _line(one: Notification) -> str:
    """In words, without what has its place in the log."""
    from argosy.clock import format_time

    if one.event == "alias_moved":
        before = "" if one.from_number is None else f", before {one.from_number}"
        about = f"{one.action} {one.model}@{one.to_number} {one.alias}{before}"
    else:
        about = ": ".join(part for part in (" ".join(filter(None, (one.kind, one.label))), one.error) if part)
    return f"{format_time(round(one.at))}  {one.event}  {about}"
