"""Asking for a retraining, by hand or by trigger, and following it: retrain, then train, then gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec

from argosy.backends import Backends
from argosy.database import Transaction, in_transaction
from argosy.evaluation.gate import Verdict
from argosy.feedback.gating import GATE
from argosy.feedback.retraining import RETRAIN, RetrainRequest
from argosy.feedback.triggers import BY_DRIFT, Reason, Schedule, Situation, retraining_reason, waits_for
from argosy.jobs.job import Job, JobState
from argosy.jobs.queue import URGENT, Queue, hold_jobs, under_way
from argosy.jobs.submission import TRAIN
from argosy.predictions.drift_checks import CLOSED, newest_drift_checks
from argosy.predictions.feedback_log import FeedbackLog, last_number
from argosy.store.aliases import CHAMPION
from argosy.store.store import Store

NEWEST: Final = 3
"""How many of a model's retrainings are looked at for how they ended."""


@dataclass(frozen=True)
class RetrainingProgress:
    """Where a retraining is. `stage` is the kind of the job that it has reached, and `job` that job.

    When it is over, `promoted` says how it ended and `reason` why; until then they are None and empty.
    """

    stage: str
    job: Job
    is_over: bool
    promoted: bool | None
    reason: str
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Judgement:
    """One gate's end: which version against which, and the verdict."""

    model: str
    champion: int
    challenger: int
    judged_at: float
    verdict: Verdict


@dataclass(frozen=True)
class Fruitless:
    """How a retraining ended that made no challenger: nothing new to learn from, or a job that failed."""

    ended_at: float
    trigger: str
    state: JobState
    reason: str

    @property
    def is_worrying(self) -> bool:
        """Whether somebody should look: a failure, or drift that nothing can be learned about."""
        return self.state is JobState.FAILED or (self.state is JobState.DONE and self.trigger == BY_DRIFT)


class Retrainings:
    """Any thread, any number of processes; needs no key but what the feedback log needs."""

    def __init__(self, queue: Queue, store: Store, feedback: FeedbackLog) -> None:
        self._queue, self._store, self._feedback = queue, store, feedback

    @classmethod
    def of(cls, backends: Backends) -> Self:
        """Those of a project."""
        return cls(backends.queue, backends.store, backends.feedback_log)

    def request(self, model: str, by: str, reason: Reason | None = None, review_since: float = 0.0) -> str:
        """Queue a `retrain` job; its label, or that of the one under way. Raises VersionNotFound without a champion."""
        champion = self._store.trained(self._store.stored_version(f"{model}@{CHAMPION}").label)
        under_way = self.under_way(model)
        if under_way is not None:
            return under_way.label
        # the plug-ins must be there, whatever their code has become since
        requires = dict.fromkeys(champion.environment.get("plugins", {}), "")

        def submit(transaction: Transaction) -> str:
            hold_jobs(transaction)
            seen = last_number(transaction)
            request = RetrainRequest(model, transaction.now(), by, *_text_of(reason), review_since, seen)
            return self._submit(transaction, request, requires)

        return in_transaction(self._queue.database, submit)

    def request_if_due(
        self, model: str, schedule: Schedule, by: str = "trigger", on_wait: Callable[[str, str], None] | None = None
    ) -> str | None:
        """Ask for a retraining where a trigger says so; the label of what was queued. Cheap to call often.

        Where one is to wait, `on_wait` is called with what asks for it and with what it waits for.
        """
        situation = self.situation(model)
        reason, obstacle = retraining_reason(situation, schedule), waits_for(situation, schedule)
        if reason is None:
            return None
        if obstacle:
            if on_wait is not None:
                on_wait(reason.text, obstacle)
            return None
        since = situation.drift_check.started_at if situation.drift_check and reason.trigger == BY_DRIFT else 0.0
        return self.request(model, by, reason, since)

    def situation(self, model: str) -> Situation:
        """What the triggers read. Raises VersionNotFound without a champion."""
        champion = self._store.stored_version(f"{model}@{CHAMPION}").number
        moves = self._store.history(model, CHAMPION)
        jobs = [job for job in self._queue.jobs(RETRAIN) if job.payload.get("model") == model]
        by_drift = [job.submitted_at for job in jobs if job.payload.get("trigger") == BY_DRIFT]
        checks = newest_drift_checks(self._queue.database, CLOSED, model)
        rollbacks = [move.moved_at for move in moves if move.action == "rollback"]
        last = jobs[-1] if jobs else None
        with self._queue.database.read() as transaction:
            now = transaction.now()
        return Situation(
            now=now,
            since=last.submitted_at if last else moves[0].moved_at,
            new_feedback=self._feedback.count_after(model, last.payload.get("last_feedback", 0) if last else 0),
            is_under_way=self.under_way(model) is not None,
            rolled_back_at=max(rollbacks, default=None),
            drift_check=next((one for one in checks if one.version == champion), None),
            drift_asked_at=max(by_drift, default=None),
        )

    def under_way(self, model: str) -> Job | None:
        """The retraining of the model that is not over, as its `retrain` job."""
        mine = [job for job in self._queue.jobs(RETRAIN) if job.payload.get("model") == model]
        return mine[-1] if mine and not self.progress(mine[-1].label).is_over else None

    def progress(self, label: str) -> RetrainingProgress:
        """Where the retraining of that label is; raises JobNotFound."""
        job = self._queue.get(label)
        result = job.result or {}
        if job.state is not JobState.DONE:
            return _unfinished(RETRAIN, job)
        if "refused" in result:
            return RetrainingProgress(RETRAIN, job, True, False, result["refused"])
        training = self._queue.get(result["challenger"])
        if training.state is not JobState.DONE:
            return _unfinished(TRAIN, training)
        gate = self._queue.get(result["gate"])  # submitted in the transaction that finished the training
        if gate.state is not JobState.DONE or gate.result is None:
            return _unfinished(GATE, gate)
        verdict = Verdict.from_dict(gate.result["verdict"])
        return RetrainingProgress(GATE, gate, True, verdict.promote, verdict.reason, verdict)

    def judgements(self, model: str) -> list[Judgement]:
        """Every comparison of the model's versions that a gate made, promotions and refusals, oldest first."""
        done = self._queue.jobs(GATE, JobState.DONE)
        return [_judgement(job, job.result) for job in done if job.result and job.result.get("model") == model]

    def refusals(self, model: str) -> list[Judgement]:
        """Those that promoted nothing."""
        return [one for one in self.judgements(model) if not one.verdict.promote]

    def came_to_nothing(self, model: str) -> list[Fruitless]:
        """The newest retrainings of the model that ended before a gate could judge, oldest first."""
        mine = [job for job in self._queue.jobs(RETRAIN) if job.payload.get("model") == model][-NEWEST:]
        ended = ((job, self.progress(job.label)) for job in mine)
        return [
            Fruitless(one.job.finished_at or 0.0, job.payload.get("trigger", ""), one.job.state, one.reason)
            for job, one in ended
            if one.is_over and one.verdict is None
        ]

    def _submit(self, transaction: Transaction, request: RetrainRequest, requires: dict[str, str]) -> str:
        asked = under_way(transaction, RETRAIN, request.model)  # by somebody at the same moment
        if asked is not None:
            return asked
        label = f"{RETRAIN}-{request.model}-{round(request.at * 1000)}"
        self._queue.submit(transaction, RETRAIN, label, msgspec.to_builtins(request), requires, URGENT)
        return label


def _text_of(reason: Reason | None) -> tuple[str, str]:
    return (reason.text, reason.trigger) if reason else ("", "")


def _unfinished(stage: str, job: Job) -> RetrainingProgress:
    """A chain that is still going, or that ended because a job failed or was cancelled."""
    if job.state in (JobState.FAILED, JobState.CANCELLED):
        return RetrainingProgress(stage, job, True, False, job.error or f"the job {job.label} was {job.state}")
    return RetrainingProgress(stage, job, False, None, "")


def _judgement(job: Job, result: dict[str, Any]) -> Judgement:
    verdict = Verdict.from_dict(result["verdict"])
    return Judgement(result["model"], result["champion"], result["challenger"], job.finished_at or 0.0, verdict)
