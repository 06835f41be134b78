"""`argosy outcomes …` and `argosy analyse`: what then happened to those that services decided about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.cli.train import stopped_by_signals
from argosy.clock import format_time

if TYPE_CHECKING:
    from argosy.feedback.outcomes.states import SourceState


@click.group()
def outcomes() -> None:
    """Join what then happened to what was decided, and show it.

    Example: argosy outcomes status
    """


@outcomes.command()
@click.option("--until-idle", is_flag=True, help="End when all sources were read and nothing is left to say.")
@click.pass_context
def run(ctx: click.Context, until_idle: bool) -> int:
    """Read every source of outcomes, again and again, until Ctrl-C or SIGTERM. Workers do so by themselves.

    Exit code 1 where --until-idle ended and a source could not be read.

    Example: argosy outcomes run --until-idle
    """
    from argosy import telemetry
    from argosy.feedback.outcomes.running import join_until_idle, run_outcomes

    telemetry.configure()
    with stopped_by_signals() as stop:
        backends = command_project(ctx).backends
        if until_idle:
            return 1 if join_until_idle(backends, stop) else 0
        run_outcomes(backends, stop)
    return 0


@outcomes.command()
@json_option
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> int:
    """Show how far each source was read, and what became of its rows. Exit code 1 where one cannot be read.

    Example: argosy outcomes status
    """
    from argosy.feedback.outcomes.services import OutcomeServices
    from argosy.feedback.outcomes.states import SourceState, all_states

    backends = command_project(ctx).backends
    known = all_states(backends.database)
    named = OutcomeServices(backends.root).sources()
    found = {one.name: known.get(one.name, (SourceState(name=one.name), 0)) for one in named}
    if as_json:
        print_json([_document(state, waiting) for state, waiting in found.values()])
    elif not found:
        print_line("No service names outcomes: write `outcomes:` into one, see docs/outcomes.md", err=True)
    else:
        columns = ("outcomes", "read up to", ">rows", ">matched", ">unmatched", ">otherwise", ">poison")
        print_table(columns, [_row(state) for state, _ in found.values()])
        for state, waiting in found.values():
            for line in _notes(state, waiting):
                print_line(f"{state.name}: {line}")
    return 1 if any(state.problem for state, _ in found.values()) else 0


@click.command()
@click.pass_context
def analyse(ctx: click.Context) -> None:
    """Join outcomes and ask for due retrainings, replays and drift checks, where no server runs, until Ctrl-C.

    Example: argosy analyse
    """
    from argosy import telemetry
    from argosy.feedback.upkeep import look_after

    telemetry.configure()
    with stopped_by_signals() as stop:
        look_after(command_project(ctx).backends, stop)


def _row(one: SourceState) -> tuple[object, ...]:
    until = "–" if one.read_up_to is None else format_time(one.read_up_to)
    counts = (one.taken, one.matched, one.unmatched, one.otherwise, sum(one.poison.values()))
    return (one.name, until, *(f"{count:,}" for count in counts))


def _notes(one: SourceState, waiting: int) -> list[str]:
    poison = ", ".join(f"{why} {count:,}" for why, count in sorted(one.poison.items()))
    return [
        *([one.problem] if one.problem else []),
        *([f"poison: {poison}"] if poison else []),
        *([f"{waiting:,} rows wait to become examples: the model has no champion yet"] if waiting else []),
        *([f"predictions in a silent spool were passed over: {', '.join(sorted(one.passed))}"] if one.passed else []),
    ]


def _document(one: SourceState, waiting: int) -> dict[str, Any]:
    names = ("read_up_to", "taken", "matched", "unmatched", "joined", "otherwise", "poison", "problem", "looked_at")
    values = {name: getattr(one, name) for name in names}
    return {"source": one.name, **values, "waiting": waiting, "silent_spools": sorted(one.passed)}
