"""`argosy models decide`: what is made of a version's answers before they are given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.output import json_option, print_json, print_line, print_table
from argosy.cli.project import command_project
from argosy.errors import DecisionsInvalid

if TYPE_CHECKING:
    from argosy.evaluation.deciding import DecisionChange
    from argosy.models.decisions import DecisionStep


@click.command()
@click.argument("reference", metavar="MODEL[@VERSION]")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--clamp", metavar="LOW:HIGH", help="Keep numbers within these borders; LOW: or :HIGH for one alone.")
@click.option("--bias", metavar="measured|NUMBER", help="Add this to every number; measured: on the validation part.")
@click.option(
    "--threshold", multiple=True, metavar="LABEL=P", help="Answer LABEL only from probability P on; may be repeated."
)
@click.option("--otherwise", default="", metavar="LABEL", help="What is given below a --threshold (default: no label).")
@click.option("--abstain", type=float, metavar="C", help="Give no answer of the model's below this confidence.")
@click.option("--answer", default="", metavar="LABEL", help="What --abstain gives (default: no label).")
@click.option("--top-k", type=int, metavar="K", help="Give the K likeliest classes too, with their probabilities.")
@click.option("--remove", multiple=True, metavar="STEP", help="Remove clamp, bias, threshold, abstain or top-k.")
@click.option("--reason", default="", help="Why, for the history.")
@json_option
@click.pass_context
def decide(ctx: click.Context, /, reference: str, file: Path | None, as_json: bool, **given: Any) -> None:
    """Set what is made of a version's answers before they are given, or show that and its history.

    FILE is the whole list of `steps`, in YAML or JSON, in the place of the one that there is.

    Example: argosy models decide demand@champion --clamp 0:60 --reason "the array holds 60"

    Example: argosy models decide demand@champion decisions.yaml
    """
    models = command_project(ctx).models
    change = _change(given)
    version = models.resolve(reference)
    if file is not None:
        if not change.is_empty:
            raise DecisionsInvalid(f"{file} is the whole list of steps: leave out the options of single steps")
        version = models.decide(version.reference, given["reason"], steps=_steps(file))
    elif not change.is_empty:
        version = models.decide(version.reference, given["reason"], **vars(change))
    history = models.decisions(version.reference)
    if as_json:
        print_json({"version": version.reference, "decisions": version.decisions, "history": history})
        return
    if not history:
        print_line(f"{version.reference} has no decisions: it gives the model's own answers.")
        return
    print_line(f"{version.reference}, revision {version.decisions.revision}: {_shown(version.decisions.steps)}")
    if change.is_empty and file is None:
        from argosy.clock import format_time

        rows = [
            (str(one.revision), format_time(round(one.decided_at)), one.decided_by, _shown(one.steps), one.reason)
            for one in reversed(history)
        ]
        print_table((">revision", "when", "by", "decisions", "why"), rows)


def _change(given: dict[str, Any]) -> DecisionChange:
    from argosy.evaluation.deciding import MEASURED, DecisionChange

    clamp, bias, abstain = given["clamp"], given["bias"], given["abstain"]
    if given["answer"] and abstain is None:
        raise DecisionsInvalid("--answer is what --abstain gives: add --abstain CONFIDENCE")
    if given["otherwise"] and not given["threshold"]:
        raise DecisionsInvalid("--otherwise is what is given below a --threshold: add --threshold LABEL=P")
    return DecisionChange(
        clamp=None if clamp is None else _borders(clamp),
        bias=bias if bias in (None, MEASURED) else _number("--bias", bias),
        threshold={label: (at_least, given["otherwise"]) for label, at_least in map(_threshold, given["threshold"])},
        abstain=None if abstain is None else (abstain, given["answer"]),
        top_k=given["top_k"],
        remove=given["remove"],
    )


def _steps(file: Path) -> Any:
    from argosy.definitions.yaml_files import read_mapping

    found = read_mapping(file)
    if set(found) != {"steps"}:
        raise DecisionsInvalid(f"{file}: expected `steps:` with a list and nothing else; `steps: []` removes all")
    return found["steps"]


def _borders(text: str) -> tuple[float | None, float | None]:
    low, colon, high = text.partition(":")
    if not colon:
        raise DecisionsInvalid(f"--clamp {text}: write LOW:HIGH, LOW: or :HIGH")
    return (
        _number("--clamp", low) if low.strip() else None,
        _number("--clamp", high) if high.strip() else None,
    )


def _threshold(text: str) -> tuple[str, float]:
    label, equals, at_least = text.rpartition("=")
    if not equals or not label:
        raise DecisionsInvalid(f"--threshold {text}: write LABEL=P, such as spam=0.8")
    return label, _number("--threshold", at_least)


def _number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise DecisionsInvalid(f"{option}: '{text}' is not a number") from None


def _shown(steps: tuple[DecisionStep, ...]) -> str:
    return "; ".join(map(str, steps)) or "none, the model's own answers"
