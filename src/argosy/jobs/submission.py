"""Submitting a plan's definitions together, and following them.

A plan has the definitions of its newest submission. Whatever a label's state is, submitting it again is harmless:
trained ones only become versions, queued and running ones are left alone, failed and cancelled ones start afresh.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from argosy.database.database import Transaction
from argosy.definitions.limits import parse_limits
from argosy.definitions.stopping import PlanStop
from argosy.errors import NothingToRetry, PlanNotFound, RowUnreadable, nearest
from argosy.jobs import replaced_plans
from argosy.jobs import statements as sql
from argosy.jobs.job import JobState, job_of
from argosy.jobs.plan_status import PlanStatus
from argosy.jobs.queue import URGENT, Queue, hold_jobs
from argosy.store.store import Store
from argosy.store.trained import LeaderboardRow, Metrics
from argosy.types import Part

TRAIN: Final = "train"


@dataclass(frozen=True)
class PlannedDefinition:
    """One definition of a plan, in the order of the queue."""

    label: str
    definition: Mapping[str, Any]
    dataset_digest: str
    requires: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Submitted:
    """What a submission did, in labels."""

    queued: tuple[str, ...]
    waiting: tuple[str, ...]
    """Queued or running already."""
    trained: tuple[str, ...]
    dropped: tuple[str, ...]
    """Of the plan's earlier submission, not wanted any more and not begun: cancelled."""
    left_out: tuple[str, ...] = ()
    """What is not installed, and how to install it."""
    waits_for: str = ""
    """Why nothing could be queued yet, of a plan with triggers."""


class Plans:
    """Plans as the queue knows them: named sets of labels."""

    def __init__(self, queue: Queue, store: Store) -> None:
        self.queue, self.store = queue, store

    def submit(
        self, transaction: Transaction, plan: str, source: Any, wanted: Sequence[PlannedDefinition]
    ) -> Submitted:
        """Queue what is not trained yet, in the given order, and make versions of what is."""
        hold_jobs(transaction)
        labels = {one.label for one in wanted}
        earlier = [label for label in _only_of(transaction, plan, is_added=0) if label not in labels]
        dropped = [label for label in earlier if self._drop(transaction, label)]
        text = msgspec.json.encode(source).decode()
        self._keep_replaced(transaction, plan, labels)
        transaction.execute(sql.PUT_PLAN, {"name": plan, "source": text, "now": transaction.now()})
        transaction.execute(sql.FORGET_PLAN_JOBS, {"plan": plan})
        rows = [{"plan": plan, "label": one.label, "is_added": 0} for one in wanted]
        transaction.execute_many(sql.PUT_PLAN_JOB, rows)
        known = self.store.metrics(transaction, labels)
        enough = self._enough(plan, text, known)
        if enough:
            self._stop(transaction, plan, enough, len(labels) - len(known))
        limits = _limits_in(plan, text)
        states = [
            (self._put(transaction, plan, one, limits), one.label) for one in wanted if not enough or one.label in known
        ]
        queued, waiting, trained = (
            tuple(label for found, label in states if found == state) for state in ("queued", "waiting", "trained")
        )
        return Submitted(queued, waiting, trained, tuple(dropped))

    def widen(self, transaction: Transaction, plan: str, one: PlannedDefinition) -> bool:
        """One more definition of a submitted plan's own, as a search finds it; whether there is a job to wait for."""
        hold_jobs(transaction)
        transaction.execute(sql.PUT_PLAN_JOB, {"plan": plan, "label": one.label, "is_added": 0})
        return self._put(transaction, plan, one, self._limits(transaction, plan)) != "trained"

    def add(
        self,
        transaction: Transaction,
        plan: str,
        one: PlannedDefinition,
        parent: str | None = None,
        then: Mapping[str, Any] | None = None,
        hold_out: int = 0,
    ) -> bool:
        """Queue one more definition, next to those that the plan has; False where its job is queued or running.

        It stays when the plan is submitted again. `parent` is the label it was retrained from, `then` {kind, label,
        payload} the job to submit when it is trained: at once where it is, for another plan. With one, both are urgent:
        a user or a duty waits for them. `hold_out` is how many fits without them answer the live rows, see
        training/held_out.py.
        """
        hold_jobs(transaction)
        if not transaction.execute(sql.GET_PLAN, {"plan": plan}):
            transaction.execute(sql.PUT_PLAN, {"name": plan, "source": "null", "now": transaction.now()})
        transaction.execute(sql.PUT_PLAN_JOB, {"plan": plan, "label": one.label, "is_added": 1})
        if self.store.is_trained(transaction, one.label):
            self.store.add_version(transaction, plan, one.label)
            if then is not None:
                requires = dict.fromkeys(one.requires, "")
                self.queue.submit(transaction, then["kind"], then["label"], then["payload"], requires, URGENT)
            return True
        limits = self._limits(transaction, plan)
        payload = {**payload_of(one, limits), "parent": parent, "then": then, "hold_out": hold_out}
        priority = URGENT if then is not None else 0
        return self.queue.submit(transaction, TRAIN, one.label, payload, one.requires, priority, fit_of(one))

    def cancel(self, transaction: Transaction, plan: str) -> list[str]:
        """Cancel the plan's definitions that are queued or running and wanted by no other plan; their labels."""
        hold_jobs(transaction)
        _row(transaction, plan)
        labels = [label for label in _only_of(transaction, plan, is_added=1) if self.queue.cancel(transaction, label)]
        transaction.execute(sql.CANCEL_PLAN, {"plan": plan, "now": transaction.now()})
        return labels

    def open_elsewhere(self, transaction: Transaction, plan: str) -> dict[str, list[str]]:
        """The plan's definitions that are queued or running and that other plans have too: label to their names."""
        found: dict[str, list[str]] = {}
        for label, other in transaction.execute(sql.OPEN_ELSEWHERE, {"plan": plan}):
            found.setdefault(str(label), []).append(str(other))
        return found

    def retry(self, transaction: Transaction, plan: str, labels: Collection[str] = ()) -> list[str]:
        """Queue the plan's failed definitions afresh, or those of them; their labels. Raises NothingToRetry."""
        hold_jobs(transaction)
        if _row(transaction, plan)[3] is not None:
            raise NothingToRetry(f"the plan '{plan}' was cancelled: submit it again")
        jobs = [job_of(row[1:]) for row in transaction.execute(sql.PLAN_LABELS, {"plan": plan}) if row[1] is not None]
        failed = {job.label: job for job in jobs if job.state is JobState.FAILED}
        for label in labels:
            if label not in failed:
                there = f"'argosy plan status {plan}' lists what has" if failed else "nothing of it has"
                raise NothingToRetry(f"'{label}' of '{plan}' has not failed{nearest(label, failed)}; {there}")
        wanted = [job for job in failed.values() if not labels or job.label in labels]
        for job in wanted:
            if job.unreadable:
                raise RowUnreadable("jobs", job.label, "its payload is lost", f"submit the plan '{plan}' again")
            self.queue.submit(transaction, job.kind, job.label, job.payload, job.requires, job.priority, job.fit)
        return [job.label for job in wanted]

    def stop_where_enough(self, transaction: Transaction, label: str) -> None:
        """A result is recorded: every plan that wants it, and calls it good enough, tries no more than is running."""
        for plan in models_of(transaction, label):
            enough = self._enough(plan, _row(transaction, plan)[1], self.store.metrics(transaction, [label]))
            if enough:
                left = [one for one in _only_of(transaction, plan, is_added=0) if self._drop(transaction, one)]
                self._stop(transaction, plan, enough, len(left))

    def status(self, plan: str, labels: Collection[str] | None = None) -> PlanStatus:
        """Where all that the plan wants is, or those labels of it, as who waits asks; raises PlanNotFound."""
        with self.queue.database.read() as transaction:
            _, source, submitted_at, cancelled_at, stopped = _row(transaction, plan)
            replaced = (
                [] if labels is not None else replaced_plans.replaced_forms(transaction, self.store, plan, source)
            )
            rows = transaction.execute(sql.PLAN_LABELS, {"plan": plan})
            rows = [row for row in rows if labels is None or row[0] in labels]
            trained = self.store.trained_among(transaction, [row[0] for row in rows])
        jobs = [job_of(row[1:]) for row in rows if row[0] not in trained and row[1] is not None]
        counts = dict.fromkeys(JobState, 0)
        for job in jobs:
            counts[job.state] += 1
        counts[JobState.DONE] += len(trained)
        return PlanStatus(
            plan,
            submitted_at,
            counts,
            tuple(job for job in jobs if job.state is JobState.RUNNING),
            tuple(job for job in jobs if job.state is JobState.FAILED),
            _count(name for job in jobs if job.state is JobState.QUEUED for name in job.requires),
            cancelled_at is not None,
            stopped=stopped or "",
            replaced=tuple(replaced),
        )

    def leaderboard(self, plan: str, metric: str | None = None) -> list[LeaderboardRow]:
        """The definitions of the plan's newest submission and the other versions of the model of that name, best first.

        So those of the plan's earlier forms and imported ones stay in sight. Of retrained versions it has those that an
        alias points at: the gate judges the others. Ranked by what the plan's search looks for, unless a metric is
        named. Raises PlanNotFound where there is neither the plan nor the model.
        """
        with self.queue.database.read() as transaction:
            standing = self.store.standing_labels(transaction, plan)
            found = transaction.execute(sql.GET_PLAN, {"plan": plan}) or ([] if standing else [_row(transaction, plan)])
            metric = metric or (_metric_of(plan, found[0][1]) if found else None)
            labels = [row[0] for row in transaction.execute(sql.OWN_LABELS, {"plan": plan})]
        return self.store.leaderboard(sorted({*labels, *standing}), metric)

    def replaced_labels(self, plan: str) -> set[str]:
        """What earlier forms of the plan wanted and it does not."""
        with self.queue.database.read() as transaction:
            return replaced_plans.labels_of_replaced(transaction, plan)

    def source(self, transaction: Transaction, plan: str) -> str:
        """The plan as it was submitted, as JSON; raises PlanNotFound."""
        return str(_row(transaction, plan)[1])

    def names(self) -> list[str]:
        """Every plan that was submitted."""
        with self.queue.database.read() as transaction:
            return [row[0] for row in transaction.execute(sql.PLAN_NAMES)]

    def _limits(self, transaction: Transaction, plan: str) -> Mapping[str, Any]:
        return _limits_in(plan, self.source(transaction, plan))

    def _put(self, transaction: Transaction, plan: str, one: PlannedDefinition, limits: Mapping[str, Any]) -> str:
        """`trained` where it is, and a version of the plan's model now; else `queued`, or `waiting` if it was."""
        if self.store.is_trained(transaction, one.label):
            if learns_from_all(one.definition):
                self.store.add_version(transaction, plan, one.label)
            return "trained"
        payload = payload_of(one, limits)
        if self.queue.submit(transaction, TRAIN, one.label, payload, one.requires, fit=fit_of(one)):
            return "queued"
        self.queue.set_limits(transaction, one.label, limits)
        return "waiting"

    def _keep_replaced(self, transaction: Transaction, plan: str, labels: Collection[str]) -> None:
        gone = [row[0] for row in transaction.execute(sql.OWN_LABELS, {"plan": plan}) if row[0] not in labels]
        if gone:
            replaced_plans.record_replaced_plan(transaction, _row(transaction, plan), gone)

    def _enough(self, plan: str, source: str, known: Mapping[str, Metrics]) -> str:
        """Which of these results the plan calls good enough, in words; empty: none, or it says nothing of it."""
        stop = _source_of(plan, source).stop_when
        if stop is None:
            return ""
        met = [label for label, metrics in known.items() if stop.is_met(metrics.get(Part.VALIDATION, {}))]
        return f"{min(met)} has {stop} or better" if met else ""

    def _stop(self, transaction: Transaction, plan: str, enough: str, left: int) -> None:
        if left:
            transaction.execute(sql.STOP_PLAN, {"plan": plan, "because": f"{enough}; {left:,} not tried"})

    def _drop(self, transaction: Transaction, label: str) -> bool:
        rows = transaction.execute(sql.BY_LABEL, {"label": label})
        is_queued = bool(rows) and job_of(rows[0]).state is JobState.QUEUED
        return is_queued and self.queue.cancel(transaction, label)


def payload_of(wanted: PlannedDefinition, limits: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a `train` job; `limits` of its plan go with it, and are no part of the definition."""
    given = {"limits": dict(limits)} if limits else {}
    return {"definition": dict(wanted.definition), "dataset_digest": wanted.dataset_digest, **given}


def fit_of(wanted: PlannedDefinition) -> str:
    """A name that definitions have in common where they share a fit of their adapter, or nearly always do.

    Workers go by it in choosing what to run next, and by nothing else: training has an exact key of its own.
    """
    definition = wanted.definition
    parts = [wanted.dataset_digest, definition.get("adapter"), definition.get("share")]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:32]


def learns_from_all(definition: Mapping[str, Any]) -> bool:
    """Whether it learns from all of the training part: what does not becomes no version."""
    return not definition.get("share")


def models_of(transaction: Transaction, label: str) -> list[str]:
    """The registered models that a label's result becomes a version of: the plans that want it.

    To be asked in the transaction that finishes the job, so that a plan submitted meanwhile is not missed.
    """
    hold_jobs(transaction)
    return [row[0] for row in transaction.execute(sql.PLANS_OF, {"label": label})]


def _only_of(transaction: Transaction, plan: str, is_added: int) -> list[str]:
    """The plan's labels that no other plan wants; with `is_added` 1 also those added to it."""
    return [row[0] for row in transaction.execute(sql.ONLY_OF_PLAN, {"plan": plan, "is_added": is_added})]


def _row(transaction: Transaction, plan: str) -> tuple[Any, ...]:
    rows = transaction.execute(sql.GET_PLAN, {"plan": plan})
    if not rows:
        known = [row[0] for row in transaction.execute(sql.PLAN_NAMES)]
        raise PlanNotFound(
            f"no plan called '{plan}' was submitted{nearest(plan, known)}; there are: {', '.join(known) or 'none'}"
        )
    return rows[0]


class _Search(msgspec.Struct):
    metric: str | None = None


class _Source(msgspec.Struct):
    """As much of a submitted plan as the queue and the leaderboard need."""

    search: _Search | None = None
    stop_when: PlanStop | None = None
    limits: dict[str, Any] | None = None


def _source_of(plan: str, text: str) -> _Source:
    try:
        return msgspec.json.decode(text, type=_Source | None) or _Source()
    except msgspec.MsgspecError as error:
        raise RowUnreadable("plans", plan, str(error), "submit the plan again") from None


def _limits_in(plan: str, source: str) -> dict[str, Any]:
    """What a plan says that one fit may take, in bytes and seconds; empty: nothing."""
    found = parse_limits(_source_of(plan, source).limits)
    return {} if found is None else dict(msgspec.to_builtins(found))


def _metric_of(plan: str, text: str) -> str | None:
    """What a plan's search says that it looks for."""
    search = _source_of(plan, text).search
    return search.metric if search else None


def _count(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found
