"""`argosy service …`: what answers under a service's name, and how one answer came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.errors import ServiceNotFound, UserMistake, nearest
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.backends import Backends
    from argosy.definitions.service import Service
    from argosy.statistics.intervals import Interval


@click.group()
def service() -> None:
    """Check the services of the folder services/, draw them, and explain what they answered.

    Example: argosy service check offers
    """


@service.command("list")
@json_option
@click.pass_context
def list_services(ctx: click.Context, as_json: bool) -> None:
    """List the services, with what they look up and ask.

    Example: argosy service list
    """
    found = _found(command_project(ctx).backends)
    if as_json:
        print_json([_document(one) for one in found.values()])
    elif not found:
        print_line("There is no service yet: write services/NAME.yaml (docs/services.md)", err=True)
    else:
        rows = [
            (name, ", ".join(one.accepts), ", ".join(each.name for each in one.features), _models(one), one.digest)
            for name, one in found.items()
        ]
        print_table(("service", "accepts", "features", "models", "definition"), rows)


@service.command()
@click.argument("name", default="")
@json_option
@click.pass_context
def check(ctx: click.Context, name: str, as_json: bool) -> int:
    """Check that a service, or every one, could be served as it stands. Exit code 1 where one could not.

    Example: argosy service check offers
    """
    from argosy.feedback.outcomes.source_check import check_outcome_sources
    from argosy.services.checking import ServiceFinding, check_service

    backends = command_project(ctx).backends
    found = _found(backends)
    chosen = [_named(found, name)] if name else list(found.values())
    if not chosen:
        raise UserMistake("there is no service yet: write services/NAME.yaml (docs/services.md)")
    findings = {
        one.name: check_service(backends, one)
        + [ServiceFinding(*each) for each in check_outcome_sources(backends, one)]
        for one in chosen
    }
    errors = sum(finding.state == "error" for several in findings.values() for finding in several)
    if as_json:
        print_json(
            {
                name: [{**finding._asdict(), "state": finding.state} for finding in several]
                for name, several in findings.items()
            }
        )
    else:
        for name, several in findings.items():
            rows = [(one.state, one.subject, one.problem or one.found) for one in several]
            print_table(("", name, ""), rows)
        print_line("It can be served." if not errors else f"{plural(errors, 'error')}.")
    return 1 if errors else 0


@service.command()
@click.argument("name")
@click.pass_context
def graph(ctx: click.Context, name: str) -> None:
    """Draw the way of a request through a service.

    Example: argosy service graph offers
    """
    from argosy.services.graph import service_graph

    for line in service_graph(_named(_found(command_project(ctx).backends), name)):
        print_line(line)


@service.command()
@click.argument("prediction_id", metavar="ID")
@json_option
@click.pass_context
def explain(ctx: click.Context, prediction_id: str, as_json: bool) -> None:
    """Show how a service came to an answer: what came, what was filled in, what the models said, each step.

    Example: argosy service explain 01a2272b7d21e7140a94a9b7b7710000a018e6a76cec
    """
    from argosy.services.explaining import explanation_of

    explanation = explanation_of(command_project(ctx).backends, prediction_id)
    if as_json:
        print_json(explanation.to_dict())
        return
    for title, columns, rows in explanation.tables():
        print_table(columns, rows, title)


@service.command()
@click.argument("name")
@click.option("--since", default="", metavar="TIME", help="Decisions from then on, ISO 8601 (default: all).")
@json_option
@click.pass_context
def value(ctx: click.Context, name: str, since: str, as_json: bool) -> None:
    """Show what a service's decisions are worth, measured where it explored: the outcome's rate under either answer.

    Example: argosy service value offers
    """
    from argosy.clock import parse_time
    from argosy.services.value import value_of_service

    backends = command_project(ctx).backends
    found = value_of_service(backends, _named(_found(backends), name), parse_time(since) if since else 0.0)
    if as_json:
        print_json(found)
        return
    columns = ("policy says", "> rows", f"{found.positive} if {found.yes}", f"{found.positive} if {found.no}", "uplift")
    rows = [
        (one.policy, f"{one.rows:,}", _share(one.yes), _share(one.no), _share(one.uplift)) for one in found.policies
    ]
    print_table(columns, rows)
    print_line(f"{plural(found.rows, 'decision')} with an outcome; {found.waiting:,} wait for theirs.")


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _found(backends: Backends) -> dict[str, Service]:
    from argosy.definitions.service import load_services

    return load_services(backends.root)


def _named(found: dict[str, Service], name: str) -> Service:
    if name not in found:
        known = ", ".join(found) or "none"
        raise ServiceNotFound(f"no service is called '{name}'{nearest(name, found)}; there are: {known}")
    return found[name]


def _models(one: Service) -> str:
    return ", ".join(each.reference for each in one.models)


def _document(one: Service) -> dict[str, object]:
    return {
        "service": one.name,
        "accepts": {name: each.kind for name, each in one.accepts.items()},
        "features": {each.name: list(each.columns) for each in one.features},
        "models": [each.reference for each in one.models],
        "digest": one.digest,
    }
