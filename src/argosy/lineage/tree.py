"""A lineage as lines for people: a tree of headings and what is recorded under each. Pure.

Names come from files and users: a line break in one makes no line of the tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from argosy.clock import format_time
from argosy.lineage.lineage import Ancestor, Answered, ImportedRows, LearnedRows, Lineage, LineagePrediction
from argosy.plurals import plural
from argosy.steps.origins import StepOrigin
from argosy.store.decided import DecisionRevision
from argosy.store.trained import Move
from argosy.terminal_text import visible_line

NOT_RECORDED: Final = "not recorded"
DAYS: Final = 14
"""The newest days that are shown."""
IMPORTS: Final = 20
INPUTS: Final = 10
"""Of one run of a step."""
Branch = tuple[str, Sequence[str]]
"""A heading and the lines under it."""


def tree_lines(lineage: Lineage) -> list[str]:
    """The lineage from what was imported to what was answered."""
    lines = [visible_line(_title(lineage))]
    branches = [branch for branch in _branches(lineage) if branch[1]]
    for place, (heading, inner) in enumerate(branches):
        is_last = place == len(branches) - 1
        lines.append(f"{'└─' if is_last else '├─'} {heading}")
        lines += [f"{'   ' if is_last else '│  '}   {visible_line(line)}" for line in inner]
    return lines


def _title(lineage: Lineage) -> str:
    names = ", ".join(
        f"{one.reference} ({', '.join(one.aliases)})" if one.aliases else one.reference for one in lineage.versions
    )
    return f"{names or 'no version of a model'}: {lineage.label}"


def _branches(lineage: Lineage) -> Iterator[Branch]:
    if lineage.prediction:
        yield "prediction", list(_prediction(lineage.prediction))
    yield "imported", list(_imports(lineage.rows.imports))
    yield "steps", [line for one in lineage.steps for line in _step(one)]
    yield "rows", list(_rows(lineage.rows))
    yield "made from", [_ancestor(one) for one in lineage.ancestors]
    yield "definition", [f"{part}: {_spec(lineage.definition[part])}" for part in ("adapter", "model")]
    yield "code", list(_code(lineage))
    yield "environment", list(_environment(lineage.environment))
    yield "trained", list(_trained(lineage))
    yield "aliases", [_move(move) for move in lineage.moves] or ["never promoted"]
    yield "decisions", [_decision(one) for one in lineage.decisions]
    yield "answered", [line for one in lineage.answered for line in _answered(one)]
    yield "marked", [f"{one.reference}: {one.mark}" for one in lineage.versions if one.mark]


def _prediction(one: LineagePrediction) -> Iterator[str]:
    by = f", asked by the token '{one.token}'" if one.token else ""
    yield f"{one.id} by {one.reference}, {format_time(one.made_at)}{by}"
    decided = f", after revision {one.decisions} of the decisions" if one.decisions else ""
    yield f"answered '{one.answer}' with confidence {one.confidence:.3f}{decided}"
    for said in one.feedback:
        yield f"{said['kind']} '{said['label']}' from {said['source']}, {format_time(said['given_at'])}"
    if one.examples:
        yield f"became the example {', '.join(one.examples)}: argosy lineage --of-example {one.examples[0]}"


def _imports(imports: Sequence[ImportedRows]) -> Iterator[str]:
    for one in imports[:IMPORTS]:
        digest = f"sha256 {one.digest[:12]}" if one.digest else f"digest {NOT_RECORDED}"
        digest = digest if one.kind in ("file", None) else one.kind
        kept = ", ".join(f"{count:,} {part}" for part, count in one.parts.items())
        read = f" of {plural(one.rows_read, 'row')} read" if one.rows_read is not None else ""
        live = "".join(f", {plural(count, kind)}" for kind, count in one.live.items())
        by = f"a trigger of '{one.trigger_of}', run by {one.by}" if one.trigger_of else one.by or NOT_RECORDED
        yield f"{one.name} by {by}, {format_time(one.at)}, {digest}: {kept}{read}{live}"
    if len(imports) > IMPORTS:
        yield f"and {plural(len(imports) - IMPORTS, 'more import')}"


def _step(one: StepOrigin) -> Iterator[str]:
    by = f"by {one.worker or NOT_RECORDED}, {format_time(one.ended_at or 0.0)}"
    yield f"{one.run} made {one.output}, sha256 {one.output_digest[:12]}, {by}"
    yield f"  command {one.command[:12]}" + "".join(f", {file.name} {file.digest[:12]}" for file in one.code[:INPUTS])
    inputs = ", ".join(f"{file.name} {file.digest[:12]}" for file in one.inputs[:INPUTS])
    more = f" and {len(one.inputs) - INPUTS:,} more" if len(one.inputs) > INPUTS else ""
    yield f"  from {f'{one.after}: ' if one.after else ''}{inputs}{more}"


def _rows(rows: LearnedRows) -> Iterator[str]:
    when = (
        "another project's: its rows are not here"
        if rows.frozen_at is None
        else f"frozen {format_time(rows.frozen_at)}"
    )
    yield f"dataset {rows.digest[:12]} of '{rows.collection}', {when}"
    yield f"cut: {_spec(rows.cut)}"
    if rows.frozen_at is None:
        return
    yield ", ".join(f"{part} {count:,}" for part, count in rows.counts.items())
    if rows.erased:
        yield f"{plural(rows.erased, 'row')} erased since"


def _ancestor(one: Ancestor) -> str:
    known = ", ".join(one.versions) or "no version"
    return f"{one.how} {one.label} ({known}), dataset {(one.dataset_digest or 'gone')[:12]}"


def _code(lineage: Lineage) -> Iterator[str]:
    revision = lineage.environment.get("git_revision")
    yield f"argosy {lineage.argosy or NOT_RECORDED}, {f'git {revision}' if revision else 'not under git'}"
    for name, digest in lineage.plugins.items():
        yield f"{name} {digest[:12]}: argosy models code {lineage.label}"


def _environment(recorded: Mapping[str, Any]) -> Iterator[str]:
    packages = recorded.get("packages", {})
    yield ", ".join(f"{name} {number}" for name, number in packages.items() if name != "argosy") or NOT_RECORDED
    named = ("implementation", "python", "platform", "processor")
    yield " ".join(str(recorded[name]) for name in named if recorded.get(name)) or NOT_RECORDED
    yield f"seed {recorded.get('seed')}, {recorded.get('cores')} cores"
    if features := recorded.get("features"):
        yield "features " + ", ".join(f"{name} {digest[:8]}" for name, digest in features.items())


def _trained(lineage: Lineage) -> Iterator[str]:
    run, origin = lineage.training, lineage.imported_model
    if origin:
        if "project" in origin:
            yield "{version} of the project {project}, {trained_at}; exported by {exported_by}, {exported_at}".format(
                **origin
            )
        yield "elsewhere; imported from {file} ({format}, sha256 {sha256:.12}) by {by}, {at}".format(**origin)
    else:
        yield f"by {run.worker or NOT_RECORDED}, {format_time(run.trained_at)}, in {run.fit_seconds:.2f} s"
    if run.asked_by:
        yield f"asked for by {run.asked_by}" + (f": {run.asked_because}" if run.asked_because else "")
    yield f"artifact {lineage.artifact[:12]}"


def _move(move: Move) -> str:
    change = f"{move.from_number or '–'} → {move.to_number}"
    verdict = move.evidence or {}
    figures = ""
    if verdict.get("difference") is not None:
        low, high = verdict.get("low") or 0.0, verdict.get("high") or 0.0
        figures = f" (difference {verdict['difference']:+.3f}, {low:+.3f} to {high:+.3f}, {verdict.get('rows')} rows)"
    by, reason = move.moved_by or NOT_RECORDED, move.reason or "no reason given"
    return f"{format_time(move.moved_at)} {move.action} {move.alias} {change} by {by}: {reason}{figures}"


def _decision(one: DecisionRevision) -> str:
    steps = "; ".join(map(str, one.steps)) or "none, the model's own answers"
    by = f" by {one.decided_by}" if one.decided_by else ""
    return (
        f"{format_time(one.decided_at)} {one.model}@{one.number} revision {one.revision}{by}: {steps}"
        f" ({one.reason or 'no reason given'})"
    )


def _answered(one: Answered) -> Iterator[str]:
    if not one.days:
        yield f"{one.reference}: nothing yet"
        return
    yield f"{one.reference}: {plural(one.total, 'answer')} on {plural(len(one.days), 'day')} since {min(one.days)}"
    shown = list(one.days.items())[-DAYS:]
    if len(one.days) > len(shown):
        yield f"… {plural(len(one.days) - len(shown), 'earlier day')}"
    yield ", ".join(f"{day}: {count:,}" for day, count in shown)
    said = ", ".join(plural(count, kind) for kind, count in one.feedback.items())
    yield f"feedback: {said}; {one.disagreed:,} with another label" if said else "no feedback"


def _spec(spec: Mapping[str, Any]) -> str:
    options = ", ".join(
        f"{name}={_option(value)}" for name, value in spec["options"].items() if value not in (None, "")
    )
    return f"{spec['name']}({options})"


def _option(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
