"""`argosy drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.evaluation.drift_periods import Found, Period

NAMES = {"answers": "mix of answers", "number": "mean answer", "vocabulary": "unseen words", "length": "log length"}


@click.command()
@click.argument("target", metavar="MODEL[@VERSION]|LABEL")
@click.option(
    "--by",
    type=click.Choice(["hour", "day"]),
    default=None,
    help="The length of the periods (default: chosen by the span of time).",
)
@json_option
@click.pass_context
def drift(ctx: click.Context, target: str, by: str | None, as_json: bool) -> None:
    """Compare a model's live inputs and answers with its test part, by hour or day. No labels are needed.

    Example: argosy drift topics --by day
    """
    from argosy.clock import format_time
    from argosy.evaluation import drift_periods

    found = drift_periods.measure_drift(command_project(ctx).backends, target, by or "")
    if as_json:
        print_json(
            {
                "model": found.model,
                "drift": drift_periods.drift_rows(found),
                "problems": found.problems,
                "counted_since": found.counted_since,
            }
        )
        return
    for version, problem in sorted(found.problems.items()):
        print_line(f"{found.model}@{version} cannot be compared: {problem}")
    if found.counted_since is not None:
        since = format_time(found.counted_since)
        print_line(f"Answers before {since} are not counted yet: a worker counts them, or argosy drift {target} again.")
    elif not found.periods:
        print_line(f"{target} has answered nothing live yet, so there is nothing to compare.")
    for version in dict.fromkeys(period.version for period in found.periods):
        _print(found, [period for period in found.periods if period.version == version])


def _print(found: Found, periods: list[Period]) -> None:
    from argosy.clock import format_time

    names = list(dict.fromkeys(name for period in periods for name in period.drift.shifts))
    rows = [
        (
            format_time(period.started_at)[:16].replace("T", " "),
            f"{period.drift.live_rows:,}",
            *(_cell(period, name) for name in names),
        )
        for period in periods
    ]
    reference = plural(periods[0].drift.reference_rows, "row")
    title = f"{found.model}@{periods[0].version}: shifts from the {reference} of its test part, with 95 % intervals"
    print_table(("from (UTC)", ">answers", *(f">{NAMES.get(name, name)}" for name in names)), rows, title)
    shown = [period for period in periods if period.drift.shown()]
    if not shown:
        print_line("Nothing has changed beyond chance.")
        return
    since = format_time(shown[0].started_at)[:19]
    print_line("* beyond chance, which does not mean that the model got worse: label some of these rows to find out:")
    print_line(f"  argosy feedback review {found.model} --since {since}Z --output review.csv")


def _cell(period: Period, name: str) -> str:
    shift = period.drift.shifts.get(name)
    if shift is None:
        return "–"
    sign = "" if shift.reference is None or name == "answers" else "+"
    mark = "*" if name in period.drift.shown() else " "
    return f"{shift.value:{sign}.2f} ({shift.low:{sign}.2f} to {shift.high:{sign}.2f}){mark}"
