"""`argosy plan …`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from argosy import clock
from argosy.cli.examples import print_alike, print_missing
from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.datasets.frozen import Frozen
    from argosy.definitions import Expansion, Plan
    from argosy.jobs.plan_check import PlanCheck
    from argosy.tuning.search_plans import SearchCheck

limit_option = click.option(
    "--limit", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="Most permutations to allow."
)


@click.group()
def plan() -> None:
    """Check, submit, watch, cancel and retry plans.

    Example: argosy plan check plan.yaml
    """


@plan.command()
@click.argument("file")
@limit_option
@json_option
@click.pass_context
def check(ctx: click.Context, file: str, limit: int, as_json: bool) -> None:
    """Say what submitting the plan FILE would do, and do nothing.

    Example: argosy plan check plan.yaml
    """
    from argosy.definitions import require_some
    from argosy.jobs.plan_check import PlanCheck

    found = command_project(ctx).plans.check(file, limit)
    if as_json:
        print_json(found.to_dict())
    elif isinstance(found, PlanCheck):
        _print_check(found)
        require_some(found.expansion, found.plan)
    else:
        _print_search(found)


@plan.command()
@click.argument("file")
@limit_option
@json_option
@click.pass_context
def submit(ctx: click.Context, file: str, limit: int, as_json: bool) -> None:
    """Queue what the plan FILE allows and is not trained yet; workers do the rest.

    Example: argosy plan submit plan.yaml
    """
    project = command_project(ctx)
    done = project.plans.submit(file, limit)
    name = project.plans.name(file)
    if as_json:
        counts = {"queued": done.queued, "waiting": done.waiting, "trained": done.trained, "dropped": done.dropped}
        counts |= {"left_out": done.left_out} if done.left_out else {}
        print_json({"plan": name, **{key: list(labels) for key, labels in counts.items()}})
        return
    status = project.plans.status(name)
    search = status.search
    print_line(
        f"Plan '{name}': {f'search, {search}' if search else plural(len(done.queued), 'definition') + ' queued'}."
    )
    for labels, meaning in (
        (done.waiting, "queued or running already"),
        (done.trained, "trained already"),
        (done.dropped, "of the plan's earlier form cancelled"),
    ):
        if labels:
            print_line(f"  {len(labels):,} {meaning}")
    if status.stopped:
        print_line(f"  stopped: {status.stopped}")
    for lacking in done.left_out:
        print_line(f"  left out: {lacking}")
    if done.queued or search:
        print_line(f"Next: argosy worker --processes 2, and argosy plan status {name}")


@plan.command()
@click.argument("plan_", metavar="PLAN")
@json_option
@click.pass_context
def status(ctx: click.Context, plan_: str, as_json: bool) -> None:
    """Say where a submitted PLAN's definitions are (its file or its name).

    Example: argosy plan status topics
    """
    project = command_project(ctx)
    found = project.plans.status(plan_)
    until = None if found.is_over else project.settings.training.quiet_until(clock.now())
    if as_json:
        counts = {state.value: number for state, number in found.counts.items()}
        failed = [
            {"label": job.label, "error": job.error, "traceback": job.traceback, "attempts": job.failures}
            for job in found.failed
        ]
        shown: dict[str, Any] = {"plan": found.plan, "counts": counts, "failed": failed, "lacking": dict(found.lacking)}
        shown |= {
            "is_other_form": found.is_other_form,
            "stopped": found.stopped,
            "replaced": [asdict(one) for one in found.replaced],
        }
        waiting = {"quiet_until": until} if until else {}
        print_json(
            shown | waiting | ({"search": found.search, "searching": found.is_searching} if found.search else {})
        )
        return
    print_line(str(found))
    if until:
        print_line(f"  quiet hours: no training starts before {until}")


@plan.command()
@click.argument("plan_", metavar="PLAN")
@json_option
@click.pass_context
def cancel(ctx: click.Context, plan_: str, as_json: bool) -> None:
    """Cancel what is queued or running for a PLAN and wanted by no other; results stay.

    Example: argosy plan cancel topics
    """
    labels = command_project(ctx).plans.cancel(plan_)
    if as_json:
        print_json({"cancelled": labels})
        return
    print_line(f"{plural(len(labels), 'definition')} cancelled.")


@plan.command()
@click.argument("plan_", metavar="PLAN")
@click.option("--label", "labels", multiple=True, help="Only this definition; may be given several times.")
@json_option
@click.pass_context
def retry(ctx: click.Context, plan_: str, labels: tuple[str, ...], as_json: bool) -> None:
    """Queue what has failed of a PLAN afresh, as it was submitted.

    Example: argosy plan retry topics
    """
    queued = command_project(ctx).plans.retry(plan_, labels)
    if as_json:
        print_json({"queued": queued})
        return
    print_line(f"{plural(len(queued), 'definition')} queued.")


def _print_check(found: PlanCheck) -> None:
    expansion = found.expansion
    forbidden = sum(one.count for one in expansion.forbidden)
    print_line(f"Plan '{found.plan.name}': {plural(expansion.permutations, 'permutation')}.")
    rows = [
        (f"{forbidden:,}", "forbidden by rules or by what does not fit together"),
        *_left_out(expansion),
        (f"{expansion.duplicates:,}", "the same as another"),
        (f"{found.count('trained'):,}", "trained already"),
        (f"{found.count('queued', 'running'):,}", "queued or running"),
        (f"{found.will_train:,}", "will train"),
    ]
    print_table((">definitions", ""), rows)
    for one in expansion.forbidden:
        print_line(f"Forbidden: {one.reason} ({plural(one.count, 'permutation')})")
    for one in expansion.left_out:
        print_line(f"Left out: {one.reason} ({plural(one.count, 'permutation')})")
    if found.plan.stop_when:
        print_line(f"Stops when a definition has {found.plan.stop_when} or better on validation.")
    for one in found.lacking:
        print_line(f"Fails here: {one.reason} ({plural(one.count, 'definition')}); a worker that has it can train")
    for unused in expansion.without_effect:
        print_line(f"Without effect: {unused.path}: {unused.why} ({plural(unused.definitions, 'definition')})")
    if expansion.distinct < len(expansion.definitions):
        print_line(f"Only {expansion.distinct:,} of {len(expansion.definitions):,} can differ in their results.")
    if found.is_constant:
        print_line("Every definition trained so far gives one answer to all rows: it has learned nothing.")
    _print_rows(found.plan, found.datasets)


def _left_out(expansion: Expansion) -> list[tuple[str, str]]:
    """A line of the table, where there is anything to report."""
    count = sum(one.count for one in expansion.left_out)
    return [(f"{count:,}", "left out, since what they need is not installed")] if count else []


def _print_search(found: SearchCheck) -> None:
    import msgspec

    given = {name: value for name, value in msgspec.to_builtins(found.plan.search).items() if value}
    del given["halving"]  # printed in a line of its own
    stop = ", ".join(f"{name} {value}" for name, value in given.pop("stop_when", {}).items() if value is not None)
    shown = ", ".join(f"{name} {value}" for name, value in given.items()) + (f", stop when {stop}" if stop else "")
    many = "countless permutations" if found.permutations is None else plural(found.permutations, "permutation")
    print_line(f"Plan '{found.plan.name}': a search of {many} ({shown}).")
    if found.rungs:
        print_line(f"Halving: {_rungs(found)} of the training part; only the last become versions.")
    print_table(("choice", "values"), found.space)
    if found.status is not None:
        print_line(f"So far: {found.status}.")
    _print_rows(found.plan, [found.frozen])


def _rungs(found: SearchCheck) -> str:
    """`27 on 11%, 9 on 33%, 3 on all`, or of how many one goes so far."""
    shown = []
    for share, most, factor in found.rungs:
        number = str(most) if most is not None else f"one in {factor}" if factor > 1 else "all"
        shown.append(f"{number} on {'all' if share == 1.0 else f'{share:.0%}'}")
    return ", ".join(shown)


def _print_rows(plan: Plan, datasets: Sequence[Frozen]) -> None:
    from argosy.evaluation.leaderboard import evaluated
    from argosy.jobs.plan_check import rows_by_part

    if plan.evaluate:
        print_line(f"Validated by {evaluated(plan.evaluate.to_dict())} of training and validation together.")
    for frozen in datasets:
        parts = ", ".join(f"{part} {rows:,}" for part, rows in rows_by_part(frozen).items())
        print_line(f"Dataset {frozen.digest[:12]} of '{frozen.collection}': {plural(frozen.rows, 'row')} ({parts}).")
        if frozen.baseline:
            print_line(f"  majority baseline ({frozen.baseline})")
        for problem in frozen.problems:
            print_line(f"  warning: {problem}")
        print_alike(frozen.alike, "'argosy examples import --fold-case' takes them as one")
        print_missing(frozen.missing_words, "with 'argosy examples import --missing' they are none")
