"""The queue of jobs: rows in the database, whose messages only say "look at this row".

Guarantees:

- Submitting a label twice does it once; a failed or cancelled label submitted again is queued afresh.
- A job has one result: `finish` writes the result and whatever comes with it in one transaction, and only for the
  newest lease. Everything an older lease tries raises LeaseLost and leaves nothing.
- Leases run by the database's clock. One that ran out stays valid until the reconciler has put the job back.
- Nothing here publishes: messages go through the outbox, in the transaction that made them necessary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from argosy.database.database import Database, Row, Transaction
from argosy.errors import JobNotFound, LeaseLost
from argosy.jobs import statements as sql
from argosy.jobs.job import Job, JobState, Lease, job_of
from argosy.messaging.outbox import emit, notify

QUEUE: Final = "jobs"
ATTEMPTS: Final = 3
DEFER_SECONDS: Final = 1.0
LEASE_SECONDS: Final = 30.0
MAXIMUM_LOSSES: Final = 10
"""How often a job's work may be lost, through nobody's fault, before that is a failure."""

Able = Callable[[Mapping[str, str]], bool]
"""Whether a worker has what a job `requires`."""


class JobMessage(msgspec.Struct, frozen=True):
    """All that a message says: which row to look at."""

    job: int


def back_off(failures: int) -> float:
    """Seconds before the next attempt, after that many failed ones."""
    return float(min(60, 4 ** (failures - 1)))


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
        goes_first: bool = False,
    ) -> bool:
        """Queue a job, unless one of that label is queued, running or done; whether it was queued.

        One that `goes_first` waits behind none that does not.
        """
        row = {
            "kind": kind,
            "label": label,
            "payload": _json(payload),
            "requires": _json(requires or {}),
            "goes_first": int(goes_first),
            "now": transaction.now(),
        }
        rows = transaction.execute(sql.SUBMIT, row)
        if rows:
            emit(transaction, QUEUE, JobMessage(rows[0][0]))
        return bool(rows)

    def lease(
        self,
        job: int | str,
        owner: str,
        seconds: float = LEASE_SECONDS,
        able: Callable[[Job], bool] | None = None,
        is_message: bool = True,
    ) -> Lease | None:
        """The right to run a job (by id or label), or None where it is not to be had now.

        Where `able` says no to the job, it is put off for a moment, for another worker; with a new message, if one was
        spent on this.
        """
        with self.database.write() as transaction:
            found, now = _find(transaction, job), transaction.now()
            if found is not None and found.unreadable:
                _give_up(transaction, found, now)
            if found is None or found.state is not JobState.QUEUED:
                return None
            if able is not None and not able(found):
                transaction.execute(sql.DEFER, {"id": found.id, "at": now + DEFER_SECONDS, "spent": int(is_message)})
                return None
            row = {"id": found.id, "owner": owner, "now": now, "until": now + seconds}
            leased = [job_of(one) for one in transaction.execute(sql.LEASE, row)]
        return Lease(leased[0], leased[0].token, owner, seconds) if leased else None

    def first_in_line(self, resting: str = "") -> int | None:
        """The id of a job that goes first; with a `resting` kind, of the next one of any other kind."""
        with self.database.read() as transaction:
            values = {"resting": resting, "now": transaction.now()}
            rows = transaction.execute(sql.FIRST_IN_LINE, values)
            if resting and not rows:
                rows = transaction.execute(sql.OF_ANOTHER_KIND, values)
        return rows[0][0] if rows else None

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
        """What the lease computed is worth nothing, and nobody's fault; whether it is tried again. Raises LeaseLost."""
        losses = lease.job.losses + 1
        again = losses < MAXIMUM_LOSSES
        with self.database.write() as transaction:
            now = transaction.now()
            if again:
                _settle(transaction, sql.LOSE_LEASED, lease, error=why, at=now + back_off(losses))
            else:
                error = f"{why}; its work was lost {losses} times: submit it again when that has ended"
                _settle(transaction, sql.GIVE_UP_LEASED, lease, error=error, now=now)
                announce_failure(transaction, lease.job.kind, lease.job.label, error)
        return again

    def put_off(self, lease: Lease, why: str, seconds: float) -> None:
        """Give the job back for later: something it needs is away. No failure; raises LeaseLost."""
        with self.database.write() as transaction:
            _settle(transaction, sql.PUT_OFF, lease, error=why, at=transaction.now() + seconds)

    def release(self, lease: Lease) -> bool:
        """Give the job back, for anyone to run at once: no failure. False where the lease was lost anyway."""
        with self.database.write() as transaction:
            try:
                _settle(transaction, sql.RELEASE, lease, now=transaction.now())
            except LeaseLost:
                return False
            emit(transaction, QUEUE, JobMessage(lease.job.id))
        return True

    def cancel(self, transaction: Transaction, label: str) -> bool:
        """Cancel a job that is queued or running; its worker loses the lease. Whether there was one."""
        return bool(transaction.execute(sql.CANCEL, {"label": label, "now": transaction.now()}))

    def get(self, label: str) -> Job:
        """The job of that label; raises JobNotFound."""
        with self.database.read() as transaction:
            job = _find(transaction, label)
        if job is None:
            raise JobNotFound(f"no job has the label '{label}'")
        return job

    def jobs(self, kind: str = "", state: JobState | None = None) -> list[Job]:
        """All jobs, or those of a kind or in a state, oldest first; of a state, only those that can be read."""
        with self.database.read() as transaction:
            found = map(job_of, transaction.execute(sql.LISTED, {"kind": kind, "state": state or ""}))
            return [job for job in found if state is None or job.state is state]


def _find(transaction: Transaction, job: int | str) -> Job | None:
    rows = transaction.execute(sql.BY_ID if isinstance(job, int) else sql.BY_LABEL, {"job": job})
    return job_of(rows[0]) if rows else None


def _give_up(transaction: Transaction, job: Job, now: float) -> None:
    """End a queued job whose row cannot be read: nobody could run it."""
    if transaction.execute(sql.UNREADABLE, {"id": job.id, "error": job.unreadable, "now": now}):
        announce_failure(transaction, job.kind, job.label, job.unreadable)


def _settle(transaction: Transaction, statement: str, lease: Lease, **values: Any) -> list[Row]:
    rows = transaction.execute(statement, {"id": lease.job.id, "token": lease.token, **values})
    if not rows:
        raise LeaseLost(f"the job {lease.job.label} was taken from {lease.owner}: what it computed is not written")
    return rows


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.encode(dict(value)).decode()
