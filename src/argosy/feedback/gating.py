"""The job `gate`: champion and challenger answer the same rows, and the better one serves.

The verdict, and the promotion where there is one, are written in one transaction, in which the champion must still be
the one that was compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import msgspec
import numpy as np

from argosy.database import Database, Transaction
from argosy.datasets.dataset import load_rows
from argosy.datasets.frozen import find
from argosy.datasets.membership import decode
from argosy.datasets.split import TEST
from argosy.errors import DecisionOvertaken
from argosy.feedback.evidence import Candidate, select
from argosy.feedback.gate import Correct, Policy, Verdict, judge, refused
from argosy.feedback.triggers import is_cooling
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.job import Job
from argosy.jobs.runner import Outcome
from argosy.label_sets import agrees
from argosy.models.adapted_model import AdaptedModel
from argosy.models.inputs import NO_LIMIT
from argosy.store.aliases import CHAMPION, current
from argosy.store.members import learned_digests
from argosy.store.store import Store
from argosy.store.trained import Trained
from argosy.types import Input
from argosy.vault import Vault

GATE: Final = "gate"
BY: Final = "gate"

PROVENANCE = "SELECT revision_id, example_id, source, origin FROM examples WHERE collection = :collection"
UNIFORM = "SELECT DISTINCT prediction_id FROM feedback WHERE is_uniform = 1"


class GateRequest(msgspec.Struct, frozen=True):
    """The payload of a `gate` job: the challenger's label, and the number that was champion when it was asked for."""

    model: str
    challenger: str
    champion: int


@dataclass(frozen=True)
class EvidenceRows:
    """The evidence, decrypted, and what was left out of it."""

    inputs: list[Input]
    labels: list[str]
    left_out: str


def gate_job(request: GateRequest) -> dict[str, Any]:
    """The job as {kind, label, payload}: one for a challenger and the champion that it is to beat."""
    label = f"{GATE}-{request.model}-{request.challenger}-over-{request.champion}"
    return {"kind": GATE, "label": label, "payload": msgspec.to_builtins(request)}


class Gating:
    """The handler of `gate` jobs. Needs the examples' key."""

    def __init__(self, database: Database, vault: Vault, store: Store, policy: Policy) -> None:
        self._database, self._vault, self._store, self._policy = database, vault, store, policy

    def __call__(self, job: Job, guard: LeaseGuard) -> Outcome:
        request = msgspec.convert(job.payload, GateRequest)
        challenger = self._store.trained(request.challenger)
        with self._database.write() as transaction:
            number = self._store.add_version(transaction, request.model, request.challenger)
        champion = self._store.resolve(f"{request.model}@{CHAMPION}")
        left_out = ""
        if champion.number != request.champion:
            verdict = refused(_moved(request.champion, champion.number), self._policy)
        elif champion.number == number:
            verdict = refused(f"version {number} is the champion already", self._policy)
        elif mark := self._store.resolve(f"{request.model}@{number}").mark:
            verdict = refused(f"version {number} is marked: {mark}", self._policy)
        else:
            verdict, left_out = self._compare(self._store.trained(champion.label), challenger, guard)
            verdict = self._cooled(request.model, verdict)
        result = {
            "model": request.model,
            "champion": champion.number,
            "challenger": number,
            "label": request.challenger,
            "promoted": verdict.promote,
            "left_out": left_out,
            "verdict": verdict.to_dict(),
        }
        if not verdict.promote:
            return Outcome(result)
        return Outcome(result, lambda transaction: self._promote(transaction, request, number, verdict))

    def _compare(self, champion: Trained, challenger: Trained, guard: LeaseGuard) -> tuple[Verdict, str]:
        rows = self._evidence(champion, challenger)
        guard.check()
        champion_correct = self._correct(champion, rows)
        guard.check()
        challenger_correct = self._correct(challenger, rows)
        policy = self._policy
        verdict = judge(champion_correct, challenger_correct, policy.confidence, policy.minimum_rows, policy.resamples)
        return verdict, rows.left_out

    def _evidence(self, champion: Trained, challenger: Trained) -> EvidenceRows:
        with self._database.read() as transaction:
            find_result = partial(self._store.result, transaction)
            digests = [one for side in (champion, challenger) for one in learned_digests(side, find_result)]
            collection, learned, tested = _sides(transaction, digests, challenger.dataset_digest)
            learned_from: set[bytes] = set()
            candidates: dict[int, Candidate] = {}
            for revision_id, example_id, source, origin in transaction.stream(PROVENANCE, {"collection": collection}):
                if revision_id in learned:
                    learned_from.add(example_id)
                if revision_id in tested:
                    prediction_id = None if origin is None else bytes(origin).decode()
                    candidates[revision_id] = Candidate(example_id, source, prediction_id)
            uniform = {row[0] for row in transaction.execute(UNIFORM)}
        revision_ids = sorted(candidates)
        selection = select([candidates[one] for one in revision_ids], learned_from, uniform, self._policy.evidence)
        chosen = np.array(revision_ids, dtype=np.int64)[selection.mask]
        rows = load_rows(self._database, self._vault, collection, chosen)
        return EvidenceRows(rows.inputs, rows.labels, selection.describe())

    def _correct(self, trained: Trained, rows: EvidenceRows) -> Correct:
        """Of each row, whether that model is right."""
        if not rows.inputs:
            return np.zeros(0, dtype=bool)
        model = AdaptedModel.load(self._store.artifacts.fetch(trained.artifact))
        answers = model.classify(rows.inputs, NO_LIMIT)
        return np.array(list(map(agrees, answers, rows.labels)), dtype=bool)

    def _cooled(self, model: str, verdict: Verdict) -> Verdict:
        """The verdict, without the promotion where a rollback is too recent."""
        with self._database.read() as transaction:
            now = transaction.now()
        rollbacks = [move.moved_at for move in self._store.history(model, CHAMPION) if move.action == "rollback"]
        if not verdict.promote or not is_cooling(max(rollbacks, default=None), now, self._policy.cooldown_seconds):
            return verdict
        reason = f"within {self._policy.cooldown_seconds:.0f} s of a rollback nothing is promoted ({verdict.reason})"
        return replace(verdict, promote=False, reason=reason)

    def _promote(self, transaction: Transaction, request: GateRequest, number: int, verdict: Verdict) -> None:
        champion = current(transaction, request.model, CHAMPION)
        if champion != request.champion:
            raise DecisionOvertaken(_moved(request.champion, champion))
        self._store.promote(
            transaction, request.model, number, by=BY, reason=verdict.reason, evidence=verdict.to_dict()
        )


def _sides(transaction: Transaction, digests: Sequence[str], challenger: str) -> tuple[str, set[int], set[int]]:
    """The collection, the revisions that either side learned from, and those of the challenger's test part."""
    learned: set[int] = set()
    for digest in digests:
        revision_ids, parts = decode(find(transaction, digest)[1])
        learned.update(revision_ids[parts != TEST].tolist())
    collection, data = find(transaction, challenger)
    revision_ids, parts = decode(data)
    return collection, learned, set(revision_ids[parts == TEST].tolist())


def _moved(before: int, now: int | None) -> str:
    return f"the champion is version {now} now, not {before}, which the challenger was to beat: retrain to compare anew"
