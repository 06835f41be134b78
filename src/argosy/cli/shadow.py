"""`argosy models shadow`: how often a shadow agrees with what callers were answered."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project

if TYPE_CHECKING:
    from argosy.predictions.shadows import ShadowAgreement


@click.command()
@click.argument("model")
@click.option(
    "--days", type=click.FloatRange(min=0, min_open=True), default=7.0, show_default=True, help="How far back."
)
@json_option
@click.pass_context
def shadow(ctx: click.Context, model: str, days: float, as_json: bool) -> int:
    """Compare what shadow versions of a MODEL answered with what callers received.

    Example: argosy models shadow topics --days 1
    """
    from argosy import clock
    from argosy.predictions.shadows import shadow_agreement

    backends = command_project(ctx).backends
    backends.store.versions(model)
    backends.prediction_log.drain()
    found = shadow_agreement(backends.database, model, clock.now() - days * 86_400)
    if as_json:
        print_json([asdict(one) for one in found])
    elif not found:
        print_line(f"No shadow of {model} answered in that time: see the setting server.models.{model}.shadow.")
    else:
        columns = (">shadow", ">served", ">answers", ">the same", ">mean confidence", ">of the served")
        print_table(columns, [_cells(one) for one in found])
    return 0


def _cells(one: ShadowAgreement) -> tuple[str, ...]:
    confidences = (f"{one.confidence:.3f}", f"{one.served_confidence:.3f}")
    return (str(one.version), str(one.served), f"{one.rows:,}", f"{one.same / one.rows:.1%}", *confidences)
