"""`argosy predict`: a few texts, or the rows of files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from argosy.cli.output import counting, json_option, print_json, print_line
from argosy.cli.project import code_option, command_project
from argosy.errors import InputInvalid, ModelFailed, UserMistake
from argosy.plurals import plural
from argosy.types import Input

if TYPE_CHECKING:
    from argosy.app.project import Project

BLANK = {"label": None, "confidence": None, "scores": None, "problem": "a blank line"}
"""The answer to a blank line of standard input, so that answers and lines have the same order."""
_ROW = re.compile(r"^row (\d+):")
QUOTING = ("check", "none", "trust")


@click.command()
@click.argument("reference", metavar="MODEL[@VERSION]")
@click.argument("texts", nargs=-1, metavar="[TEXT...]")
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="FILE",
    help="Score the rows of these files, folders or 'patterns*.csv'.",
)
@click.option(
    "--output", default="", metavar="FILE", help="The output .csv, .jsonl or .parquet; for several inputs, a folder."
)
@click.option(
    "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that score in parallel."
)
@click.option("--on", default="", metavar="URL", help="Score on Ray: ray://HOST[:PORT], ray://auto or ray://local.")
@click.option(
    "--folder", default="", metavar="DIR", help="With --on: the project's folder there (default: the same as here)."
)
@click.option("--probabilities", is_flag=True, help="Each class's probability too (its score, if the model has none).")
@click.option("--log", is_flag=True, help="Log each answer as a prediction, and write its id.")
@click.option("--text", default="", metavar="COLUMN", help="The column with the text (default: one with a usual name).")
@click.option("--keep", multiple=True, metavar="COLUMN", help="Copy a column to the output; may be repeated.")
@click.option(
    "--subject",
    default="",
    metavar="COLUMN",
    help="With --log: the column with the person a row is about, for erasure.",
)
@click.option(
    "--entity",
    default="",
    metavar="COLUMN",
    help="With --log: the column with the entity a row is about, for outcomes.",
)
@click.option("--encoding", default="", metavar="NAME", help="The files' encoding, such as cp1252 (default: UTF-8).")
@click.option(
    "--quoting", type=click.Choice(QUOTING), default="check", help="How to read quotes in CSV, as for an import."
)
@click.option("--replace", is_flag=True, help="Replace existing outputs.")
@code_option
@json_option
@click.pass_context
def predict(ctx: click.Context, /, reference: str, texts: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Classify each TEXT without a server; nothing is logged. For a model of fields, TEXT is a JSON object.

    The TEXT - means the lines of standard input; each line, also a blank one, has an answer. With --input the rows of
    files are scored, in order; a command that was stopped resumes when it is run again.

    Example: argosy predict topics "shares fell on Monday"

    Example: argosy predict topics --input news.csv --output answers.csv --processes 4

    Example: argosy predict topics --input 's3://inbox/*.csv' --output s3://answers/
    """
    project = command_project(ctx)
    if given["inputs"]:
        _score_files(project, reference, (*given.pop("inputs"), *texts), as_json, **given)
        return
    asked = [name for name in given if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE and name != "code"]
    if asked:
        raise UserMistake(f"--{asked[0]} is for files: name them with --input")
    if not texts:
        raise UserMistake("nothing to classify: give a TEXT, - for standard input, or --input FILE --output FILE")
    _classify(project, reference, texts, as_json, is_stored=given["code"] == "stored")


def _score_files(project: Project, reference: str, inputs: tuple[str, ...], as_json: bool, **given: Any) -> None:
    from argosy import telemetry
    from argosy.app.project import open_backends
    from argosy.cli.examples import as_option
    from argosy.datasets.file_options import FileOptions
    from argosy.scoring.files import ScoringRequest, score_files
    from argosy.scoring.input_rows import WantedColumns

    if not given["output"]:
        raise UserMistake("--input needs --output FILE, or a folder where there are several files")
    if (given["subject"] or given["entity"]) and not given["log"]:
        raise UserMistake("--subject and --entity are kept with logged predictions: add --log")
    if given["folder"] and not given["on"]:
        raise UserMistake("--folder is the project's on Ray's machines: add --on ray://HOST")
    telemetry.configure()
    limit = project.settings.limits.text_bytes
    request = ScoringRequest(
        reference,
        inputs,
        given["output"],
        WantedColumns(given["text"], given["keep"], given["subject"], given["entity"]),
        FileOptions(encoding=given["encoding"], quoting=given["quoting"], text_bytes=limit, spelled=as_option),
        given["processes"],
        given["probabilities"],
        given["log"],
        given["code"] == "stored",
        given["replace"],
        given["on"],
        given["folder"],
    )
    with counting(as_json) as seen:
        scored, there = score_files(project.backends, open_backends, request, seen)
    if as_json:
        print_json({"scored": [asdict(one) for one in scored], "there_already": there})
        return
    for path in there:
        print_line(f"{path}: exists already and is unchanged; --replace scores it again")
    for one in scored:
        bad = f"; {plural(one.problems, 'row')} could not be answered: see the column 'problem'" if one.problems else ""
        went_on = f", {one.went_on_from:,} of them in an earlier run" if one.went_on_from else ""
        print_line(f"{one.output}: {plural(one.rows, 'row')} by {one.version}{went_on}{bad}")


def _classify(project: Project, reference: str, texts: tuple[str, ...], as_json: bool, *, is_stored: bool) -> None:
    from argosy.models.answer_kinds import VALUE

    "".join(texts).encode()  # raises on bytes that are no text, which would be answered
    models = project.models
    model = models.with_stored_code(reference) if is_stored else models[reference]
    given = [one for text in texts for one in (_lines() if text == "-" else [text])]
    asked = [place for place, text in enumerate(given) if text is not None]
    if not asked:
        raise InputInvalid("standard input has no text: write one per line")
    inputs = [input_of(text, model.adapter.reads) for text in given if text is not None]
    try:
        scores = model.scores(inputs)
    except InputInvalid as problem:
        raise InputInvalid(_ROW.sub(lambda row: f"row {asked[int(row[1]) - 1] + 1}:", str(problem))) from None
    except ModelFailed as failed:
        raise ModelFailed(failed.problem, reference) from failed
    found: dict[int, dict[str, Any]]
    labels = model.answers_of_scores(scores)
    if model.estimator.answers_numbers:
        found = {place: {VALUE: float(number)} for place, number in zip(asked, labels, strict=True)}
    else:
        confidences = model.confidence_of_scores(scores)
        found = {
            place: {"label": label, "confidence": float(sure), "scores": dict(zip(model.classes, row, strict=True))}
            for place, label, sure, row in zip(asked, labels, confidences, scores.tolist(), strict=True)
        }
        if top := model.top_of_scores(scores):
            for place, names, shares in zip(asked, *top, strict=True):
                found[place] |= {"top_labels": names, "top_probabilities": shares}
    answers = [found.get(place, BLANK) for place in range(len(given))]
    if as_json:
        print_json(answers)
        return
    for text, answer in zip(given, answers, strict=True):
        if text is None:
            print_line("–\t–\t(a blank line)")
        elif VALUE in answer:
            print_line(f"{answer[VALUE]:.6g}\t{text}")
        else:
            print_line(f"{answer['label']}\t{answer['confidence']:.3f}{_top(answer)}\t{text}")


def _top(answer: Mapping[str, Any]) -> str:
    if "top_labels" not in answer:
        return ""
    pairs = zip(answer["top_labels"], answer["top_probabilities"], strict=True)
    return "\t" + ", ".join(f"{label} {share:.3f}" for label, share in pairs)


def _lines() -> Iterator[str | None]:
    """The lines of standard input, None for each blank one."""
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise InputInvalid(f"line {number} of standard input is not UTF-8") from None
        yield text if text.strip() else None


def input_of(text: str, reads: Mapping[str, str]) -> Input:
    """The text, or for a model of fields the JSON object that it is."""
    import msgspec

    from argosy.models.inputs import is_lone_text

    if is_lone_text(reads):
        return text
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text
