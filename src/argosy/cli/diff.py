"""`argosy models diff`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.definitions.metrics import figure_text
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.evaluation.comparison import Comparison, DataChange, Paired

SHOWN = 12


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@json_option
@click.pass_context
def diff(ctx: click.Context, first: str, second: str, as_json: bool) -> None:
    """Show the differences between A and B, versions or labels: definition, data, environment, answers.

    Example: argosy models diff topics@3 topics@champion
    """
    found = command_project(ctx).models.diff(first, second)
    if as_json:
        print_json(found.to_dict())
    else:
        print_comparison(found, first, second)


def print_comparison(found: Comparison, first: str, second: str) -> None:
    """Print it as text."""
    print_line(f"{first}  {found.first}\n{second}  {found.second}\n")
    rows = [(one.what, _plain(one.recorded), _plain(one.here)) for one in found.definition]
    _print("Definition", rows, first, second)
    _print_data(found.data)
    rows = [(one.what, _plain(one.recorded), _plain(one.here)) for one in found.environment]
    _print("Environment", rows, first, second)
    rows = [
        (f"{part} {metric}", _figure(values[0]), _figure(values[1]))
        for part, metrics in found.metrics.items()
        for metric, values in metrics.items()
    ]
    _print("Metrics as recorded, each on its own rows", rows, first, second)
    _print_paired(found.paired, first, second)


def _print_data(data: DataChange) -> None:
    print_line(f"Data: {plural(data.rows[0], 'row')}, then {plural(data.rows[1], 'row')}")
    for name, counts in (
        ("added", data.added),
        ("removed", data.removed),
        ("relabelled", data.relabelled),
        ("moved to another part", data.moved),
    ):
        if counts:
            print_line(f"  {sum(counts.values()):,} {name}: {_listed(counts)}")
    if any(data.erased):
        print_line(f"  erased since: {data.erased[0]:,} and {data.erased[1]:,}")
    print_line()


def _print_paired(paired: Paired, first: str, second: str) -> None:
    left_out = f" (left out: {paired.left_out})" if paired.left_out else ""
    print_line(f"Answers on {plural(paired.rows, 'row')} that neither learned from{left_out}")
    if paired.error is not None:
        _print_errors(paired, first, second)
        return
    if paired.accuracy is None or paired.difference is None or paired.low is None or paired.high is None:
        return
    print_line(
        f"  accuracy {paired.accuracy[0]:.3f}, then {paired.accuracy[1]:.3f}: {_points(paired.difference)} points, "
        f"95 % interval {_points(paired.low)} to {_points(paired.high)}, p = {paired.p_value:.2g}"
    )
    print_line(
        f"  only {first} right: {paired.only_first_right:,}; only {second} right: {paired.only_second_right:,}\n"
    )
    classes = [one for one in paired.classes if one.recall[0] != one.recall[1] or one.precision[0] != one.precision[1]]
    classes.sort(key=lambda one: -abs((one.f1[1] or 0) - (one.f1[0] or 0)))
    rows = [
        (
            one.label,
            one.rows,
            *(_figure(value) for pair in (one.recall, one.precision, one.f1) for value in pair),
            "–" if one.low is None or one.high is None else f"{_points(one.low)} to {_points(one.high)}",
        )
        for one in classes[:SHOWN]
    ]
    columns = ("class", ">rows", ">recall", ">", ">precision", ">", ">F1", ">", ">recall's change, points")
    if rows:
        print_table(columns, rows, "Classes that changed, the most first")
    if len(classes) > SHOWN:
        print_line(f"… and {len(classes) - SHOWN} more: --json has all")


def _print_errors(paired: Paired, first: str, second: str) -> None:
    errors, bounds = paired.error or (0.0, 0.0), (paired.difference or 0.0, paired.low or 0.0, paired.high or 0.0)
    smaller, low, high = map(figure_text, bounds)
    print_line(
        f"  mean absolute error {figure_text(errors[0])}, then {figure_text(errors[1])}: smaller by {smaller}, "
        f"95 % interval {low} to {high}, p = {paired.p_value:.2g}"
    )
    nearer = f"{first} nearer on {plural(paired.only_first_right, 'row')}"
    print_line(f"  {nearer}, {second} on {paired.only_second_right:,}\n")


def _print(title: str, rows: list[tuple[str, str, str]], first: str, second: str) -> None:
    if rows:
        print_table(("", first, second), rows, title)
    else:
        print_line(f"{title}: the same\n")


def _listed(counts: Mapping[str, int]) -> str:
    shown = [f"{name} {count:,}" for name, count in list(counts.items())[:SHOWN]]
    return ", ".join(shown) + (f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else "")


def _plain(value: object) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _figure(value: float | None) -> str:
    return "–" if value is None else figure_text(value)


def _points(share: float) -> str:
    return f"{share * 100:+.1f}"
