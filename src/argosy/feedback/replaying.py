"""The job `replay`: the champion's live answers against the version before it, on the same inputs.

Where the version before is significantly better the alias goes back to it, with the comparison as evidence, in the
transaction that ends the job; champion and version before must then still be the ones that were compared. A rollback
starts the cool-down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
import numpy as np

from argosy.database import Database, Transaction
from argosy.errors import DecisionOvertaken, InputInvalid
from argosy.evaluation.evidence import weights_of
from argosy.evaluation.gate import Answered, Policy, Verdict, judge, refusal_verdict
from argosy.evaluation.suspicion import as_right, rows_without, suspicions
from argosy.feedback.labels import ConflictRule
from argosy.feedback.replay import InterimTest, Row, first_rows, interim_test, numeric_rows, too_few
from argosy.feedback.replay_rows import ChampionPeriod, champion_period, fresh_rows
from argosy.feedback.triggers import is_cooling
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.job import Job
from argosy.jobs.runner import Outcome
from argosy.models.adapted_model import AdaptedModel
from argosy.models.inputs import NO_LIMIT
from argosy.models.number_evaluation import absolute_errors
from argosy.predictions.log import PredictionLog
from argosy.predictions.measures import Measure
from argosy.store.aliases import CHAMPION, ROLLBACK, hold_model
from argosy.store.ranking import is_of_numbers
from argosy.store.store import Store
from argosy.types import Input

REPLAY: Final = "replay"
BY: Final = "replay"
_PAGE: Final = 500


class ReplayRequest(msgspec.Struct, frozen=True):
    """The payload of a `replay` job: who was champion when it was asked for, since when, and whom it succeeded."""

    model: str
    champion: int
    previous: int
    since: float
    requested_by: str = ""
    reason: str = ""


class Replaying:
    """The handler of `replay` jobs. Needs the predictions' key."""

    def __init__(
        self, database: Database, log: PredictionLog, store: Store, rule: ConflictRule, policy: Policy
    ) -> None:
        self._database, self._log, self._store = database, log, store
        self._rule, self._policy = rule, policy

    def __call__(self, job: Job, guard: LeaseGuard) -> Outcome:
        request = msgspec.convert(job.payload, ReplayRequest)
        asked = ChampionPeriod(request.model, request.champion, request.previous, request.since)
        self._log.drain()  # so that feedback finds its prediction
        with self._database.read() as transaction:
            found, now = champion_period(transaction, request.model), transaction.now()
            rows = fresh_rows(transaction, asked, self._rule, self._policy)
        are_numbers, before = (self._are_numbers(asked.model, one) for one in (asked.champion, asked.previous))
        rows = numeric_rows(rows) if are_numbers else rows
        interim = interim_test(len(rows), self._policy)
        if found != asked:
            verdict = refusal_verdict(_moved(found), self._policy)
        elif are_numbers != before:
            verdict = refusal_verdict("one of the two answers numbers and the other classes", self._policy)
        elif interim is None:
            verdict = refusal_verdict(too_few(len(rows), self._policy), self._policy, len(rows))
        else:
            verdict = self._compare(asked, first_rows(rows, interim), interim, guard, are_numbers)
            verdict = self._cooled(request.model, verdict, now)
        result = _result(asked, interim, len(rows), verdict)
        if not verdict.promote:
            return Outcome(result)
        return Outcome(result, lambda transaction: self._roll_back(transaction, asked, result))

    def _are_numbers(self, model: str, number: int) -> bool:
        return is_of_numbers(self._store.trained(self._store.stored_version(f"{model}@{number}").label))

    def _compare(
        self,
        asked: ChampionPeriod,
        rows: Sequence[Row],
        interim: InterimTest,
        guard: LeaseGuard,
        are_numbers: bool,
    ) -> Verdict:
        guard.check()
        live = _answered([row.answer for row in rows], rows, are_numbers)
        before = _answered(self._replayed(asked, rows, guard), rows, are_numbers)
        givers = [row.measure for row in rows]
        verdict = self._judged(live, before, givers, interim)
        if verdict.promote:
            return verdict
        for suspicion in suspicions(givers, as_right(live, live), np.zeros(0, bool)):
            others = rows_without(suspicion.token, givers)
            kept = [giver for giver, counts in zip(givers, others, strict=True) if counts]
            rest = self._judged(live[others], before[others], kept, interim)
            if rest.promote:
                return replace(rest, reason=f"{rest.reason}, its rows left out since {suspicion.reason}")
        return verdict

    def _judged(
        self, live: Answered, before: Answered, givers: Sequence[Measure | None], interim: InterimTest
    ) -> Verdict:
        verdict = judge(
            live,
            before,
            interim.confidence,
            self._policy.minimum_rows,
            self._policy.resamples,
            weights=weights_of(givers),
        )
        return replace(verdict, interim_test=interim.number)

    def _replayed(self, asked: ChampionPeriod, rows: Sequence[Row], guard: LeaseGuard) -> list[str | None]:
        """What the version before answers to each row, after its decisions: the live answers are after theirs."""
        version = self._store.stored_version(f"{asked.model}@{asked.previous}")
        model = AdaptedModel.load(self._store.path(version)).decided_by(version.decisions)
        answers: list[str | None] = []
        for at in range(0, len(rows), _PAGE):
            page = [one.input for one in self._log.get_many([row.prediction_id for row in rows[at : at + _PAGE]])]
            answers.extend(_answers(model, page))
            guard.check()
        return answers

    def _cooled(self, model: str, verdict: Verdict, now: float) -> Verdict:
        """The verdict, without the rollback where another is too recent."""
        rollbacks = [move.moved_at for move in self._store.history(model, CHAMPION) if move.action == ROLLBACK]
        if not verdict.promote or not is_cooling(max(rollbacks, default=None), now, self._policy.cooldown_seconds):
            return verdict
        reason = f"within {self._policy.cooldown_seconds:.0f} s of a rollback there is no other ({verdict.reason})"
        return replace(verdict, promote=False, reason=reason)

    def _roll_back(self, transaction: Transaction, asked: ChampionPeriod, result: dict[str, Any]) -> None:
        hold_model(transaction, asked.model)
        found = champion_period(transaction, asked.model)
        if found != asked:
            raise DecisionOvertaken(_moved(found))
        reason = f"version {asked.previous}, replayed on the same inputs, is {result['verdict']['reason']}"
        rest = {name: result[name] for name in ("previous", "since", "interim_test", "fresh_rows")}
        self._store.rollback(transaction, asked.model, by=BY, reason=reason, evidence={**result["verdict"], **rest})


def _answered(answers: Sequence[str | None], rows: Sequence[Row], are_numbers: bool) -> Answered:
    """Of each row whether, or how far, an answer is right; where there is none, it is as far off as the furthest."""
    if not are_numbers:
        return np.array([answer == row.label for answer, row in zip(answers, rows, strict=True)], dtype=bool)
    there = np.array([answer is not None for answer in answers], dtype=bool)
    labels = [row.label for row in rows]
    errors = absolute_errors([answer or label for answer, label in zip(answers, labels, strict=True)], labels)
    return np.where(there, errors, errors.max(initial=0.0))


def _answers(model: AdaptedModel, inputs: Sequence[Input]) -> list[str | None]:
    """What it answers to each; None to one that it cannot take, though the champion could."""
    try:
        return list(model.classify(inputs, NO_LIMIT))
    except InputInvalid:
        if len(inputs) == 1:
            return [None]
        return [answer for one in inputs for answer in _answers(model, [one])]


def _result(asked: ChampionPeriod, interim: InterimTest | None, rows: int, verdict: Verdict) -> dict[str, Any]:
    """The job's result; in the verdict, the challenger is the version before."""
    return {
        "model": asked.model,
        "champion": asked.champion,
        "previous": asked.previous,
        "since": asked.since,
        "rolled_back": verdict.promote,
        "fresh_rows": rows,
        "interim_test": interim.number if interim else 0,
        "verdict": verdict.to_dict(),
    }


def _moved(found: ChampionPeriod | None) -> str:
    now = "there is no version to go back to" if found is None else f"version {found.champion} is champion"
    return f"the champion was moved since this was asked for ({now}): ask anew"
