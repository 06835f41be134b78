"""Gathering a lineage from what each package recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from argosy.backends import Backends
from argosy.database import Transaction
from argosy.datasets.frozen import collections_of, describe_frozen, frozen_cut
from argosy.datasets.imports import imports_among
from argosy.datasets.provenance import RowsAdded, examples_of_prediction, rows_added
from argosy.definitions.ensemble import member_labels
from argosy.errors import JobNotFound, VersionNotFound
from argosy.feedback.history import history
from argosy.feedback.retraining import RETRAIN
from argosy.jobs.job import JobState
from argosy.jobs.selection import resolve_version, trained_of
from argosy.lineage.lineage import (
    Ancestor,
    Answered,
    ImportedRows,
    LearnedRows,
    Lineage,
    LineagePrediction,
    LineageVersion,
    TrainingRun,
)
from argosy.predictions.answered import answers_by_day, feedback_said
from argosy.predictions.ids import ID_CHARACTERS
from argosy.steps.origins import step_origins
from argosy.store.decided import decision_history
from argosy.store.members import AFTER
from argosy.store.trained import Move, Trained, Version


def lineage(backends: Backends, reference: str) -> Lineage:
    """The lineage of a version, an alias, a label or a prediction's id.

    Raises VersionNotFound, ModelNotFound, PredictionNotFound.
    """
    if is_prediction_id(reference):
        return _of_prediction(backends, reference)
    backends.prediction_log.drain()
    trained = trained_of(backends.plans, reference)
    if reference == trained.label:
        return _lineage(backends, reference, trained, backends.store.versions_of(trained.label))
    version = resolve_version(backends.plans, reference)
    return _lineage(backends, version.reference, trained, [version])


def is_prediction_id(reference: str) -> bool:
    """Whether it looks like one; a name of a model may, but has hardly ever 44 digits of hexadecimal."""
    given = reference.strip().lower()
    return len(given) == ID_CHARACTERS and all(one in "0123456789abcdef" for one in given)


def _of_prediction(backends: Backends, prediction_id: str) -> Lineage:
    row = backends.prediction_log.sealed(prediction_id)
    version = backends.store.stored_version(f"{row.model}@{row.version}")
    found = _lineage(backends, version.reference, backends.store.trained(version.label), [version])
    said = [
        {"kind": one.kind, "label": one.label, "source": one.source, "given_at": one.given_at, "token": one.token}
        for one in backends.feedback_log.of(row.id)
    ]
    with backends.database.read() as transaction:
        examples = examples_of_prediction(transaction, found.rows.collection, row.id)
    revision = max((one.revision for one in found.decisions if one.decided_at <= row.made_at), default=0)
    prediction = LineagePrediction(
        row.id, version.reference, row.made_at, row.answer, row.confidence, row.token, said, examples, revision
    )
    return replace(found, reference=row.id, prediction=prediction)


def _lineage(backends: Backends, reference: str, trained: Trained, versions: list[Version]) -> Lineage:
    days = {model: answers_by_day(backends.database, model) for model in {one.model for one in versions}}
    with backends.database.read() as transaction:
        rows = _rows(transaction, trained)
        answered = [_answered(transaction, one, days[one.model].get(one.number, {})) for one in versions]
        decisions = [line for one in versions for line in decision_history(transaction, one.model, one.number)]
        steps = step_origins(transaction, {one.digest for one in rows.imports if one.digest})
    return Lineage(
        reference=reference,
        label=trained.label,
        versions=[LineageVersion(one.reference, one.created_at, one.aliases, one.mark) for one in versions],
        definition=trained.definition,
        rows=rows,
        plugins=trained.environment.get("plugins", {}),
        argosy=trained.environment.get("packages", {}).get("argosy"),
        environment=trained.environment,
        training=_training(backends, trained),
        artifact=trained.artifact,
        ancestors=list(_ancestors(backends, trained)),
        moves=sorted(_moves(backends, versions), key=lambda move: move.moved_at),
        answered=answered,
        steps=steps,
        decisions=sorted(decisions, key=lambda one: one.decided_at),
    )


def _rows(transaction: Transaction, trained: Trained) -> LearnedRows:
    digest = trained.dataset_digest
    if not collections_of(transaction, [digest]):
        cut = trained.definition["dataset"]
        return LearnedRows(digest, str(cut["options"].get("collection", "")), cut, None, {}, 0, [])
    frozen, (cut, frozen_at) = describe_frozen(transaction, digest), frozen_cut(transaction, digest)
    added, erased = rows_added(transaction, digest)
    known = {one.id: one for one in imports_among(transaction, [row.import_id for row in added if row.import_id])}

    def imported(row: RowsAdded) -> ImportedRows:
        one = known.get(row.import_id or 0)
        if one is None:
            return ImportedRows(", ".join(sorted(row.sources)), row.added_at, row.parts, row.live)
        return ImportedRows(
            one.name,
            one.imported_at,
            row.parts,
            row.live,
            one.kind,
            one.digest or None,
            one.imported_by,
            one.rows_read,
            one.trigger_of or None,
        )

    counts = {part: sum(by_label.values()) for part, by_label in frozen.counts.items()}
    return LearnedRows(digest, frozen.collection, cut, frozen_at, counts, erased, [imported(row) for row in added])


def _training(backends: Backends, trained: Trained) -> TrainingRun:
    run = TrainingRun(trained.trained_at, trained.fit_seconds)
    with suppress(JobNotFound):  # of a model trained elsewhere
        job = backends.queue.get(trained.label)
        run = replace(run, worker=job.owner, started_at=job.started_at)
    for job in backends.queue.jobs(RETRAIN, JobState.DONE) if trained.parent else ():
        if (job.result or {}).get("challenger") == trained.label:
            asked = job.payload.get("requested_by") or None, job.payload.get("reason") or None
            run = replace(run, asked_by=asked[0], asked_because=asked[1])
    return run


def _ancestors(backends: Backends, trained: Trained) -> Iterator[Ancestor]:
    named = [("parent", trained.parent), ("after", trained.definition["model"]["options"].get(AFTER))]
    named += [("member", label) for label in member_labels(trained.definition)]
    for how, label in named:
        if label:
            digest = None
            with suppress(VersionNotFound):
                digest = backends.store.trained(label).dataset_digest
            versions = [one.reference for one in backends.store.versions_of(label)]
            yield Ancestor(how, label, versions, digest)


def _moves(backends: Backends, versions: list[Version]) -> Iterator[Move]:
    for version in versions:
        for move in history(backends, version.model):
            if version.number in (move.from_number, move.to_number):
                yield move


def _answered(transaction: Transaction, version: Version, days: Mapping[str, int]) -> Answered:
    said = feedback_said(transaction, version.model, version.number)
    return Answered(
        version.reference,
        days,
        {kind: one.count for kind, one in said.items()},
        sum(one.disagreed for one in said.values()),
    )
