"""`argosy feedback …` and `argosy retrain`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from argosy.cli.examples import print_missing
from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project, now_option, report_quiet_hours
from argosy.errors import FeedbackInvalid, NothingNew, nearest
from argosy.label_sets import as_members, label_of, looks_missing, missing_words
from argosy.plurals import plural

source_option = click.option("--source", default="analyst", show_default=True, help="The source of the feedback.")


@click.group()
def feedback() -> None:
    """Give outcomes and corrections; review predictions.

    Example: argosy feedback review topics --output review.csv
    """


@feedback.command()
@click.argument("prediction_id", default="")
@click.option("--label", required=True, help="The right label, or what happened.")
@click.option(
    "--kind",
    type=click.Choice(["correction", "outcome"]),
    default="correction",
    show_default=True,
    help="The kind of feedback.",
)
@click.option("--entity", default="", help="In place of an id: every prediction about this entity …")
@click.option("--since", default="", help="… made from this time on …")
@click.option("--until", default="", help="… and before this time.")
@click.option("--model", default="", help="With --entity: only predictions of this model.")
@click.option("--uniform", is_flag=True, help="The prediction was drawn without regard to its answer: it may measure.")
@click.option("--key", default="", help="An idempotency key.")
@source_option
@json_option
@click.pass_context
def add(
    ctx: click.Context,
    prediction_id: str,
    label: str,
    kind: str,
    entity: str,
    since: str,
    until: str,
    model: str,
    uniform: bool,
    key: str,
    source: str,
    as_json: bool,
) -> None:
    """Give the right label of a prediction, by its PREDICTION_ID or by entity and time.

    Example: argosy feedback add 01927c… --label delivery
    """
    if bool(prediction_id) == bool(entity):
        raise FeedbackInvalid("give a PREDICTION_ID, or --entity with --since and --until")
    given = command_project(ctx).feedback
    if entity:
        span = _moment(since), _moment(until, late=True)
        ids, new = given.add_to_entity(entity, *span, label, kind, source, uniform, key, model)
    else:
        ids, new = [prediction_id], int(given.add(prediction_id, label, kind, source, uniform, key))
    if as_json:
        print_json({"prediction_ids": ids, "new": new})
        return
    print_line(f"Stored for {plural(new, 'prediction')}." if new else "Known already: nothing changed.")
    known = given.labels()
    for one in as_members(label_of(label)):
        if one not in known:
            print_line(f"No example has the label '{one}'{nearest(one, known)}: if it is a mistake, add the right one.")
        if looks_missing(one):
            print_line(f"The label '{one}' looks like a missing value: if the label is not known, give no feedback.")


@feedback.command("list")
@click.argument("model", default="")
@click.option(
    "--rows",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    help="At most this many.",
)
@json_option
@click.pass_context
def list_(ctx: click.Context, model: str, rows: int, as_json: bool) -> None:
    """List feedback on one MODEL or on all, the newest first.

    Example: argosy feedback list topics
    """
    from argosy.clock import format_time

    found = command_project(ctx).feedback.newest(rows, model)
    if as_json:
        names = ("prediction_id", "kind", "label", "source", "token", "is_uniform", "measures", "given_at")
        print_json(
            [
                {**{name: getattr(given, name) for name in names}, "model": of or None, "answer": answer or None}
                for given, of, answer in found
            ]
        )
        return
    if not found:
        print_line("No feedback yet: argosy feedback add PREDICTION_ID --label LABEL")
        return
    columns = ("given", "model", "prediction", "answer", "label", "kind", "source", "token", "measures")
    print_table(
        columns,
        [
            (
                format_time(round(given.given_at)),
                of or "–",
                given.prediction_id,
                answer or "–",
                given.label,
                given.kind,
                given.source,
                given.token,
                "yes" if given.measures else "",
            )
            for given, of, answer in found
        ],
    )


@feedback.command()
@click.argument("model")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The CSV to write.")
@click.option("--rows", type=click.IntRange(1, 100_000), help="How many (default: as many as the gate needs, else 50).")
@click.option("--since", default="", help="Only predictions made from this time on.")
@json_option
@click.pass_context
def review(ctx: click.Context, model: str, output: Path, rows: int | None, since: str, as_json: bool) -> None:
    """Write predictions of the MODEL to a file for correction, mainly uncertain ones, in the order of their draw.

    Example: argosy feedback review topics --output review.csv
    """
    given = command_project(ctx).feedback
    wanted = given.reviews_wanted(model)
    written = given.review(
        model,
        output,
        rows,
        _moment(since),
        report_progress=lambda line: None if as_json else print_line(f"{line} …", err=True),
    )
    if as_json:
        print_json({"file": str(output), "rows": written})
        return
    print_line(f"{plural(written, 'prediction')} written to {output}, decrypted. Fill in the column 'correction'")
    print_line(f"('ok' where the answer is right), then: argosy feedback import {output}")
    if wanted is not None:
        reviews = plural(wanted, "more review")
        print_line(f"The gate refused the last challenger; about {reviews} would probably decide.")


@feedback.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@source_option
@json_option
@click.pass_context
def import_(ctx: click.Context, file: Path, source: str, as_json: bool) -> None:
    """Import a corrected FILE, completely or not at all.

    Example: argosy feedback import review.csv
    """
    returned, new = command_project(ctx).feedback.import_file(file, source)
    if as_json:
        found = {"corrections": len(returned.corrections), "new": new, "skipped": returned.skipped}
        print_json({**found, "new_labels": returned.new_labels})
        return
    print_line(f"{plural(new, 'correction')} stored, {plural(returned.skipped, 'row')} without one skipped.")
    if returned.new_labels:
        print_line(f"New labels, in case of a typing error: {', '.join(returned.new_labels)}")
    words = missing_words(Counter(one.label for one in returned.corrections))
    print_missing(words, "if the label is not known, leave the cell empty")


@click.command()
@click.argument("model")
@click.option("--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Workers to start.")
@click.option("--detach", is_flag=True, help="Only queue it: other workers run it.")
@now_option
@json_option
@click.pass_context
def retrain(ctx: click.Context, model: str, processes: int, detach: bool, now: bool, as_json: bool) -> int:
    """Train the champion's definition on newer data and corrections, and let the gate decide.

    Exit code 0 when the challenger was promoted, 1 when it was refused, 2 when there is nothing new to learn.

    Example: argosy retrain topics
    """
    from argosy.feedback.requests import Retrainings
    from argosy.feedback.retrained import retrain
    from argosy.processes import current_user

    project = command_project(ctx)
    if detach:
        label = Retrainings.of(project.backends).request(model, current_user())
        print_json({"job": label}) if as_json else print_line(f"Queued as {label}.")
        return 0
    report_quiet_hours(project, now)
    try:
        found = retrain(project.backends, model, processes, lambda step: print_line(f"  {step}", err=True), now)
    except NothingNew as reason:
        shown = {"model": model, "promoted": False, "reason": str(reason), "new_training_rows": 0}
        print_json(shown) if as_json else print_line(f"Nothing to learn: {reason}")
        return 2
    if as_json:
        print_json(found.to_dict())
    else:
        print_line(f"{plural(found.new_training_rows, 'new training row')}. {found.summary}")
        if found.requested_by not in ("", current_user()):
            print_line(f"It was running already, requested by {found.requested_by}.")
        if found.left_out:
            print_line(f"Left out of the evidence: {found.left_out}.")
    return 0 if found.promoted else 1


def _moment(text: str, late: bool = False) -> float:
    from argosy.clock import parse_time

    if not text:
        return float("inf") if late else 0.0
    try:
        return parse_time(text)
    except ValueError:
        raise FeedbackInvalid(f"'{text}' is not a time: write 2026-01-31 or 2026-01-31T12:00:00Z") from None
