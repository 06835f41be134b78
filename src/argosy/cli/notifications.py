"""`argosy notifications …`: events of a project as they happen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import json_option, print_json, print_json_line, print_line, print_table
from argosy.cli.project import command_project
from argosy.cli.train import stopped_by_signals
from argosy.errors import UserMistake
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.messaging.dead_notifications import DeadNotification, DeadNotifications
    from argosy.messaging.notifications import Notification


@click.group()
def notifications() -> None:
    """Follow what happens: training, promotions, failures.

    Example: argosy notifications follow --name chat --event alias_moved
    """


@notifications.command()
@click.option(
    "--name", default="", help="Continue where this name stopped, and keep later events while nobody follows."
)
@click.option("--event", "events", multiple=True, metavar="EVENT", help="Only events of this kind; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document per line.")
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
    """List followers with a name, and how many notifications wait for each and were given up.

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
        print_line("Notifications have no followers: argosy notifications follow --name NAME")
    else:
        print_table(("name", "since", ">waiting", ">dead"), rows)


@notifications.command()
@click.argument("name")
@json_option
@click.pass_context
def forget(ctx: click.Context, name: str, as_json: bool) -> None:
    """Forget the follower NAME, with the notifications that wait for it.

    Example: argosy notifications forget chat
    """
    from argosy.messaging.followers import Followers

    backends = command_project(ctx).backends
    Followers(backends.database, backends.broker).forget(name)
    if as_json:
        print_json({"name": name, "forgotten": True})
    else:
        print_line(f"'{name}' is forgotten: no notifications are kept for it.")


@notifications.group()
def dead() -> None:
    """List, show, send again and drop notifications that were given up.

    Example: argosy notifications dead list
    """


of_name = click.option("--name", default="", help="Only those of this name.")
ids_argument = click.argument("ids", metavar="[ID]...", nargs=-1)
all_option = click.option("--all", "is_all", is_flag=True, help="All of them, or all of --name.")


@dead.command("list")
@of_name
@json_option
@click.pass_context
def list_dead(ctx: click.Context, name: str, as_json: bool) -> None:
    """List what was given up, for whom and why.

    Example: argosy notifications dead list --name mover
    """
    from argosy.messaging.dead_notifications import MOST

    found = _dead(ctx).find(name)
    if as_json:
        print_json([_fields(one) for one in found])
        return
    if not found:
        print_line("No notification was given up.")
        return
    print_table(("id", "name", ">tries", "notification", "why"), map(_dead_row, found))
    if len(found) >= MOST:
        print_line(f"Of each name the first {MOST:,} are shown.")


@dead.command()
@click.argument("given", metavar="ID")
@of_name
@json_option
@click.pass_context
def show(ctx: click.Context, given: str, name: str, as_json: bool) -> None:
    """Show all of a notification that was given up; the beginning of its ID is enough.

    Example: argosy notifications dead show 0a1b2c3d
    """
    found = _dead(ctx).find(name, [given])
    if as_json:
        print_json([_fields(one) for one in found])
        return
    for one in found:
        print_table(("", ""), _fields(one, spread=True).items())


@dead.command()
@ids_argument
@of_name
@all_option
@json_option
@click.pass_context
def resend(ctx: click.Context, ids: tuple[str, ...], name: str, is_all: bool, as_json: bool) -> None:
    """Send notifications that were given up again, to their name, with all attempts.

    Example: argosy notifications dead resend --all --name mover
    """
    found = _dead(ctx).resend(name, _meant(ids, is_all))
    _report(found, "sent again", as_json)


@dead.command()
@ids_argument
@of_name
@all_option
@json_option
@click.pass_context
def drop(ctx: click.Context, ids: tuple[str, ...], name: str, is_all: bool, as_json: bool) -> None:
    """Delete notifications that were given up.

    Example: argosy notifications dead drop 0a1b2c3d
    """
    found = _dead(ctx).drop(name, _meant(ids, is_all))
    _report(found, "dropped", as_json)


def _dead(ctx: click.Context) -> DeadNotifications:
    from argosy.messaging.dead_notifications import DeadNotifications

    backends = command_project(ctx).backends
    return DeadNotifications(backends.database, backends.broker)


def _meant(ids: tuple[str, ...], is_all: bool) -> tuple[str, ...]:
    if bool(ids) == is_all:
        raise UserMistake("name an ID of 'argosy notifications dead list', or --all")
    return ids


def _report(found: Sequence[DeadNotification], what: str, as_json: bool) -> None:
    if as_json:
        print_json([_fields(one) for one in found])
    else:
        print_line(f"{plural(len(found), 'notification')} {what}.")


def _fields(one: DeadNotification, spread: bool = False) -> dict[str, Any]:
    import msgspec

    given = None if one.notification is None else msgspec.to_builtins(one.notification)
    head = {"id": one.id, "name": one.name, "attempts": one.attempts, "why": one.why}
    if not spread:
        return {**head, "notification": given}
    shown = {name: value for name, value in (given or {}).items() if name != "id" and value not in ("", None)}
    return {**head, **shown} if given else {**head, "notification": "it cannot be read"}


def _dead_row(one: DeadNotification) -> tuple[object, ...]:
    what = "it cannot be read" if one.notification is None else _line(one.notification)
    return (one.id[:12], one.name, one.attempts or "", what, one.why)


def _line(one: Notification) -> str:
    """One event as a line of text."""
    from argosy.clock import format_time

    if one.event == "alias_moved":
        before = "" if one.from_number is None else f", before {one.from_number}"
        about = f"{one.action} {one.model}@{one.to_number} {one.alias}{before}"
    else:
        about = ": ".join(part for part in (" ".join(filter(None, (one.kind, one.label))), one.error) if part)
    return f"{format_time(round(one.at))}  {one.event}  {about}"
