"""The queue of jobs: rows in the database. They alone decide; `claims.py` chooses the next.

Guarantees:

- Submitting a label twice does it once; a failed or cancelled label submitted again is queued afresh.
- A job has one result: `finish` writes the result and whatever comes with it in one transaction, and only for the
  newest lease. Everything an older lease tries raises LeaseLost and leaves nothing.
- Leases run by the database's clock. One that ran out stays valid until the reconciler has put the job back.
- Nothing here publishes: a submission's message, which announces its label, goes through the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

import msgspec

from argosy.database.database import Database, Row, Transaction, in_lists
from argosy.errors import JobNotFound, LeaseLost
from argosy.jobs import statements as sql
from argosy.jobs.job import Job, JobState, Lease, LeaseKey, job_of, payload_value
from argosy.messaging.back_off import LONGEST, back_off
from argosy.messaging.notifications import notify
from argosy.messaging.outbox import emit

TOPIC: Final = "jobs"
"""Where every submission is announced: {kind, label}."""
WORKERS: Final = "workers"
"""The subscriber that all workers are members of."""
URGENT: Final = 1
"""The priority of jobs that a user or another job waits for; that of the others is 0."""
ATTEMPTS: Final = 3
LEASE_SECONDS: Final = 30.0
LONGEST_DELAY: Final = LONGEST
"""No job is put off for longer."""
MAXIMUM_LOSSES: Final = 10
"""How often a job's work may be lost without a failed attempt before the job fails."""


def announce_failure(transaction: Transaction, kind: str, label: str, error: str) -> None:
    """The notification of a job that will not be tried again."""
    event = "definition_failed" if kind == "train" else "job_failed"
    notify(transaction, event, kind=kind, label=label, error=error)


class Queue:
    """Any thread, any number of processes."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def submit(
        self,
        transaction: Transaction,
        kind: str,
        label: str,
        payload: Mapping[str, Any],
        requires: Mapping[str, str] | None = None,
        priority: int = 0,
        fit: str = "",
    ) -> bool:
        """Queue a job, unless one of that label is queued, running or done; whether it was queued.

        One of higher `priority` waits behind none of lower. `fit` names the adapter fit that it uses.
        """
        row = {
            "kind": kind,
            "label": label,
            "payload": _json(payload),
            "requires": _json(requires or {}),
            "priority": priority,
            "fit": fit,
            "now": transaction.now(),
        }
        rows = transaction.execute(sql.SUBMIT, row)
        if rows:
            emit(transaction, TOPIC, {"kind": kind, "label": label})
        return bool(rows)

    def forget(self, transaction: Transaction, label: str) -> bool:
        """Know nothing of a job that is over: submitted again, it runs again. False where it is not over."""
        return not transaction.execute(sql.OPEN_PAYLOAD, {"label": label}) and bool(
            transaction.execute(sql.FORGET, {"label": label})
        )

    def set_limits(self, transaction: Transaction, label: str, limits: Mapping[str, Any]) -> None:
        """What the fit of a label that is queued or running may take from now on, as its payload says it."""
        rows = transaction.execute(sql.OPEN_PAYLOAD, {"label": label})
        if rows and (payload_value(rows[0][0], "limits") or {}) != limits:
            payload = msgspec.json.decode(rows[0][0], type=dict)
            given = {"limits": dict(limits)} if limits else {}
            payload = {name: value for name, value in payload.items() if name != "limits"} | given
            transaction.execute(sql.SET_PAYLOAD, {"label": label, "payload": _json(payload)})

    def is_held(self, lease: Lease) -> bool:
        """Whether the job still runs under this lease: neither given to another nor cancelled."""
        with self.database.read() as transaction:
            return bool(transaction.execute(sql.IS_HELD, {"id": lease.job.id, "token": lease.token}))

    def leases(self, held: Collection[LeaseKey]) -> dict[LeaseKey, Lease]:
        """Of these leases, those that are still held, as their rows are now."""
        with self.database.read() as transaction:
            rows = transaction.execute(sql.RUNNING_AMONG, {"ids": [key.job_id for key in held]})
        jobs = [job_of(row) for row in rows]
        found = {LeaseKey(job.id, job.token): Lease(job, job.token, job.owner or "", LEASE_SECONDS) for job in jobs}
        return {key: found[key] for key in held if key in found}

    def is_any_open(self) -> bool:
        """Whether a job is queued or running."""
        with self.database.read() as transaction:
            return any(transaction.execute(statement) for statement in (sql.IS_ANY_QUEUED, sql.IS_ANY_RUNNING))

    def heartbeat(self, lease: Lease) -> None:
        """Make the lease run from now; raises LeaseLost."""
        with self.database.write() as transaction:
            until = transaction.now() + lease.seconds
            _settle(transaction, sql.HEARTBEAT, lease, until=until)

    def finish(
        self, lease: Lease, result: Mapping[str, Any], then: Callable[[Transaction], None] | None = None
    ) -> None:
        """Done: the result and all that `then` writes, in one transaction; raises LeaseLost, with nothing written."""
        with self.database.write() as transaction:
            hold_jobs(transaction)
            _settle(transaction, sql.HOLD, lease)
            if then is not None:
                then(transaction)
            _settle(transaction, sql.FINISH, lease, result=_json(result), now=transaction.now())

    def fail(self, lease: Lease, error: str, traceback: str = "", retry: bool = True) -> bool:
        """An attempt failed; whether there will be another. Raises LeaseLost."""
        failures = lease.job.failures + 1
        again = retry and failures < ATTEMPTS
        with self.database.write() as transaction:
            now = transaction.now()
            if again:
                at = now + back_off(failures)
                _settle(transaction, sql.RETRY, lease, error=error, traceback=traceback, at=at)
            else:
                _settle(transaction, sql.FAIL, lease, error=error, traceback=traceback, now=now)
                announce_failure(transaction, lease.job.kind, lease.job.label, error)
        return again

    def lose(self, lease: Lease, why: str) -> bool:
        """The work of the lease is obsolete, which is not a failure; whether it is tried again. Raises LeaseLost."""
        losses = lease.job.losses + 1
        again = losses < MAXIMUM_LOSSES
        with self.database.write() as transaction:
            now = transaction.now()
            if again:
                _settle(transaction, sql.LOSE_LEASED, lease, error=why, at=now + back_off(losses))
            else:
                error = f"{why}; its work was lost {losses} times: submit it again when the cause is removed"
                _settle(transaction, sql.GIVE_UP_LEASED, lease, error=error, now=now)
                announce_failure(transaction, lease.job.kind, lease.job.label, error)
        return again

    def put_off(self, lease: Lease, why: str, seconds: float) -> None:
        """Postpone the job: something that it needs is unavailable. Not a failed attempt; raises LeaseLost."""
        with self.database.write() as transaction:
            at = transaction.now() + min(seconds, LONGEST_DELAY)
            _settle(transaction, sql.PUT_OFF, lease, error=why, at=at)

    def release(self, lease: Lease) -> bool:
        """Give the job back, for anyone to run at once: no failure. False where the lease was lost anyway."""
        with self.database.write() as transaction:
            try:
                _settle(transaction, sql.RELEASE, lease)
            except LeaseLost:
                return False
        return True

    def cancel(self, transaction: Transaction, label: str) -> bool:
        """Cancel a job that is queued or running; its worker loses the lease. Whether there was one."""
        return bool(transaction.execute(sql.CANCEL, {"label": label, "now": transaction.now()}))

    def get(self, label: str) -> Job:
        """The job of that label; raises JobNotFound."""
        with self.database.read() as transaction:
            rows = transaction.execute(sql.BY_LABEL, {"label": label})
        if not rows:
            raise JobNotFound(f"no job has the label '{label}'")
        return job_of(rows[0])

    def jobs(self, kind: str = "", state: JobState | None = None) -> list[Job]:
        """All jobs, or those of a kind or in a state, oldest first; of a state, only those that can be read."""
        with self.database.read() as transaction:
            found = map(job_of, transaction.execute(sql.LISTED, {"kind": kind, "state": state or ""}))
            return [job for job in found if state is None or job.state is state]

    def newest(self, kind: str = "", state: JobState | None = None, most: int = 100) -> list[Job]:
        """As `jobs`, but only so many: running ones first, then queued, then failed ones, each from the newest."""
        with self.database.read() as transaction:
            rows = transaction.execute(sql.SHOWN, {"kind": kind, "state": state or "", "most": most})
        return [job_of(row) for row in rows]

    def counts(self, kind: str = "") -> dict[JobState, int]:
        """How many jobs there are in each state."""
        with self.database.read() as transaction:
            rows = transaction.execute(sql.COUNTS, {"kind": kind})
        found = {str(state): int(number) for state, number in rows}
        return {state: found.get(state.value, 0) for state in JobState}


def hold_jobs(transaction: Transaction) -> None:
    """No other transaction finishes a job, or submits or cancels several, until this one ends.

    Taken before anything else by a caller that changes several jobs, or writes what it concludes from the state of one.
    """
    transaction.lock("jobs")


def states(transaction: Transaction, kind: str, labels: Iterable[str]) -> dict[str, str]:
    """The states of those jobs that there are, by label."""
    found = (transaction.execute(sql.STATES, {"kind": kind, "labels": some}) for some in in_lists(labels))
    return {label: state for rows in found for label, state in rows}


def under_way(transaction: Transaction, kind: str, model: str) -> str | None:
    """The label of the oldest job of that kind for the model that is queued or running."""
    rows = transaction.execute(sql.UNDER_WAY, {"kind": kind})
    return next((label for label, payload in rows if payload_value(payload, "model") == model), None)


def forget_done(transaction: Transaction, kind: str) -> None:
    """Remove the jobs of that kind that are done: their results are not used."""
    transaction.execute(sql.FORGET_DONE, {"kind": kind})


def _settle(transaction: Transaction, statement: str, lease: Lease, **values: Any) -> list[Row]:
    rows = transaction.execute(statement, {"id": lease.job.id, "token": lease.token, **values})
    if not rows:
        raise LeaseLost(f"the job {lease.job.label} was taken from {lease.owner}: what it computed is not written")
    return rows


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.encode(dict(value)).decode()
