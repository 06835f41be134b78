"""How a worker claims a job: the one way to find work.

The next job of a worker is the best ready row that it can run: of the highest priority; of these, one whose adapter
fit it holds already; of these, the oldest. Nothing else has a say, messages least of all.

Guarantees:

- Two workers are never given the same job: a claim changes the row's state, under a new fencing token. It locks the row
  that it takes and no other, so that a worker that claims at the same moment passes over nothing else.
- What a claim costs does not depend on how many jobs are queued: it reads the first row of each kind.
- A worker that holds a fit is given the oldest job in between, so that jobs for its fit do not delay all others.
- A row that cannot be read is ended as failed, and stands in no other job's way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from argosy.clock import SLACK_SECONDS
from argosy.database.database import Database, Transaction
from argosy.jobs import statements as sql
from argosy.jobs.job import REQUIRES, Job, Lease, job_of
from argosy.jobs.queue import LEASE_SECONDS, LONGEST_DELAY, announce_failure

IN_A_ROW: Final = 20
"""How many jobs a worker claims for the fit that it holds, before it claims the oldest."""

Able = Callable[[Mapping[str, str]], bool]
"""Whether a worker has what a job `requires`. The answer must not change while the process lives."""


def _anything(_: Mapping[str, str]) -> bool:
    return True


class _Ready(NamedTuple):
    """A job that may be claimed; `requires` as its row has it."""

    job: Job
    requires: str


class Claims:
    """The claims of one worker, which runs jobs of these kinds. Used from one thread."""

    def __init__(
        self,
        database: Database,
        owner: str,
        kinds: Collection[str],
        able: Able | None = None,
        seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database, self._owner, self._kinds, self._seconds = database, owner, tuple(kinds), seconds
        self._able = able or _anything
        self._refused = [""]
        """What jobs required that this worker has not; nothing is required by ''."""
        self._fit, self._in_a_row = "", 0

    def hold(self, fit: str) -> None:
        """The worker holds this fit from now on, and no other; empty: none."""
        if fit != self._fit:
            self._fit, self._in_a_row = fit, 0

    def give_back(self) -> list[str]:
        """Queue again what rows say that this worker has, while it has nothing; the labels. No failure is counted.

        After an outage: the answer to a claim may have been lost, or what became of a job was never written.
        """
        with self._database.write() as transaction:
            return [label for (label,) in transaction.execute(sql.GIVE_BACK, {"owner": self._owner})]

    def next(self, paused_kind: str = "") -> Lease | None:
        """The right to run the best job, or None where there is none now. No job of a paused kind is begun."""
        kinds = [kind for kind in self._kinds if kind != paused_kind]
        passed = [0]  # no id, since a list of values must have one
        with self._database.read() as transaction:  # a worker that finds nothing makes no writer wait
            if self._best(transaction, kinds, passed) is None:
                return None
        with self._database.write() as transaction:
            while (found := self._best(transaction, kinds, passed)) is not None:
                job = found.job
                if not job.unreadable and not self._able(job.requires):
                    self._refused.append(found.requires)
                elif not _hold(transaction, job):
                    passed.append(job.id)
                elif job.unreadable:
                    _give_up(transaction, job)
                else:
                    return self._lease(transaction, job)
        return None

    def _best(self, transaction: Transaction, kinds: Collection[str], passed: list[int]) -> _Ready | None:
        best = self._first(transaction, kinds, sql.READY, passed=passed)
        if best is None or best.job.unreadable or not self._fit or self._in_a_row >= IN_A_ROW:
            return best
        same = self._first(transaction, kinds, sql.READY_OF_FIT, passed=passed, fit=self._fit)
        return same if same is not None and same.job.priority == best.job.priority else best

    def _first(self, transaction: Transaction, kinds: Collection[str], statement: str, **also: Any) -> _Ready | None:
        values = {"now": transaction.now(), "longest": LONGEST_DELAY + SLACK_SECONDS, "refused": self._refused, **also}
        rows = (row for kind in kinds for row in transaction.execute(statement, {**values, "kind": kind}))
        return min((_Ready(job_of(row), str(row[REQUIRES])) for row in rows), key=_rank, default=None)

    def _lease(self, transaction: Transaction, job: Job) -> Lease:
        now = transaction.now()
        row = {"id": job.id, "owner": self._owner, "now": now, "seconds": self._seconds, "until": now + self._seconds}
        (leased,) = transaction.execute(sql.LEASE, row)
        self._in_a_row = self._in_a_row + 1 if job.fit and job.fit == self._fit else 0
        leased_job = job_of(leased)
        return Lease(leased_job, leased_job.token, self._owner, self._seconds)


def _rank(ready: _Ready) -> tuple[bool, int, float, int]:
    """What cannot be read, to be rid of it; then by priority and age."""
    job = ready.job
    return not job.unreadable, -job.priority, job.submitted_at, job.id


def _hold(transaction: Transaction, job: Job) -> bool:
    """Lock the row; not where another worker has it in hand, or had since it was read."""
    return [job_of(row) for row in transaction.execute(sql.HOLD_READY, {"id": job.id})] == [job]


def _give_up(transaction: Transaction, job: Job) -> None:
    """Fail a queued job whose row cannot be read: no worker could run it."""
    row = {"id": job.id, "error": job.unreadable, "now": transaction.now()}
    if transaction.execute(sql.UNREADABLE, row):
        announce_failure(transaction, job.kind, job.label, job.unreadable)
