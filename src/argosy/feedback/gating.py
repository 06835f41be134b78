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
from argosy.datasets.dataset import Rows, load_revisions
from argosy.datasets.frozen import frozen_content, frozen_members
from argosy.datasets.provenance import collection_rows, learned_examples
from argosy.datasets.split import TEST
from argosy.errors import DecisionOvertaken
from argosy.evaluation.decision import PairedAnswers, judge_challenger
from argosy.evaluation.evidence import Candidate, Side, select
from argosy.evaluation.gate import Answered, Correct, Policy, Verdict, refusal_verdict
from argosy.evaluation.suspicion import as_right, held_message, rows_without, suspicions
from argosy.feedback.triggers import is_cooling
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.job import Job, JobState
from argosy.jobs.queue import Queue
from argosy.jobs.runner import Outcome
from argosy.label_sets import agrees
from argosy.models.adapted_model import AdaptedModel
from argosy.models.inputs import NO_LIMIT
from argosy.models.number_evaluation import absolute_errors
from argosy.predictions.measures import Measure, measures
from argosy.statistics.weighted_pairs import Weights
from argosy.store import held_out
from argosy.store.aliases import CHAMPION, hold_model, number_at
from argosy.store.members import learned_digests
from argosy.store.ranking import is_of_numbers
from argosy.store.store import Store
from argosy.store.trained import Trained, Version, learned_nothing
from argosy.vault import Vault

GATE: Final = "gate"
BY: Final = "gate"


class GateRequest(msgspec.Struct, frozen=True):
    """The payload of a `gate` job: the challenger's label, and the number that was champion when it was asked for."""

    model: str
    challenger: str
    champion: int


@dataclass(frozen=True)
class EvidenceRows:
    """The evidence, decrypted: of each row whether it is live, what it weighs and who judged it; what was left out."""

    rows: Rows
    is_live: Correct
    weights: Weights
    givers: list[Measure | None]
    left_out: str


def gate_job(request: GateRequest, feedback: int = 0) -> dict[str, Any]:
    """The job as {kind, label, payload}: one for a challenger and the champion that it is to beat.

    With `feedback`, the number of the newest, one for each time that there is more of it.
    """
    label = f"{GATE}-{request.model}-{request.challenger}-over-{request.champion}"
    label += f"-at-{feedback}" if feedback else ""
    return {"kind": GATE, "label": label, "payload": msgspec.to_builtins(request)}


class Gating:
    """The handler of `gate` jobs. Needs the examples' key."""

    def __init__(self, database: Database, vault: Vault, store: Store, policy: Policy) -> None:
        self._database, self._vault, self._store, self._policy = database, vault, store, policy

    def __call__(self, job: Job, guard: LeaseGuard) -> Outcome:
        request = msgspec.convert(job.payload, GateRequest)
        self._store.trained(request.challenger)
        with self._database.write() as transaction:
            number = self._store.add_version(transaction, request.model, request.challenger)
        champion = self._store.stored_version(f"{request.model}@{CHAMPION}")
        left_out = ""
        if champion.number != request.champion:
            verdict = refusal_verdict(_moved(request.champion, champion.number), self._policy)
        elif champion.number == number:
            verdict = refusal_verdict(f"version {number} is the champion already", self._policy)
        elif (challenger := self._store.stored_version(f"{request.model}@{number}")).mark:
            verdict = refusal_verdict(f"version {number} is marked: {challenger.mark}", self._policy)
        else:
            verdict, left_out = self._compare(champion, challenger, guard)
            verdict = self._cooled(request.model, verdict)
            verdict = with_nothing_learned(verdict, self._store.trained(request.challenger))
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

    def _compare(self, champion: Version, challenger: Version, guard: LeaseGuard) -> tuple[Verdict, str]:
        trained = [self._store.trained(version.label) for version in (champion, challenger)]
        if is_of_numbers(trained[0]) != is_of_numbers(trained[1]):
            return refusal_verdict("one of the two answers numbers and the other classes", self._policy), ""
        sides = [self._side(one) for one in trained]
        evidence = self._evidence(champion.model, trained[1].dataset_digest, sides)
        correct = []
        for one, side in zip(trained, sides, strict=True):
            guard.check()
            correct.append(self._answered(one, side, evidence.rows))
        answered = PairedAnswers(correct[0], correct[1], evidence.weights)
        tests = self._tests(champion)
        verdict = self._decide(answered, evidence.is_live, tests)
        if not verdict.promote:
            return verdict, evidence.left_out
        live, test = (answered.among(mask).champion for mask in (evidence.is_live, ~evidence.is_live))
        givers = [giver for giver, mask in zip(evidence.givers, evidence.is_live, strict=True) if mask]
        right = as_right(live, test), as_right(test, test)
        for suspicion in suspicions(givers, *right):
            others = rows_without(suspicion.token, evidence.givers)
            if not self._decide(answered.among(others), evidence.is_live[others], tests).promote:
                reason = f"{held_message(suspicion, challenger.reference)} ({verdict.reason})"
                return replace(verdict, promote=False, held=True, reason=reason), evidence.left_out
        return verdict, evidence.left_out

    def _decide(self, answered: PairedAnswers, is_live: Correct, tests: int) -> Verdict:
        return judge_challenger(answered.among(is_live), answered.among(~is_live), tests, self._policy)

    def _side(self, trained: Trained) -> Side:
        with self._database.read() as transaction:
            digests = learned_digests(trained, partial(self._store.result, transaction))
            return Side(learned_examples(transaction, digests), held_out.held_out_answers(transaction, trained.label))

    def _evidence(self, model: str, digest: str, sides: Sequence[Side]) -> EvidenceRows:
        """The rows of the challenger's dataset that count."""
        with self._database.read() as transaction:
            collection = frozen_content(transaction, digest)[0]
            revision_ids, parts = frozen_members(transaction, digest)
            part_of = dict(zip(revision_ids.tolist(), parts.tolist(), strict=True))
            found = {
                row.revision_id: Candidate(row.example_id, row.origin, part_of[row.revision_id] == TEST)
                for row in collection_rows(transaction, collection)
                if row.revision_id in part_of
            }
            measuring = measures(transaction, model)
        ids = np.array(sorted(found), np.int64)
        candidates = [found[one] for one in ids.tolist()]
        selection = select(candidates, sides, measuring, self._policy)
        rows = load_revisions(self._database, self._vault, collection, ids[selection.live | selection.test])
        there = np.isin(ids, rows.revision_ids)
        weights = np.ones(len(ids))
        weights[selection.live] = selection.weights
        givers = [measuring.get(one.origin or "") for one, counts in zip(candidates, there, strict=True) if counts]
        return EvidenceRows(rows, selection.live[there], weights[there], givers, selection.describe())

    def _answered(self, trained: Trained, side: Side, rows: Rows) -> Answered:
        """Of each row, whether that model is right, or how far its number is from the label.

        By a fit that lacked the row, where it has learned from it.
        """
        answers = [side.held_out.get(one, "") if one in side.learned_from else None for one in rows.example_ids]
        asked = [place for place, answer in enumerate(answers) if answer is None]
        if asked:
            model = AdaptedModel.load(self._store.artifacts.fetch(trained.artifact))
            found = model.classify([rows.inputs[place] for place in asked], NO_LIMIT)
            for place, answer in zip(asked, found, strict=True):
                answers[place] = answer
        if is_of_numbers(trained):
            return absolute_errors([answer or "" for answer in answers], rows.labels)
        return np.array([agrees(answer or "", label) for answer, label in zip(answers, rows.labels, strict=True)], bool)

    def _tests(self, champion: Version) -> int:
        """How many interim tests on live rows this champion has been through."""
        done = Queue(self._database).jobs(GATE, JobState.DONE)
        mine = (job.result for job in done if job.result and job.result.get("model") == champion.model)
        return sum(
            one["champion"] == champion.number and Verdict.from_dict(one["verdict"]).interim_test > 0 for one in mine
        )

    def _cooled(self, model: str, verdict: Verdict) -> Verdict:
        """The verdict, without the promotion where a rollback is too recent."""
        with self._database.read() as transaction:
            now = transaction.now()
        rollbacks = [move.moved_at for move in self._store.history(model, CHAMPION) if move.action == "rollback"]
        if not verdict.promote or not is_cooling(max(rollbacks, default=None), now, self._policy.cooldown_seconds):
            return verdict
        reason = f"held back for {self._policy.cooldown_seconds:.0f} s after a rollback ({verdict.reason})"
        return replace(verdict, promote=False, reason=reason)

    def _promote(self, transaction: Transaction, request: GateRequest, number: int, verdict: Verdict) -> None:
        hold_model(transaction, request.model)
        champion = number_at(transaction, request.model, CHAMPION)
        if champion != request.champion:
            raise DecisionOvertaken(_moved(request.champion, champion))
        self._store.promote(
            transaction, request.model, number, by=BY, reason=verdict.reason, evidence=verdict.to_dict()
        )


def with_nothing_learned(verdict: Verdict, challenger: Trained) -> Verdict:
    """The verdict, whose reason says so where the challenger has learned nothing."""
    nothing = learned_nothing(challenger)
    return replace(verdict, reason=f"{verdict.reason}; the challenger {nothing}") if nothing else verdict


def _moved(before: int, now: int | None) -> str:
    return f"the champion is version {now} now, not {before}, which the challenger was to beat: retrain to compare anew"
