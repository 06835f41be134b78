"""`argosy models import` and `argosy models challenge`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.examples import as_option
from argosy.cli.output import json_option, print_json, print_line
from argosy.cli.project import command_project
from argosy.definitions.metrics import Metric, metric_name
from argosy.plurals import plural

if TYPE_CHECKING:
    from argosy.training.importing import ImportedVersion
    from argosy.training.tensor_importing import ImportedTensorsVersion
    from argosy.transfer.taking import TakenVersion

_OPTIONS = {"takes": "input", "trusted": "trust"}
"""Options whose name differs from that in Python."""


_IMPORT_OPTIONS = (
    click.option(
        "--format",
        "form",
        type=click.Choice(
            [
                "argosy",
                "json",
                "onnx",
                "huggingface",
                "mlflow",
                "skops",
                "pmml",
                "lightgbm",
                "xgboost",
                "remote",
                "joblib",
                "pickle",
                "python",
                "savedmodel",
            ]
        ),
        help="The file's format (default: by its content or name).",
    ),
    click.option("--as", "name", default="", metavar="MODEL", help="The registered model to make it a version of."),
    click.option(
        "--input",
        "takes",
        default="",
        help="Its input (default: text): text, text:FIELD, fields:a,b (numbers), a mapping, or a file with one.",
    ),
    click.option(
        "--classes",
        default="",
        help="Its classes in the order of its outputs, if the file does not contain them: a,b,c.",
    ),
    click.option("--dataset", default="", help="What to score it on, as in a plan (default: all)."),
    click.option(
        "--trust", "trusted", multiple=True, metavar="TYPE", help="A type in a skops file to trust; may be repeated."
    ),
    click.option(
        "--signature",
        default="",
        help="Answer tensors, not labels: own (as it says), {inputs: …, outputs: …, batched: …}, or a file.",
    ),
    click.option(
        "--allow-pickle", is_flag=True, help="Open a pickle, a joblib file or a class of Python, in a separate process."
    ),
)


def import_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What says how a file is to be read and scored."""
    for option in reversed(_IMPORT_OPTIONS):
        command = option(command)
    return command


def spelled_option(option: str, value: str) -> str:
    """How a message writes one of them."""
    return as_option(_OPTIONS.get(option, option), value)


@click.command("import")
@click.argument("file")
@import_options
@json_option
@click.pass_context
def import_(
    ctx: click.Context,
    file: str,
    form: str | None,
    name: str,
    takes: str,
    classes: str,
    dataset: str,
    trusted: tuple[str, ...],
    signature: str,
    allow_pickle: bool,
    as_json: bool,
) -> None:
    """Make a model in FILE, or at an address, a version of a registered model.

    A model that was trained elsewhere is scored on your examples; a version from `argosy models export` has its own
    figures and history.

    Example: argosy models import churn.onnx --as churn --input fields:age,visits --classes no,yes
    """
    from argosy.operations.model_files import import_file
    from argosy.training.remote_models import is_remote
    from argosy.training.tensor_importing import ImportedTensorsVersion
    from argosy.transfer.taking import TakenVersion

    found = import_file(
        command_project(ctx).backends,
        file if is_remote(file) else Path(file),
        form or "",
        name,
        takes=takes,
        dataset=dataset,
        classes=[one.strip() for one in classes.split(",") if one.strip()],
        trusted=trusted,
        allow_pickle=allow_pickle,
        signature=signature,
        spelled=spelled_option,
        report_progress=lambda line: None if as_json else print_line(f"  {line}", err=True),
    )
    if as_json:
        print_json(found.to_dict())
    elif isinstance(found, TakenVersion):
        _print_taken(found)
    elif isinstance(found, ImportedTensorsVersion):
        _print_tensors(found)
    else:
        _print_imported(found)


def _print_tensors(found: ImportedTensorsVersion) -> None:
    said = "is imported" if found.is_new else "was imported before"
    print_line(f"{found.version.reference} {said}: it answers tensors and has no labels, so that it is not scored.")
    for name, one in found.signatures.items():
        batched = "rows of several requests are answered together" if one.is_batched else "each request by itself"
        print_line(f"  {name}: {one}; {batched}")
    print_line(f"Next: argosy models promote {found.version.reference}")


def _print_taken(found: TakenVersion) -> None:
    said = "is imported" if found.is_new else "was here before"
    print_line(f"{found.version.reference} {said}: {found.came_from} of the project {found.project}.")
    print_line(f"Next: argosy models promote {found.version.reference}")


def _print_imported(found: ImportedVersion) -> None:
    metric: Metric = "mae" if found.is_number else "accuracy"
    figure = found.metrics["test"][metric]
    figures = f"{figure['value']:.4f} ({figure['low']:.4f} to {figure['high']:.4f})"
    said = "is imported" if found.is_new else "was imported before"
    print_line(f"{found.version.reference} {said}: {metric_name(metric)} {figures}.")
    if found.unknown:
        print_line(
            f"  {plural(found.unknown, 'row')} of the test part have a label that it does not know: all count as wrong"
        )
    if not found.has_probabilities and not found.is_number:
        print_line("  it has scores, but no probabilities")
    print_line(f"Next: argosy models promote {found.version.reference}")


@click.command()
@click.argument("reference", metavar="MODEL@VERSION")
@click.option("--processes", type=click.IntRange(min=1), default=1, show_default=True, help="Workers to judge with.")
@json_option
@click.pass_context
def challenge(ctx: click.Context, reference: str, processes: int, as_json: bool) -> None:
    """Have the gate judge a version against the champion; it is promoted if it is better.

    Example: argosy models challenge topics@3
    """
    from argosy.feedback.challenged import challenge

    found = challenge(command_project(ctx).backends, reference, processes)
    if as_json:
        print_json(found.to_dict())
    elif found.promoted:
        print_line(f"Promoted: version {found.challenger} over {found.champion}: {found.reason}")
    else:
        print_line(
            f"Not promoted: version {found.champion} stays champion, version {found.challenger} is {found.reason}."
        )
    if not found.promoted:
        ctx.exit(1)


def origin_rows(origin: Mapping[str, Any], is_isolated: bool) -> list[tuple[str, str]]:
    """The origin of an imported version, and what isolates it on this machine."""
    from argosy.models.runtimes.sandbox import isolation

    rows = [("imported", "{file} ({format}, {sha256:.12}…) by {by}, {at}".format(**origin))]
    if "project" in origin:
        exported = "{version} of the project {project}, trained {trained_at}, exported by {exported_by}, {exported_at}"
        rows.append(("  from", exported.format(**origin)))
    return [*rows, ("runs here in", isolation())] if is_isolated else rows
