"""The report on a model or a plan: gathered from the store, the rows and the log, and written as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from argosy import clock
from argosy.backends import Backends
from argosy.datasets.export import FORMATS, More
from argosy.datasets.frozen import describe_frozen as described_dataset
from argosy.errors import ExamplesInvalid
from argosy.evaluation.findings import Analysis, Case
from argosy.evaluation.input_profile import as_text
from argosy.evaluation.leaderboard import describe_plugin, ranked
from argosy.feedback.history import history
from argosy.jobs.selection import resolve_version
from argosy.label_sets import counted
from argosy.paths import check_suffix, private_text, within
from argosy.services.value import values_of_model
from argosy.statistics.class_figures import class_figures, set_figures
from argosy.statistics.intervals import Interval
from argosy.store.kept import Curves, kept_curves
from argosy.store.ranking import is_of_numbers
from argosy.store.trained import Trained, Version
from argosy.subprocess_tasks import run_task
from argosy.tuning.project_plans import ProjectPlans
from argosy.types import Progress
from argosy.web.contents import Board, Competitor, Contents, ReportedMove, Subject
from argosy.web.notebook import ReportPath

SHOWN = 20
"""How many mistakes and labels in doubt are on the page."""


@dataclass(frozen=True)
class ReportOptions:
    """`texts` decrypts those of the rows that the page lists; every label in doubt goes into the file `doubts`."""

    texts: bool = False
    learning_curve: bool = False
    quick: bool = False
    doubts: Path | None = None


def write_report(
    backends: Backends,
    target: str,
    output: Path | None = None,
    options: ReportOptions = ReportOptions(),
    report_progress: Progress = lambda _: None,
) -> Path:
    """Write the page; where it is.

    Raises ModelNotFound, VersionNotFound, PlanNotFound, ExamplesInvalid, PathInvalid.
    """
    from argosy.web.report import page

    if output is not None:
        check_suffix(output, (".html", ".htm"))
    contents = gather(backends, target, options, report_progress)
    path = output or within(Path(), f"report-{contents.subject.reference.replace('@', '-')}.html")
    if options.texts:
        with private_text(path) as file:
            file.write(page(contents))
    else:
        path.write_text(page(contents), "utf-8")
    return ReportPath(path)


def gather(backends: Backends, target: str, options: ReportOptions, report_progress: Progress) -> Contents:
    """Everything that the page shows."""
    doubts = options.doubts
    if doubts is not None:
        check_suffix(doubts, FORMATS)
        if doubts.exists():
            raise ExamplesInvalid(f"{doubts} exists, and may hold corrections: import or move it, or name another file")
    version = subject_of(backends, target)
    trained = backends.store.trained(version.label)
    asked = {"curve": options.learning_curve, "quick": options.quick, "every_doubt": doubts is not None}
    found = analysed(backends, version, report_progress, **asked)
    if doubts is not None:
        write_doubts(backends, found, doubts)
    found = replace(found, doubts=found.doubts[:SHOWN])
    found = _with_texts(backends, found) if options.texts else found
    labels, matrix = trained.confusion.get("labels", []), trained.confusion.get("matrix", [])
    per_label = trained.confusion.get("per_label", [])
    subject, balance = _subject(backends, version, trained)
    return Contents(
        title=subject.reference,
        project=backends.settings.name,
        made_at=clock.now(),
        boards=_boards(backends, version.model),
        subject=subject,
        classes=set_figures(labels, per_label) if per_label else class_figures(labels, matrix) if labels else [],
        confusion_labels=[] if per_label else labels,
        confusion=matrix,
        balance=balance,
        calibration=found.calibration,
        curve=found.curve,
        logged=_logged(backends, version.label),
        mistakes=found.mistakes,
        mistakes_total=found.mistakes_total,
        doubts=found.doubts,
        doubts_total=found.doubts_total,
        doubted=found.doubted,
        promotions=_promotions(backends, version.model),
        live=found.live,
        notes=found.notes,
        has_texts=options.texts,
        numbers=found.numbers,
        services=[] if options.quick else values_of_model(backends, version.model),
    )


def analysed(backends: Backends, version: Version, report_progress: Progress, **asked: bool) -> Analysis:
    """What a child process finds out about the version's rows."""
    known = {"label": version.label, "model": version.model, "version": version.number, "since": version.created_at}
    request = {**known, "shown": SHOWN, **asked}
    return msgspec.convert(run_task(backends.root, "analyse", request, report_progress=report_progress), Analysis)


def doubt_columns(texts: bool) -> tuple[str, ...]:
    """Of `doubts_of`, in their order."""
    found = ("label", "suggested", "ahead_by", "part", "example_id")
    return ("text", *found, "seen_at") if texts else found


def doubts_of(backends: Backends, target: str, *, texts: bool = False, quick: bool = False) -> list[dict[str, Any]]:
    """Every label in doubt, the worst first; `texts` decrypts the inputs."""
    found = analysed(backends, subject_of(backends, target), lambda _: None, quick=quick, every_doubt=True)
    return [_doubt(backends, case, texts) for case in found.doubts]


def write_doubts(backends: Backends, found: Analysis, path: Path) -> None:
    """Every label in doubt, decrypted, for its owner's eyes: put right, they can be imported again."""
    examples = (backends.examples.show(case.example_id)[-1] for case in found.doubts)
    more: More = {
        "suggested": [case.suggested for case in found.doubts],
        "ahead_by": [case.confidence for case in found.doubts],
        "part": [case.part for case in found.doubts],
    }
    with private_text(path) as file:
        FORMATS[path.suffix.lower()](examples, file, more)


def _doubt(backends: Backends, case: Case, texts: bool) -> dict[str, Any]:
    row = {"label": case.label, "suggested": case.suggested, "ahead_by": case.confidence, "part": case.part}
    row["example_id"] = case.example_id
    if not texts:
        return row
    example = backends.examples.show(case.example_id)[-1]
    return {"text": example.input, **row, "seen_at": example.seen_at}


def subject_of(backends: Backends, target: str) -> Version:
    """The version meant, by a label too: of a plan or a model without one its champion, else its best."""
    if "@" in target:
        return resolve_version(backends.plans, target)
    model = ProjectPlans(backends).name(target)
    if model not in backends.store.models():
        return resolve_version(backends.plans, model)
    champions = [one for one in backends.store.versions(model) if "champion" in one.aliases]
    return champions[0] if champions else resolve_version(backends.plans, f"{model}@best")


def _with_texts(backends: Backends, found: Analysis) -> Analysis:
    def shown_of(cases: Sequence[Case]) -> list[Case]:
        shown = [backends.examples.show(case.example_id)[-1].input for case in cases]
        return [replace(case, text=as_text(item)) for case, item in zip(cases, shown, strict=True)]

    return replace(found, mistakes=shown_of(found.mistakes), doubts=shown_of(found.doubts))


def _boards(backends: Backends, model: str) -> list[Board]:
    """The model's versions on the leaderboard, a board for each dataset, in the leaderboard's order."""
    boards: dict[str, Board] = {}
    for row in ranked(backends.plans, backends.registries):
        mine = [reference for reference in row["versions"] if reference.partition("@")[0] == model]
        if mine:
            empty = Board(row["dataset"], [], row["baseline_label"], row["test_baseline"])
            board = boards.get(row["dataset"], empty)
            boards[board.dataset] = replace(board, competitors=[*board.competitors, _competitor(row, mine)])
    return list(boards.values())


def _competitor(row: dict[str, Any], versions: list[str]) -> Competitor:
    return Competitor(
        rank=row["rank"],
        tied=row["tied"],
        label=row["label"],
        versions=versions,
        aliases=row["aliases"],
        adapter=row["adapter"],
        model=row["model"],
        figures=_figures(row),
        fit_seconds=row["fit_seconds"],
        size_bytes=row["size_bytes"],
        predict_us=row["predict_us"],
        proposed=row.get("proposed", False),
        is_constant=row["is_constant"],
    )


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in row if f"{name}_low" in row and row[name] is not None]
    return {name: Interval(row[name], row[f"{name}_low"], row[f"{name}_high"]) for name in names}


def _subject(backends: Backends, version: Version, trained: Trained) -> tuple[Subject, dict[str, dict[str, int]]]:
    """The version's lineage, and the rows of its dataset by part and label."""
    with backends.database.read() as transaction:
        frozen = described_dataset(transaction, trained.dataset_digest)
    figures = {
        f"{part}_{name}": Interval(found["value"], found["low"], found["high"])
        for part, metrics in trained.metrics.items()
        for name, found in metrics.items()
    }
    registries = backends.registries
    subject = Subject(
        reference=version.reference,
        label=trained.label,
        aliases=version.aliases,
        adapter=describe_plugin(trained.definition["adapter"], registries.adapters),
        model=describe_plugin(trained.definition["model"], registries.models),
        dataset=trained.dataset_digest,
        cut=describe_plugin(trained.definition["dataset"], registries.datasets),
        collection=frozen.collection,
        trained_at=trained.trained_at,
        parent=trained.parent,
        figures=figures,
        fit_seconds=trained.fit_seconds,
        size_bytes=trained.size_bytes,
        predict_us=trained.predict_us,
        environment=trained.environment,
    )
    return subject, {} if is_of_numbers(trained) else {
        part.value: counted(by_label) for part, by_label in frozen.counts.items()
    }


def _logged(backends: Backends, label: str) -> Curves:
    with backends.database.read() as transaction:
        return kept_curves(transaction, label)


def _promotions(backends: Backends, model: str) -> list[ReportedMove]:
    return [
        ReportedMove(
            one.moved_at,
            one.alias,
            one.from_number,
            one.to_number,
            one.action,
            one.moved_by,
            one.reason,
            one.evidence,
        )
        for one in history(backends, model)
    ]
