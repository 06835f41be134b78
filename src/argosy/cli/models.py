"""`argosy models …` and `argosy leaderboard`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.deciding import decide
from argosy.cli.diff import diff
from argosy.cli.exporting import export
from argosy.cli.importing import challenge, import_, origin_rows
from argosy.cli.model_files import code, files, tag
from argosy.cli.output import json_option, print_json, print_line, print_table, standard_output
from argosy.cli.project import command_project
from argosy.cli.shadow import shadow
from argosy.cli.warming import warm_up
from argosy.cli.watching import watch
from argosy.plurals import plural
from argosy.spreadsheet_cells import guarded

if TYPE_CHECKING:
    from argosy.evaluation.promotion import Promotion
    from argosy.store.trained import Move, Trained, Version

alias_option = click.option(
    "--as", "alias", default="champion", show_default=True, metavar="ALIAS", help="Which alias to move."
)
SHOWN_LABELS = 20
"""A confusion matrix with more columns does not fit a terminal and is not printed."""
reason_option = click.option("--reason", default="", help="Why, for the history.")


@click.group()
def models() -> None:
    """List, show, promote and roll back versions.

    Example: argosy models promote topics@3
    """


models.add_command(decide)
models.add_command(diff)
models.add_command(export)
models.add_command(import_)
models.add_command(challenge)
models.add_command(code)
models.add_command(files)
models.add_command(tag)
models.add_command(shadow)
models.add_command(warm_up)
models.add_command(watch)


@models.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List registered models, their versions and aliases.

    Example: argosy models list
    """
    from argosy.jobs.selection import champion_advice
    from argosy.store.aliases import CHAMPION

    project = command_project(ctx)
    found = {name: project.models.versions(name) for name in project.models.names()}
    if as_json:
        print_json({name: [asdict(version) for version in versions] for name, versions in found.items()})
        return
    if not found:
        print_line("No model yet: argosy train plan.yaml")
    for name, versions in found.items():
        states = [plural(len(versions), "version")]
        states += [f"{alias} → {version.number}" for version in versions for alias in version.aliases]
        states += [f"{version.number} is marked ({version.mark})" for version in versions if version.mark]
        if not any(CHAMPION in version.aliases for version in versions):
            advice = champion_advice(project.backends.plans, name)
            states.append(f"no champion, so servers answer with the newest: {advice}")
        print_line(f"{name}: {'; '.join(states)}")


@models.command()
@click.argument("reference", metavar="MODEL[@VERSION]|LABEL")
@json_option
@click.pass_context
def show(ctx: click.Context, reference: str, as_json: bool) -> None:
    """Show what is recorded of a version: definition, data, metrics, confusion, environment.

    Example: argosy models show topics@champion
    """
    project = command_project(ctx)
    trained = project.models.trained(reference)
    is_label = reference == trained.label
    versions = project.store.versions_of(trained.label) if is_label else [project.models.resolve(reference)]
    changed = project.models.changed_code(reference)
    if as_json:
        found = asdict(versions[0]) if versions else {"label": trained.label, "artifact": trained.artifact}
        print_json({**found, "trained": {**asdict(trained), "rows_right": None}, "changed_code": changed})
        return
    names, aliases = ", ".join(one.reference for one in versions), ", ".join(versions[0].aliases if versions else ())
    print_line(f"{names or 'no version of a model:'} {trained.label}" + (f" ({aliases})" if aliases else ""))
    print_table(("", ""), _details(versions, trained, changed))
    _print_metrics(trained.metrics)
    _print_confusion(trained.confusion)


@models.command()
@click.argument("reference", metavar="MODEL@VERSION")
@alias_option
@reason_option
@click.option("--force", is_flag=True, help="Allow a version that is marked.")
@click.option("--yes", is_flag=True, help="Allow it if the champion is better, or cannot be compared.")
@json_option
@click.pass_context
def promote(ctx: click.Context, reference: str, alias: str, reason: str, force: bool, yes: bool, as_json: bool) -> None:
    """Point an alias at a version: a number, another alias, `best` or `proposed` on the leaderboard.

    Over a champion it first compares the two on the same rows.

    Example: argosy models promote topics@best --reason "best on validation"
    """
    from argosy.store.aliases import CHAMPION

    models_ = command_project(ctx).models
    promotion = models_.check_promotion(reference) if alias == CHAMPION and reference not in models_.names() else None
    if promotion is not None:
        print_line(str(promotion), err=as_json)
        if promotion.is_doubtful and not yes:
            _ask(promotion)
    version = models_.promote(reference, alias, reason, force=force, even_if_worse=True)
    if as_json:
        compared = {"comparison": promotion.to_dict()} if promotion else {}
        print_json({"model": version.model, "alias": alias, "version": version.number, **compared})
    else:
        print_line(f"{version.model}@{alias} is version {version.number} now.")


def _ask(promotion: Promotion) -> None:
    """Raise PromotionDoubtful unless a person at the terminal confirms."""
    from argosy.evaluation.promotion import check_not_doubtful

    if not (sys.stdin.isatty() and click.confirm("Promote it anyway?", err=True)):
        check_not_doubtful(promotion, "--yes")


@models.command()
@click.argument("reference", metavar="MODEL@VERSION")
@click.option("--reason", default="", help="Why it should not be promoted; shown with the version.")
@click.option("--remove", is_flag=True, help="Remove the mark.")
@json_option
@click.pass_context
def mark(ctx: click.Context, reference: str, reason: str, remove: bool, as_json: bool) -> None:
    """Mark a version that should not be promoted, such as one that learned from an erased person.

    Example: argosy models mark topics@3 --reason "learned from customer-17"
    """
    found = command_project(ctx).models
    version = found.unmark(reference) if remove else found.mark(reference, reason)
    if as_json:
        print_json({"version": version.reference, "mark": version.mark})
    else:
        said = f"is marked: {version.mark}" if version.mark else "is not marked."
        print_line(f"{version.reference} {said}")


@models.command()
@click.argument("model")
@alias_option
@reason_option
@json_option
@click.pass_context
def rollback(ctx: click.Context, model: str, alias: str, reason: str, as_json: bool) -> None:
    """Point an alias of a MODEL back at the version it had before.

    Example: argosy models rollback topics --reason "complaints since noon"
    """
    version = command_project(ctx).models.rollback(model, alias, reason)
    if as_json:
        print_json({"model": version.model, "alias": alias, "version": version.number})
    else:
        print_line(f"{version.model}@{alias} is version {version.number} now.")


@models.command()
@click.argument("model")
@click.argument("alias")
@reason_option
@json_option
@click.pass_context
def unalias(ctx: click.Context, model: str, alias: str, reason: str, as_json: bool) -> None:
    """Remove an ALIAS of a MODEL; servers no longer answer under it.

    Example: argosy models unalias topics canary
    """
    number = command_project(ctx).models.remove_alias(model, alias, reason)
    if as_json:
        print_json({"model": model, "alias": alias, "version": number})
    else:
        print_line(f"{model}@{alias} is gone; it was version {number}.")


@models.command()
@click.argument("model")
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Workers to start.")
@click.option("--detach", is_flag=True, help="Only queue it: other workers run it.")
@json_option
@click.pass_context
def replay(ctx: click.Context, model: str, processes: int, detach: bool, as_json: bool) -> None:
    """Compare the champion's live answers with the previous version's, on the same inputs; roll back if that is better.

    Only feedback that was given without regard to the answers counts: reviews, outcomes and uniform corrections.

    Example: argosy models replay topics
    """
    from argosy.feedback.replay_requests import Replays
    from argosy.feedback.replayed import replay
    from argosy.processes import current_user

    project = command_project(ctx)
    if detach:
        label = Replays.of(project.backends).request(model, current_user())
        print_json({"job": label}) if as_json else print_line(f"Queued as {label}.")
        return
    found = replay(project.backends, model, processes)
    print_json(found.to_dict()) if as_json else print_line(found.summary)
    if not as_json and found.requested_by not in ("", current_user()):
        print_line(f"It was running already, requested by {found.requested_by}.")


@models.command()
@click.argument("model")
@json_option
@click.pass_context
def history(ctx: click.Context, model: str, as_json: bool) -> None:
    """Show who moved which alias of a MODEL, when and why, and which challengers were refused; newest first.

    Example: argosy models history topics
    """
    from argosy.clock import format_time

    moves = command_project(ctx).models.history(model)
    if as_json:
        print_json([asdict(move) for move in moves])
        return
    rows = [
        (
            format_time(round(move.moved_at)),
            move.alias,
            _way(move),
            move.action,
            move.moved_by,
            move.reason,
        )
        for move in moves
    ]
    print_table(("when", "alias", "version", "action", "by", "why"), rows)


def _way(move: Move) -> str:
    """`1 → 2`, `1 ↛ 2` for a refused challenger, `1 → –` for a removed alias."""
    from argosy.store.aliases import REMOVE

    arrow = "↛" if move.action == "refuse" else "→"
    return f"{move.from_number or '–'} {arrow} {'–' if move.action == REMOVE else move.to_number}"


@click.command()
@click.argument("plan", default="")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="The format of the output.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--top", type=click.IntRange(min=1), help="At most this many for each dataset.")
@click.pass_context
def leaderboard(ctx: click.Context, plan: str, form: str, as_json: bool, top: int | None) -> None:
    """Show every definition tried, or those of a PLAN (its file or name): ranked on validation, reported on test.

    Example: argosy leaderboard plan.yaml --format csv
    """
    from argosy.cli.leaderboard import print_leaderboard

    project = command_project(ctx)
    if form == "table" and not as_json:
        print_leaderboard(project, plan, top)
        return
    rows = [row for row in project.ranked(plan) if top is None or row["rank"] <= top]
    if as_json or form == "json":
        print_json(rows)
    elif rows:
        writer = csv.DictWriter(standard_output(), list(rows[0]))
        writer.writeheader()
        writer.writerows({name: _csv_cell(cell) for name, cell in row.items()} for row in rows)


def _csv_cell(value: Any) -> Any:
    text = " ".join(value) if isinstance(value, list) else value
    return guarded(text) if isinstance(text, str) else text


def _form(trained: Trained, model: str) -> str:
    """Which was the fastest then; a server measures anew, and says what it chose."""
    name, difference = trained.form["name"], trained.form["difference"]
    within = "" if name == "tensors" else f", within {difference:.1g} of the training form"
    return f"{name}{within}; a server measures at load: parameters.form of GET /v2/models/{model}"


def _details(versions: Sequence[Version], trained: Trained, changed: list[str]) -> list[tuple[str, str]]:
    from argosy.evaluation.leaderboard import evaluated

    rows: list[tuple[str, str]] = []
    origin = trained.environment.get("imported")
    for kind in ("dataset", "adapter", "model"):
        spec = trained.definition[kind]
        rows.append((kind, spec["name"]))
        rows += [(f"  {option}", _written(value)) for option, value in spec["options"].items()]
    if trained.definition.get("evaluate"):
        rows.append(("evaluate", evaluated(trained.definition["evaluate"])))
    return [
        *rows,
        ("rows", f"dataset {trained.dataset_digest[:12]}"),
        ("trained", f"{_trained_at(trained)} in {trained.fit_seconds:.2f} s"),
        *(origin_rows(origin, trained.definition["adapter"]["name"] == "imported") if origin else []),
        *(("marked", one.mark) for one in versions[:1] if one.mark),
        *(("decisions", str(step)) for one in versions[:1] for step in one.decisions.steps),
        *((name, "its current code is not the code that this version was trained with") for name in changed),
        ("parent", trained.parent or "–"),
        ("artifact", f"{trained.artifact[:12]}, {trained.size_bytes:,} bytes"),
        ("form when trained", _form(trained, versions[0].model if versions else "NAME")),
        ("environment", " ".join(f"{name} {number}" for name, number in trained.environment["packages"].items())),
        ("", f"Python {trained.environment['python']}, git {trained.environment['git_revision'] or '–'}"),
    ]


def _trained_at(trained: Trained) -> str:
    from argosy.clock import format_time

    elsewhere: str = trained.environment.get("imported", {}).get("trained_at", "")
    return elsewhere or format_time(trained.trained_at)


def _written(value: Any) -> str:
    """An option as in a plan."""
    import msgspec

    return value if isinstance(value, str) and value else msgspec.json.encode(value).decode()


def _print_metrics(metrics: Any) -> None:
    from argosy.cli.output import interval

    names = sorted({name for figures in metrics.values() for name in figures})
    rows = [(part, *(interval(figures.get(name)) for name in names)) for part, figures in metrics.items()]
    print_table(("", *(f">{name}" for name in names)), rows)


def _print_labels(labels: Any, per_label: Any, thresholds: Any) -> None:
    """Print figures of each label of texts with several: (hits, rows, answers)."""

    def share(part: int, whole: int) -> str:
        return f"{part / whole:.3f}" if whole else "–"

    rows = [
        (label, f"{cut:.3f}", rows, share(hits, answers), share(hits, rows), share(2 * hits, rows + answers))
        for label, (hits, rows, answers), cut in zip(labels, per_label, thresholds, strict=True)
    ]
    columns = ("label", ">threshold", ">rows", ">precision", ">recall", ">F1")
    print_table(columns, rows, "Labels on the test part")


def _print_confusion(confusion: Any) -> None:
    labels, matrix = confusion.get("labels", []), confusion.get("matrix", [])
    if confusion.get("per_label"):
        _print_labels(labels, confusion["per_label"], confusion["thresholds"])
    elif len(labels) > SHOWN_LABELS:
        print_line(f"The confusion matrix of {len(labels)} labels is in --json and in: argosy report")
    elif labels:
        rows = zip([*labels, "(unknown)"], matrix, strict=False)
        shown = [(label, *cells) for label, cells in rows if label != "(unknown)" or any(cells)]
        title = "Rows of the test part: the true label down, the answer across"
        print_table(("", *(f">{label}" for label in labels)), shown, title)
