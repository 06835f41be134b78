"""The handler of `train` jobs: from a leased row to a stored result and a version of every model that wants it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from argosy import clock
from argosy.backends import Backends
from argosy.database import Database, Transaction
from argosy.datasets.dataset import Dataset, load
from argosy.datasets.erasure import erasures, hold_erasures
from argosy.datasets.frozen import frozen_members
from argosy.datasets.provenance import learned_examples, live_examples
from argosy.definitions import Definition, Registries
from argosy.definitions.ensemble import member_labels
from argosy.errors import DefinitionInvalid, ErasedMeanwhile
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.job import Job
from argosy.jobs.member_checks import check_members, members_code, results_of
from argosy.jobs.queue import URGENT, Queue
from argosy.jobs.runner import Outcome
from argosy.jobs.submission import Plans, learns_from_all, models_of
from argosy.models.adapted_model import AdaptedModel, continued_estimator
from argosy.models.estimator import Estimator
from argosy.models.members import Members
from argosy.models.recording import Recording, recorded
from argosy.models.steps import watched
from argosy.plurals import plural
from argosy.store import held_out
from argosy.store.lineage import training_environment
from argosy.store.members import AFTER, learned_digests
from argosy.store.store import Store
from argosy.store.trained import PutArtifact, Trained
from argosy.telemetry import logger
from argosy.training import keeping
from argosy.training.cross_validation import cross_validate
from argosy.training.ensembles import loaded_members, make_ensemble_fit
from argosy.training.fit import Fit, make_fit
from argosy.training.held_out import answer_held_out
from argosy.training.pipeline import Measured, train
from argosy.training.share import reduced
from argosy.training.shared_fits import SharedFits
from argosy.types import Part
from argosy.vault import Vault

_log = logger("argosy.training")
SEED: Final = 0
"""Of what draws at random and has no seed among its options: the bootstrap."""


class Trainer:
    """Trains definitions, one at a time; plaintext examples live in it and nowhere else."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        store: Store,
        registries: Registries,
        fits: SharedFits,
        root: Path,
    ) -> None:
        self._database, self._vault, self._store, self._registries = database, vault, store, registries
        self._fits, self._root = fits, root
        self._dataset: tuple[tuple[str, int], Dataset] | None = None

    @classmethod
    def of(cls, backends: Backends, store: Store | None = None, fits: SharedFits | None = None) -> Self:
        """Into the project's store, with the fits that this machine's workers share, unless others are given."""
        fits = fits or SharedFits(backends.root)
        kept = store or backends.store
        return cls(backends.database, backends.vault, kept, backends.registries, fits, backends.root)

    def handle(self, job: Job, guard: LeaseGuard) -> Outcome:
        """Train a job's definition. The artifact is stored before the row that names it."""
        log = [f"{clock.format_time(clock.now())} {guard.lease.owner} begins, attempt {job.failures + 1}"]

        def listener(note: str) -> None:
            _log.info("%s: %s", job.label, note)
            log.append(f"{clock.format_time(clock.now())} {note}")

        with watched(guard.check, listener), tempfile.TemporaryDirectory(prefix="argosy-") as folder:
            return self._handle(job, guard, log, Path(folder))

    def _handle(self, job: Job, guard: LeaseGuard, log: list[str], folder: Path) -> Outcome:
        definition = Definition.from_dict(job.payload["definition"], self._registries)
        digest = job.payload["dataset_digest"]
        dataset, erased = self._load(digest)
        dataset = reduced(dataset, definition.share)
        earlier = earlier_model(definition, self._registries, self._store)
        self._check_members(definition, digest)
        recording = Recording(folder)
        with recorded(recording):
            fit = self._fit(definition, digest, dataset, earlier=earlier)
        guard.check()
        if dataset.missing:
            log.append(f"{plural(dataset.missing, 'row')} of the dataset erased since it was frozen")
        log.append(f"adapter {definition.adapter.name}: {fit.seconds:.2f} s")
        inputs = {part: rows.inputs for part, rows in dataset.parts.items()}
        estimator = self._estimator(definition)
        if earlier:
            estimator = continued_estimator(estimator, earlier, fit.classes)
        with recorded(recording):
            measured = train(estimator, fit, inputs, guard.check, SEED)
        log.append(f"model {definition.model.name}: {measured.fit_seconds - fit.seconds:.2f} s")
        if definition.evaluate:
            measured = self._validated(definition, digest, dataset, measured, guard)
            log.append(f"evaluated {definition.evaluate.to_dict()}")
        answers = self._held_out(job, definition, dataset, earlier, guard)
        if answers:
            log.append(f"{plural(len(answers), 'live row')} answered by fits without them")
        put = self._store.put_artifact(measured.model.save(folder / "model"))
        keepsake = keeping.put_kept_files(self._store, recording, job.payload["definition"], self._registries, folder)
        trained = self._trained(job, measured, put, log)

        def record(transaction: Transaction) -> None:
            self._record(transaction, job, trained, put, erased)
            keepsake.record(transaction, trained.label)
            held_out.keep_held_out(transaction, trained.label, answers)

        return Outcome({"artifact": put.digest}, record)

    def forget(self) -> None:
        """Release plaintext and fits: called when there is nothing to train."""
        self._dataset = None
        self._fits.release()

    def _load(self, digest: str) -> tuple[Dataset, int]:
        """The dataset, and the number of erasures that it knows of."""
        with self._database.read() as transaction:
            erased = erasures(transaction)
        if self._dataset is None or self._dataset[0] != (digest, erased):
            self.forget()  # what was erased must leave memory too
            self._dataset = ((digest, erased), load(self._database, self._vault, digest))
        return self._dataset[1], erased

    def _fit(
        self,
        definition: Definition,
        digest: str,
        dataset: Dataset,
        round_name: str = "",
        earlier: AdaptedModel | None = None,
    ) -> Fit:
        plugin = self._registries.adapters.get(definition.adapter.name)
        rows = f"{digest} {dataset.missing}{round_name}" + (f" share {definition.share!r}" if definition.share else "")
        if earlier:
            rows += f" after {definition.model.options[AFTER]}"
        kind = self._registries.models.get(definition.model.name).cls.label_kind()
        if kind != "single":
            rows += f" {kind}"
        results = results_of(definition, self._store.trained)
        learns = self._estimator(definition).learns
        if results:
            rows += f" {learns} {sorted(members_code(definition, self._store.trained, self._registries).items())}"
        key = fit_key(rows, definition.adapter.canonical(), plugin.code_digest)

        def make() -> Fit:
            started = time.perf_counter()
            adapter = earlier.adapter if earlier else plugin.create(definition.adapter.options)
            if isinstance(adapter, Members):
                pairs = loaded_members(results, self._store)
                fit = make_ensemble_fit(adapter, pairs, dataset, learns, is_round=bool(round_name))
            else:
                known = earlier.classes if earlier else None
                fit = make_fit(adapter, dataset, kind=kind, is_served=not round_name, known_classes=known)
            return fit.lasting(time.perf_counter() - started)

        return self._fits.get(key, make)

    def _check_members(self, definition: Definition, digest: str) -> None:
        if member_labels(definition.to_dict()):
            with self._database.read() as transaction:
                selected = frozen_members(transaction, digest)
                find = partial(self._store.result, transaction)
                check_members(transaction, definition, selected, find, self._registries)

    def _estimator(self, definition: Definition) -> Estimator:
        found: Estimator = self._registries.models.get(definition.model.name).create(definition.model.options)
        return found

    def _validated(
        self, definition: Definition, digest: str, dataset: Dataset, measured: Measured, guard: LeaseGuard
    ) -> Measured:
        """The pair stays the one trained on the training part; the figures of its validation come from all rounds."""
        evaluation = definition.evaluate
        if evaluation is None:
            return measured

        def fit_of(number: int, part: Dataset) -> Fit:
            return self._fit(definition, digest, part, f" {evaluation.to_dict()} {number}")

        found = cross_validate(evaluation, dataset, fit_of, lambda: self._estimator(definition), guard.check, SEED)
        metrics = {
            Part.VALIDATION.value: found.metrics,
            **{k: v for k, v in measured.metrics.items() if k != "validation"},
        }
        return replace(measured, metrics=metrics, rows_right=found.rows_right)

    def _held_out(
        self, job: Job, definition: Definition, dataset: Dataset, earlier: AdaptedModel | None, guard: LeaseGuard
    ) -> dict[bytes, str]:
        """Answers to live rows by fits that lack them, where the job asks for it; see training/held_out.py.

        What the earlier model has learned from, no fit that goes on from it lacks.
        """
        folds = int(job.payload.get("hold_out") or 0)
        if not folds:
            return {}
        with self._database.read() as transaction:
            live = live_examples(transaction, dataset.collection)
            if earlier:
                found = self._store.result(transaction, str(definition.model.options[AFTER]))
                digests = learned_digests(found, partial(self._store.result, transaction))
                live -= learned_examples(transaction, digests)
        plugin = self._registries.adapters.get(definition.adapter.name)

        def fit_of(rows: Dataset) -> Fit:
            adapter = earlier.adapter if earlier else plugin.create(definition.adapter.options)
            known = earlier.classes if earlier else None
            kind = self._estimator(definition).label_kind()
            return make_fit(adapter, rows, kind=kind, is_served=False, known_classes=known)

        def make(classes: Sequence[str]) -> Estimator:
            estimator = self._estimator(definition)
            return continued_estimator(estimator, earlier, classes) if earlier else estimator

        return answer_held_out(dataset, live, folds, fit_of, make, guard.check)

    def _trained(self, job: Job, measured: Measured, put: PutArtifact, log: list[str]) -> Trained:
        return Trained(
            label=job.label,
            definition=job.payload["definition"],
            dataset_digest=job.payload["dataset_digest"],
            artifact=put.digest,
            size_bytes=put.size_bytes,
            metrics=measured.metrics,
            confusion=measured.confusion,
            fit_seconds=measured.fit_seconds,
            predict_us=measured.predict_us,
            form=measured.form,
            environment=training_environment(self._root, job.requires, SEED),
            parent=job.payload.get("parent"),
            log="\n".join(log),
            rows_right=measured.rows_right,
        )

    def _record(self, transaction: Transaction, job: Job, trained: Trained, put: PutArtifact, erased: int) -> None:
        if hold_erasures(transaction) != erased:
            raise ErasedMeanwhile("examples were erased while it trained")
        self._store.record(transaction, trained, put)
        for model in models_of(transaction, job.label) if learns_from_all(trained.definition) else ():
            self._store.add_version(transaction, model, job.label)
        Plans(Queue(self._database), self._store).stop_where_enough(transaction, job.label)
        follow_up: Mapping[str, Any] | None = job.payload.get("then")
        if follow_up:
            kind, label, payload = follow_up["kind"], follow_up["label"], follow_up["payload"]
            requires = dict.fromkeys(job.requires, "")
            Queue(self._database).submit(transaction, kind, label, payload, requires, URGENT)


def earlier_model(definition: Definition, registries: Registries, store: Store) -> AdaptedModel | None:
    """The version that a definition continues, if its model can; raises VersionNotFound, DefinitionInvalid."""
    label = definition.model.options.get(AFTER)
    if not label or not registries.models.get(definition.model.name).cls.goes_on:
        return None
    trained = store.trained(label)
    if trained.definition["adapter"] != definition.adapter.to_dict():
        raise DefinitionInvalid(f"'{label}' has another adapter: its features are not these", f"model.options.{AFTER}")
    if definition.evaluate:
        raise DefinitionInvalid("an earlier version has learned from rows of every fold", "evaluate")
    return AdaptedModel.load(store.artifacts.fetch(trained.artifact))


def fit_key(digest: str, adapter: str, code_digest: str) -> str:
    """The name of a shared fit: the same data, adapter, options and code."""
    import hashlib

    return hashlib.sha256("\n".join((digest, adapter, code_digest)).encode()).hexdigest()
