"""`argosy plan …`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from argosy import clock
from argosy.cli.examples import print_alike, print_missing
from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.plan_triggers import checked_triggers, print_checked_triggers, print_triggers, triggers_as_json
from argosy.cli.project import command_project
from argosy.errors import CollectionNotFound
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
    """Check, submit, list, pause, cancel and retry plans, and show their state.

    Example: argosy plan check plan.yaml
    """


@plan.command()
@click.argument("file")
@limit_option
@json_option
@click.pass_context
def check(ctx: click.Context, file: str, limit: int, as_json: bool) -> None:
    """Show what submitting the plan FILE would do, without doing it.

    Example: argosy plan check plan.yaml
    """
    from argosy.definitions import require_some
    from argosy.jobs.plan_check import PlanCheck

    project = command_project(ctx)
    plan_ = project.plans.load(file)
    try:
        found = project.plans.check(file, limit)
    except CollectionNotFound as error:
        if not plan_.triggers:
            raise
        if as_json:
            print_json({"plan": plan_.name, "waits_for": str(error), **checked_triggers(plan_, project)})
            return
        print_line(f"Plan '{plan_.name}' would wait for its triggers: {error}")
        print_checked_triggers(plan_, project)
        return
    if as_json:
        print_json(found.to_dict() | checked_triggers(plan_, project))
        return
    if isinstance(found, PlanCheck):
        _print_check(found)
        require_some(found.expansion, found.plan)
    else:
        _print_search(found)
    print_checked_triggers(plan_, project)


@plan.command()
@click.argument("file")
@limit_option
@json_option
@click.pass_context
def submit(ctx: click.Context, file: str, limit: int, as_json: bool) -> None:
    """Queue the definitions of the plan FILE that are not trained yet; workers train them.

    Example: argosy plan submit plan.yaml
    """
    project = command_project(ctx)
    done = project.plans.submit(file, limit)
    name = project.plans.name(file)
    if as_json:
        counts = {"queued": done.queued, "waiting": done.waiting, "trained": done.trained, "dropped": done.dropped}
        counts |= {"left_out": done.left_out} if done.left_out else {}
        shown = {"plan": name, **{key: list(labels) for key, labels in counts.items()}}
        print_json(shown | ({"waits_for": done.waits_for} if done.waits_for else {}) | triggers_as_json(project, name))
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
    if done.waits_for:
        print_line(f"  waits for its triggers: {done.waits_for}")
    print_triggers(project, name)
    if done.queued or search:
        print_line(f"Next: argosy worker --processes 2, and argosy plan status {name}")


@plan.command()
@click.argument("plan_", metavar="PLAN")
@json_option
@click.pass_context
def status(ctx: click.Context, plan_: str, as_json: bool) -> None:
    """Show the state of a submitted PLAN's definitions (its file or its name).

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
        shown |= {"quiet_until": until} if until else {}
        shown |= {"search": found.search, "searching": found.is_searching} if found.search else {}
        print_json(shown | triggers_as_json(project, found.plan))
        return
    print_line(str(found))
    print_triggers(project, found.plan)
    if until:
        print_line(f"  quiet hours: no training starts before {until}")


@plan.command()
@click.argument("plan_", metavar="PLAN")
@json_option
@click.pass_context
def cancel(ctx: click.Context, plan_: str, as_json: bool) -> None:
    """Cancel the queued and running definitions of a PLAN, except those of other plans, and its triggers; results stay.

    Example: argosy plan cancel topics
    """
    plans = command_project(ctx).plans
    ended = len(plans.trigger_status(plan_))
    labels = plans.cancel(plan_)
    left = plans.open_elsewhere(plan_)
    if as_json:
        print_json({"cancelled": labels, "triggers_ended": ended, "left_to_other_plans": left})
        return
    also = f", {plural(ended, 'trigger')} ended" if ended else ""
    print_line(f"{plural(len(labels), 'definition')} cancelled{also}.")
    if left:
        others = ", ".join(sorted({name for names in left.values() for name in names}))
        print_line(f"  {len(left)} not cancelled: also in {others}")


@plan.command()
@click.argument("plan_", metavar="PLAN")
@click.option("--label", "labels", multiple=True, help="Only this definition; may be given several times.")
@json_option
@click.pass_context
def retry(ctx: click.Context, plan_: str, labels: tuple[str, ...], as_json: bool) -> None:
    """Queue the failed definitions of a PLAN again, as they were submitted.

    Example: argosy plan retry topics
    """
    queued = command_project(ctx).plans.retry(plan_, labels)
    if as_json:
        print_json({"queued": queued})
        return
    print_line(f"{plural(len(queued), 'definition')} queued.")


@plan.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List the submitted plans and their triggers.

    Example: argosy plan list
    """
    project = command_project(ctx)
    plans = [project.plans.status(name) for name in project.plans.names()]
    triggers = project.plans.trigger_status()
    if as_json:
        counted = [(one, {state.value: number for state, number in one.counts.items()}) for one in plans]
        shown = [{"plan": one.plan, "submitted_at": one.submitted_at, "counts": counts} for one, counts in counted]
        print_json({"plans": shown, "triggers": [one.to_dict() for one in triggers]})
        return
    rows: list[tuple[str, ...]] = []
    for one in plans:
        counts = ", ".join(f"{number:,} {state.value}" for state, number in one.counts.items() if number)
        about = (one.plan, clock.format_time(round(one.submitted_at)), counts)
        mine = [(each.trigger, each.next, each.fired) for each in triggers if each.plan == one.plan]
        rows += [(*(("", "", "") if at else about), *each) for at, each in enumerate(mine or [("", "", "")])]
    print_table(("plan", "submitted", "definitions", "submitted again on", "", "last"), rows)


@plan.command()
@click.argument("plan_", metavar="PLAN")
@json_option
@click.pass_context
def pause(ctx: click.Context, plan_: str, as_json: bool) -> None:
    """Pause the triggers of a PLAN until they are resumed.

    Example: argosy plan pause topics
    """
    changed = command_project(ctx).plans.pause(plan_)
    if as_json:
        print_json({"plan": plan_, "is_paused": True, "changed": changed})
        return
    print_line("Its triggers are paused." if changed else "Its triggers were paused already.")


@plan.command()
@click.argument("plan_", metavar="PLAN")
@json_option
@click.pass_context
def resume(ctx: click.Context, plan_: str, as_json: bool) -> None:
    """Resume the triggers of a PLAN; rows and files that arrived meanwhile count.

    Example: argosy plan resume topics
    """
    changed = command_project(ctx).plans.resume(plan_)
    if as_json:
        print_json({"plan": plan_, "is_paused": False, "changed": changed})
        return
    print_line("Its triggers fire again." if changed else "Its triggers were not paused.")


def _print_check(found: PlanCheck) -> None:
    expansion = found.expansion
    forbidden = sum(one.count for one in expansion.forbidden)
    print_line(f"Plan '{found.plan.name}': {plural(expansion.permutations, 'permutation')}.")
    rows = [
        (f"{forbidden:,}", "forbidden by rules or incompatible options"),
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
    """A row of the table, if there is anything to report."""
    count = sum(one.count for one in expansion.left_out)
    return [(f"{count:,}", "left out, since their requirements are not installed")] if count else []


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
    """`27 on 11%, 9 on 33%, 3 on all`, or with the share of trials that is promoted."""
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
            print_line(f"  {'mean' if frozen.are_numbers else 'majority'} baseline ({frozen.baseline})")
        for problem in frozen.problems:
            print_line(f"  warning: {problem}")
        print_alike(frozen.alike, "'argosy examples import --fold-case' merges them")
        print_missing(frozen.missing_words, "'argosy examples import --missing' reads them as missing")
