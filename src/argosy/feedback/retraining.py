"""The job `retrain`: from the champion and what is new to a challenger in training, with the gate to follow.

It may be run again after a crash: deriving and freezing bear repetition, and what it submits goes by labels.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from argosy.clock import format_time, parse_time
from argosy.database import Database, Transaction
from argosy.datasets.cuts import FROZEN
from argosy.datasets.frozen import Frozen, collections_of, freeze, frozen_members
from argosy.datasets.label_kinds import check_labels
from argosy.datasets.split import TRAIN
from argosy.definitions import Definition, Registries, Spec, code_digests, label
from argosy.definitions.ensemble import member_labels
from argosy.errors import DecisionOvertaken, DefinitionInvalid, JobNotFound, NothingNew
from argosy.evaluation.gate import Policy
from argosy.feedback.corrections import Corrections
from argosy.feedback.gating import GateRequest, gate_job
from argosy.feedback.triggers import BY_DRIFT
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.job import Job
from argosy.jobs.runner import Outcome
from argosy.jobs.submission import PlannedDefinition, Plans
from argosy.store.aliases import CHAMPION
from argosy.store.members import AFTER
from argosy.store.trained import Trained

RETRAIN: Final = "retrain"
IMPORTED: Final = ("imported", "imported_tensors", "remote", "remote_tensors", "translated")
"""The adapter of models that were trained elsewhere."""


class RetrainRequest(msgspec.Struct, frozen=True):
    """The payload of a `retrain` job; `at` is the moment that the dataset's end is moved to."""

    model: str
    at: float
    requested_by: str = ""
    reason: str = ""
    trigger: str = ""
    """What asked by itself: `corrections`, `schedule`, `drift`."""
    review_since: float = 0.0
    """For drift, when the answers that shifted began."""
    last_feedback: int = 0
    """The number of the newest feedback there was: the next retraining is about what came after it."""


class Retraining:
    """The handler of `retrain` jobs. Needs the keys of both the predictions and the examples."""

    def __init__(
        self, database: Database, plans: Plans, registries: Registries, corrections: Corrections, policy: Policy
    ) -> None:
        self._database, self._plans, self._store = database, plans, plans.store
        self._registries, self._corrections, self._policy = registries, corrections, policy

    def __call__(self, job: Job, guard: LeaseGuard) -> Outcome:
        request = msgspec.convert(job.payload, RetrainRequest)
        champion = self._store.stored_version(f"{request.model}@{CHAMPION}")
        trained = self._store.trained(champion.label)
        definition = Definition.from_dict(trained.definition, self._registries)
        found: dict[str, Any] = {"model": request.model, "champion": champion.number}
        if why := why_not_retrainable(trained):
            return Outcome({**found, "refused": f"{champion.reference} {why}"})
        found["feedback"] = self._derive(request.model, definition)
        guard.check()
        challenger = continued_definition(
            definition.with_dataset(moved_to(definition.dataset, request.at)), champion.label
        )
        try:
            frozen, fresh = self._freeze(challenger, request.model, trained)
            wanted = self._wanted(challenger, frozen)
            self._check_idle(request.model, wanted)
        except NothingNew as nothing:
            return Outcome({**found, "refused": nothing_new_reason(str(nothing), request)})
        except DefinitionInvalid as problem:
            return Outcome({**found, "refused": str(problem)})
        gate = gate_job(GateRequest(request.model, wanted.label, champion.number))
        found |= {"challenger": wanted.label, "gate": gate["label"], "new_training_rows": fresh}

        folds = hold_out(trained.fit_seconds, self._policy)

        def submit(transaction: Transaction) -> None:
            if not self._plans.add(transaction, request.model, wanted, champion.label, gate, folds):
                raise DecisionOvertaken(f"{wanted.label} was submitted by somebody else meanwhile")

        return Outcome(found, submit)

    def _derive(self, model: str, definition: Definition) -> dict[str, Any]:
        dataset = definition.dataset
        are_numbers = self._registries.models.get(definition.model.name).cls.answers_numbers
        collection, by_split = dataset.options["collection"], dataset.name == "given_split"
        return self._corrections.derive(model, collection, by_split, are_numbers).to_dict()

    def _freeze(self, challenger: Definition, model: str, champion: Trained) -> tuple[Frozen, int]:
        """The challenger's dataset and its number of rows new to the champion; on NothingNew nothing is kept."""
        tried = [(version.number, self._store.trained(version.label)) for version in self._store.versions(model)]
        with self._database.write() as transaction:
            frozen = freeze(transaction, challenger.dataset, transaction.now())
            check_labels(challenger.model, self._registries.models, frozen.collection, frozen.counts)
            fresh = np.setdiff1d(_training(transaction, frozen.digest), _training(transaction, champion.dataset_digest))
            if not len(fresh):
                raise NothingNew(f"{model}: the training part has no example that the champion has not trained on")
            for number, trained in tried:
                if is_same_training(trained, challenger, frozen.digest):
                    raise NothingNew(f"{model}: version {number} was trained on exactly these rows already")
        return frozen, len(fresh)

    def _wanted(self, challenger: Definition, frozen: Frozen) -> PlannedDefinition:
        digests = code_digests(challenger, self._registries)
        return PlannedDefinition(
            label(challenger, frozen.digest, digests), challenger.to_dict(), frozen.digest, digests
        )

    def _check_idle(self, model: str, wanted: PlannedDefinition) -> None:
        """Raise NothingNew where that very definition is being trained for a plan: it will be a version without us."""
        try:
            job = self._plans.queue.get(wanted.label)
        except JobNotFound:
            return
        if not job.state.is_final:
            raise NothingNew(f"{model}: {wanted.label} is being trained already: retrain when it is done")


def hold_out(fit_seconds: float, policy: Policy) -> int:
    """How many fits answer the live rows: all folds where these are cheap, else one, which answers half of them."""
    return policy.folds if fit_seconds * policy.folds <= policy.fold_seconds else 1


def nothing_new_reason(nothing: str, request: RetrainRequest) -> str:
    """Why nothing is trained, and after drift what would help: labels of what shifted."""
    if request.trigger != BY_DRIFT:
        return nothing
    since = format_time(request.review_since)[:19] + "Z"
    review = f"argosy feedback review {request.model} --since {since} --output review.csv"
    return f"{request.reason}, but nothing new to learn from: review these rows: {review}"


def why_not_retrainable(trained: Trained) -> str:
    """Why there is no definition that could be trained again on newer rows; empty where there is."""
    if member_labels(trained.definition):
        return "is an ensemble: retrain the models of its members, then submit its plan with their new versions"
    if trained.definition["adapter"]["name"] in IMPORTED:
        return "was imported: there is no definition to train; train a plan of the same name and have it challenge"
    if trained.definition["dataset"]["name"] == FROZEN:
        return "was trained on a frozen dataset, which gets no newer rows: train a plan of the same name on another one"
    return ""


def moved_to(dataset: Spec, at: float) -> Spec:
    """The dataset with its end moved on to `at`; one without an end, or with a later one, stays as it is."""
    end = dataset.options.get("end")
    return dataset.with_options(end=at) if end is not None and parse_time(end) < at else dataset


def continued_definition(definition: Definition, champion: str) -> Definition:
    """The definition, after the champion where its model has the option `update` and that is set.

    It is then measured on the dataset's own part: the champion has learned from rows of every fold.
    """
    if not definition.model.options.get("update") or AFTER not in definition.model.options:
        return definition
    return Definition(definition.dataset, definition.adapter, definition.model.with_options(**{AFTER: champion}))


def is_same_training(trained: Trained, challenger: Definition, dataset_digest: str) -> bool:
    """Whether that result came from the same adapter and model on the same rows; when the cut ended does not matter."""
    sides = (trained.definition, challenger.to_dict())
    mine, theirs = ({part: spec for part, spec in side.items() if part != "dataset"} for side in sides)
    return trained.dataset_digest == dataset_digest and mine == theirs


def _training(transaction: Transaction, digest: str) -> NDArray[np.int64]:
    """The revisions in a frozen dataset's training part; none of another project's."""
    if not collections_of(transaction, [digest]):
        return np.zeros(0, np.int64)
    revision_ids, parts = frozen_members(transaction, digest)
    training: NDArray[np.int64] = revision_ids[parts == TRAIN]
    return training
