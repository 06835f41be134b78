"""`argosy examples …`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import counting, json_option, print_json, print_line, print_table, standard_output
from argosy.cli.project import command_project
from argosy.errors import ExamplesInvalid
from argosy.label_numbers import number_in
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.datasets.staging import ImportReport

RULES = ("latest", "majority", "drop", "error")
SOURCE_DATABASE = "ARGOSY_SOURCE_DATABASE"
QUOTING = ("check", "none", "trust")
MOST_LISTED_NUMBERS = 50
"""More labels that are all numbers are hardly classes: their range is printed."""
SHOWN = 5
"""Of the texts whose labels disagree."""
READ = {
    "text": "the text",
    "fields": "the input",
    "label": "the label",
    "seen_at": "when it was seen",
    "subject": "whom it is about",
    "source": "where it came from",
    "split": "the split",
    "origin": "the prediction it came of",
}


@click.group()
def examples() -> None:
    """Import, count, show, export and erase labelled examples.

    Example: argosy examples import tickets.csv --text body --label queue
    """


@examples.command("import")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--into", default="", metavar="COLLECTION", help="Default: the project's collection.")
@click.option("--query", default="", metavar="SELECT", help="In place of a FILE: the rows that a query returns.")
@click.option(
    "--database",
    default="",
    metavar="URL",
    help="The query's database: sqlite:///FILE or postgresql://…; it is only read.",
)
@click.option("--text", metavar="COLUMN", help="The column with the text.")
@click.option("--label", metavar="COLUMN", help="The column with the label.")
@click.option("--seen-at", metavar="COLUMN", help="The column with the time it was seen; none: there is none.")
@click.option("--subject", metavar="COLUMN", help="The column with the person it is about.")
@click.option("--source", metavar="COLUMN", help="The column with where it came from.")
@click.option("--split", metavar="COLUMN", help="The column with a published split.")
@click.option("--fields", metavar="A,B", help="Columns that together are the input, in place of one text.")
@click.option("--encoding", default="", metavar="NAME", help="The file's encoding, such as cp1252 (default: UTF-8).")
@click.option(
    "--quoting",
    type=click.Choice(QUOTING),
    default="check",
    show_default=True,
    help="In CSV: check refuses a cell that seems to contain rows, none reads quotes as characters.",
)
@click.option("--sheet", default="", metavar="NAME", help="The sheet of a spreadsheet (default: the first).")
@click.option(
    "--on-conflict",
    type=click.Choice(RULES),
    help="Which label to use for one text with several (default: the project's).",
)
@click.option("--fold-case", is_flag=True, help="Merge labels that differ only in case into the usual spelling.")
@click.option("--missing", metavar="A,B", help="Words that mean no label, such as nan,NULL.")
@click.option("--skip-bad", is_flag=True, help="Leave out bad rows, in place of importing nothing.")
@json_option
@click.pass_context
def import_(
    ctx: click.Context,
    /,
    file: Path | None,
    into: str,
    query: str,
    database: str,
    fields: str | None,
    missing: str | None,
    on_conflict: str | None,
    fold_case: bool,
    skip_bad: bool,
    as_json: bool,
    **named: Any,
) -> None:
    """Import a FILE of JSON, CSV or TSV (also .gz), of Parquet, or a spreadsheet, encrypted, all or nothing.

    Example: argosy examples import tickets.csv --into tickets --text body --label queue
    """
    import msgspec

    if (file is None) == (not query):
        raise ExamplesInvalid("name a FILE, or --query SELECT with --database URL")
    if file is not None and database:
        raise ExamplesInvalid("--database needs --query, and cannot be given with a FILE")
    if query and (named["encoding"] or named["sheet"] or named["quoting"] != QUOTING[0]):
        raise ExamplesInvalid("--encoding, --quoting and --sheet need a FILE, and cannot be given with --query")
    project = command_project(ctx)
    given: dict[str, Any] = {
        **{name: named.pop(name) for name in ("text", "label", "seen_at", "subject", "source", "split")},
        "fields": fields.split(",") if fields else (),
        "missing": missing.split(",") if missing else (),
        "on_conflict": on_conflict or "",
        "skip_bad": skip_bad,
        "fold_case": fold_case,
        "spelled": as_option,
    }
    with counting(as_json) as seen:
        given["progress"] = lambda count: seen("rows", count)
        if file is None:
            report = project.examples.import_query(query, _database(database), into, **given)
        else:
            report = project.examples.import_file(file, into, **named, **given)
    collection, rule = into or project.settings.collection, on_conflict or project.settings.conflicts
    if as_json:
        print_json({"collection": collection, **msgspec.structs.asdict(report)})
    else:
        _print_report(report, collection, rule)


@examples.command()
@click.argument("collection", default="")
@json_option
@click.pass_context
def count(ctx: click.Context, collection: str, as_json: bool) -> None:
    """Count the examples of a COLLECTION by label.

    Example: argosy examples count tickets
    """
    import msgspec

    from argosy.clock import format_time

    project = command_project(ctx)
    counts = project.examples.count(collection)
    if as_json:
        print_json(msgspec.structs.asdict(counts))
        return
    name = collection or project.settings.collection
    ordered = sorted(counts.labels.items(), key=lambda item: -item[1])
    if numbers := _numbers(counts.labels):
        title = f"{name}: {plural(counts.examples, 'example')} with {plural(len(counts.labels), 'label')}, all numbers"
        print_line(f"{title} from {min(numbers):.6g} to {max(numbers):.6g}.")
    else:
        rows = [(label, f"{number:,}", f"{number / counts.examples:.1%}") for label, number in ordered]
        print_table(("label", ">examples", ">share"), rows, f"{name}: {plural(counts.examples, 'example')}")
    print_line(f"Seen from {format_time(counts.first_seen_at)} to {format_time(counts.last_seen_at)}.")
    for what, tally in (("source", counts.sources), ("published split", counts.splits)):
        if tally:
            print_line(f"By {what}: {', '.join(f'{key} {number:,}' for key, number in tally.items())}.")


def _numbers(labels: Mapping[str, int]) -> list[float]:
    """The labels as numbers, where all of them are and there are too many to list."""
    found = [number for number in map(number_in, labels) if number is not None]
    return found if len(found) == len(labels) > MOST_LISTED_NUMBERS else []


@examples.command()
@click.argument("example_id")
@json_option
@click.pass_context
def show(ctx: click.Context, example_id: str, as_json: bool) -> None:
    """Show every revision of one example, decrypted.

    Example: argosy examples show 5d1f0c0a9b7e4b0f8a1c2d3e4f506172
    """
    from argosy.clock import format_time

    revisions = [_plain(one) for one in command_project(ctx).examples.show(example_id)]
    if as_json:
        print_json(revisions)
        return
    rows = [(r["revision"], r["label"], format_time(r["seen_at"]), r["source"], r["subject"] or "–") for r in revisions]
    print_table((">revision", "label", "seen", "source", "subject"), rows)
    print_line(revisions[-1]["input"])


@examples.command()
@click.argument("collection", default="")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), help="Default: by the file's name, else jsonl.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="A file (default: standard output).")
@click.pass_context
def export(ctx: click.Context, collection: str, form: str | None, output: Path | None) -> None:
    """Write the examples of a COLLECTION, decrypted: protect the output.

    Example: argosy examples export tickets --output tickets.jsonl
    """
    from argosy.datasets.export import FORMATS
    from argosy.paths import check_suffix, private_text

    project = command_project(ctx)
    project.examples.count(collection)  # fail at once if there is no such collection
    suffix = f".{form or 'jsonl'}"
    if output is not None and output.suffix:
        suffix = check_suffix(output, (suffix,) if form else FORMATS)
    rows, write = project.examples.export(collection), FORMATS[suffix]
    if output is None:
        write(rows, standard_output())
        return
    with private_text(output) as file:
        write(rows, file)


@examples.command()
@click.argument("subject")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--mark", is_flag=True, help="Mark those models, so that nobody promotes them by mistake.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0, max=86_400),
    metavar="SECONDS",
    help="Wait until the spools of all servers have erased it too (default: at most 5 s, for running ones).",
)
@json_option
@click.pass_context
def erase(ctx: click.Context, subject: str, yes: bool, mark: bool, wait: float | None, as_json: bool) -> int:
    """Remove a SUBJECT from examples, predictions and feedback; list the models that learned from it.

    Exit code 1 if nothing is stored about it (check the spelling), or, with --wait, if a spool has not erased it in
    time.

    Example: argosy examples erase customer-17
    """
    from dataclasses import asdict

    from argosy.cli.spools import print_owing

    project = command_project(ctx)
    if not yes:
        click.confirm("This cannot be undone. Erase everything about that subject?", abort=True, err=True)
    erased = project.examples.erase(subject, mark, wait)
    code = 1 if erased.is_nothing or (wait is not None and erased.waiting) else 0
    if as_json:
        print_json(asdict(erased))
        return code
    for path in erased.damaged:
        print_line(f"{path} cannot be read completely, so it may still hold the subject: delete it.", err=True)
    print_owing(erased.waiting)
    if erased.is_nothing:
        print_line("Nothing is stored about that subject: check its spelling.", err=True)
        return code
    examples_, revisions = plural(erased.examples, "example"), plural(erased.revisions, "revision")
    print_line(f"Erased {examples_} ({revisions}) and {plural(erased.predictions, 'prediction')}.")
    if erased.warm_up_requests:
        print_line(f"Erased {plural(erased.warm_up_requests, 'warm-up request')} of models.")
    if erased.models:
        marked = " They are marked." if mark else ""
        print_line(f"Models trained on it: {', '.join(erased.models)}.{marked}")
    return code


def _print_report(report: ImportReport, collection: str, rule: str) -> None:
    print_line(f"Imported {plural(report.added, 'example')} into '{collection}'.")
    if report.columns:
        print_line(f"  read {', '.join(f'{READ[role]} from {name}' for role, name in report.columns.items())}")
    for count, noun, meaning in (
        (report.relabelled, "new revision", ": the label changed"),
        (report.revised - report.relabelled, "new revision", ": a subject was added"),
        (report.duplicates, "duplicate", ": known already"),
        (report.conflicts, "conflict", f": texts whose labels disagree, settled by '{rule}'"),
        (report.dropped, "row", " lost to those conflicts"),
    ):
        if count:
            print_line(f"  {plural(count, noun)}{meaning}")
    if report.skipped:
        more = "; …" if report.skipped > len(report.problems) else ""
        print_line(f"  {plural(report.skipped, 'bad row')} skipped: {'; '.join(report.problems)}{more}")
    for label, usual in [*report.merged.items()][:SHOWN]:
        print_line(f"  read the label '{label}' as '{usual}'")
    print_alike(report.alike, "--fold-case merges them")
    print_missing(report.missing_words, f"--missing {','.join(report.missing_words)} reads them as missing")
    if report.hint:
        print_line(f"  {report.hint}")
    for rows in report.disagreements[:SHOWN]:
        print_line(f"    {', '.join(f'{place}: {label}' for place, label in rows.items())}")
    if report.conflicts > SHOWN:
        print_line(f"    … and {report.conflicts - SHOWN:,} more; --json lists a hundred")


def _database(url: str) -> str:
    """The URL of the query's database, or that of a variable, since other users can see a command's arguments."""
    url = url or os.environ.get(SOURCE_DATABASE, "")
    if not url:
        raise ExamplesInvalid(f"--query needs a database: give --database URL, or the variable {SOURCE_DATABASE}")
    return url


def as_option(option: str, value: str) -> str:
    """An option as it is typed on the command line."""
    return f"--{option.replace('_', '-')}{value and f' {value}'}"


def print_alike(groups: Sequence[Sequence[str]], to_do: str) -> None:
    """Print labels that may be meant as one."""
    if groups:
        shown = "; ".join(", ".join(f"'{label}'" for label in group) for group in groups[:SHOWN])
        more = f"; … and {len(groups) - SHOWN:,} more" if len(groups) > SHOWN else ""
        print_line(f"  labels that differ only in case or form: {shown}{more}: {to_do}")


def print_missing(words: Mapping[str, int], to_do: str) -> None:
    """Print labels that look like missing values."""
    shown = [f"'{label}' ({plural(rows, 'row')})" for label, rows in words.items()]
    if shown:
        noun = "the labels look like missing values" if len(shown) > 1 else "the label looks like a missing value"
        print_line(f"  {noun}: {', '.join(shown)}: {to_do}")


def _plain(example: Any) -> dict[str, Any]:
    import msgspec

    return {name: value for name, value in msgspec.structs.asdict(example).items() if name != "row"}
