"""A lineage as a picture: what was imported, the frozen rows, the training, the version, what it answered. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from argosy.clock import format_time
from argosy.lineage.lineage import Answered, ImportedRows, Lineage
from argosy.lineage.tree import NOT_RECORDED
from argosy.plurals import plural
from argosy.web.charts.flow import Box, flow_svg

SHOWN: Final = 6
"""Imports and moves that are drawn; the newest."""
SOURCES, ROWS, TRAINING, RESULT, SINCE = range(5)
"""Columns."""


def lineage_svg(lineage: Lineage) -> str:
    """The whole picture as an SVG document."""
    boxes = list(_boxes(lineage))
    keys = [box.key for box in boxes]
    arrows = [(key, "rows") for key in keys if key.startswith(("import", "feedback"))]
    arrows += [("rows", "training"), *((key, "training") for key in keys if key.startswith("ancestor"))]
    arrows += [("training", key) for key in keys if key.startswith("version")]
    for number in range(len(lineage.answered)):
        arrows.append((f"version {number}", f"answered {number}"))
    arrows += [("version 0", "moves"), ("version 0", "prediction")]
    return str(flow_svg(boxes, arrows, f"The lineage of {lineage.reference}"))


def _boxes(lineage: Lineage) -> Iterator[Box]:
    yield from _sources(lineage)
    rows, run = lineage.rows, lineage.training
    counts = ", ".join(f"{part} {count:,}" for part, count in rows.counts.items())
    erased = [f"{plural(rows.erased, 'row')} erased since"] if rows.erased else []
    cut = f"{rows.cut['name']} of '{rows.collection}'"
    when = "in another project" if rows.frozen_at is None else _day(rows.frozen_at)
    yield Box("rows", ROWS, "frozen rows", rows.digest[:12], [*filter(None, [cut, counts, when]), *erased])
    for number, one in enumerate(lineage.ancestors):
        known = ", ".join(one.versions) or one.label
        yield Box(f"ancestor {number}", ROWS, one.how, known, [f"on {(one.dataset_digest or 'gone')[:12]}"])
    origin = lineage.imported_model
    by = f"imported by {origin['by']}" if origin else f"by {run.worker or NOT_RECORDED}"
    lines = [
        by,
        _day(run.trained_at),
        f"argosy {lineage.argosy or NOT_RECORDED}, Python {lineage.environment.get('python', NOT_RECORDED)}",
        *(f"{name} {digest[:12]}" for name, digest in lineage.plugins.items()),
        *([f"asked for by {run.asked_by}"] if run.asked_by else []),
    ]
    definition = lineage.definition
    yield Box(
        "training", TRAINING, "trained", f"{definition['adapter']['name']} + {definition['model']['name']}", lines
    )
    for number, version in enumerate(lineage.versions):
        aliases = [", ".join(version.aliases)] if version.aliases else []
        mark = [f"marked: {version.mark}"] if version.mark else []
        lines = [lineage.label, f"artifact {lineage.artifact[:12]}", *aliases, *mark]
        yield Box(f"version {number}", RESULT, "version", version.reference, lines, "warn" if mark else "strong")
    if not lineage.versions:
        yield Box("version 0", RESULT, "no version of a model", lineage.label, [f"artifact {lineage.artifact[:12]}"])
    yield from _since(lineage)


def _sources(lineage: Lineage) -> Iterator[Box]:
    imports = lineage.rows.imports
    if len(imports) > SHOWN:
        rows = sum(sum(one.parts.values()) for one in imports[:-SHOWN])
        count = plural(len(imports) - SHOWN, "earlier import")
        yield Box("import more", SOURCES, "imported", count, [plural(rows, "row")])
    for number, one in enumerate(imports[-SHOWN:]):
        made_by = [f"made by the step {step.run}" for step in lineage.steps if step.output_digest == one.digest]
        lines = [*_import_lines(one), *made_by[:1]]
        yield Box(f"import {number}", SOURCES, one.kind or "imported", one.name, lines)


def _import_lines(one: ImportedRows) -> list[str]:
    parts = ", ".join(f"{part} {count:,}" for part, count in one.parts.items())
    digest = [f"sha256 {one.digest[:12]}"] if one.digest else []
    live = [", ".join(plural(count, kind) for kind, count in one.live.items())] if one.live else []
    return [f"by {one.by or NOT_RECORDED}, {_day(one.at)}", *digest, *live, parts]


def _since(lineage: Lineage) -> Iterator[Box]:
    if lineage.moves:
        moves = [
            f"{_day(move.moved_at)} {move.action} {move.alias} → {move.to_number} by {move.moved_by}"
            for move in lineage.moves[-SHOWN:]
        ]
        yield Box("moves", SINCE, "aliases", plural(len(lineage.moves), "move"), moves)
    for number, one in enumerate(lineage.answered):
        yield Box(f"answered {number}", SINCE, "answered", plural(one.total, "answer"), _answer_lines(one))
    if lineage.prediction:
        found = lineage.prediction
        said = [f"{one['kind']}: {one['label']}" for one in found.feedback]
        lines = [f"{found.id[:16]}…, {_day(found.made_at)}", f"confidence {found.confidence:.3f}", *said]
        yield Box("prediction", SINCE, "prediction", found.answer, lines, "strong")


def _answer_lines(one: Answered) -> list[str]:
    days = [f"{day}: {count:,}" for day, count in list(one.days.items())[-SHOWN:]]
    said = [", ".join(plural(count, kind) for kind, count in one.feedback.items())] if one.feedback else []
    return [*days, *said]


def _day(moment: float) -> str:
    return format_time(moment)[:10]
