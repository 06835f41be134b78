"""Puts right what a vanished worker or a vanished message left behind. Any number of them may run; each call is cheap.

- A lease that ran out: the job is queued again; after `MAXIMUM_LOSSES` such losses it fails.
- A queued job without a message: put off until a time that has come (a retry), or published long ago while the queue
  has been found empty: it is published again. A message too many does no harm: the row decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from argosy.database.database import Database, Transaction
from argosy.jobs import statements as sql
from argosy.jobs.job import JobState
from argosy.jobs.queue import MAXIMUM_LOSSES, QUEUE, JobMessage, announce_failure
from argosy.messaging.outbox import emit

STALE_SECONDS: Final = 60.0
"""With an empty queue, a job published longer ago than this has lost its message."""
ANCIENT_SECONDS: Final = 6 * 3600.0
"""Whatever the queue looks like."""


class Repair(StrEnum):
    """What is to be done about one job."""

    REQUEUE = "requeue"
    GIVE_UP = "give up"
    PUBLISH = "publish"


@dataclass(frozen=True)
class Snapshot:
    """As much of a job as the decision needs."""

    state: JobState
    lease_until: float | None
    published_at: float | None
    not_before: float
    losses: int


def decide(job: Snapshot, now: float, queue_is_empty: bool) -> Repair | None:
    """The repair that one job needs, if any."""
    if job.state is JobState.RUNNING:
        if job.lease_until is None or job.lease_until >= now:
            return None
        return Repair.GIVE_UP if job.losses + 1 >= MAXIMUM_LOSSES else Repair.REQUEUE
    if job.state is not JobState.QUEUED or job.not_before > now:
        return None
    if job.published_at is None:
        return Repair.PUBLISH
    patience = STALE_SECONDS if queue_is_empty else ANCIENT_SECONDS
    return Repair.PUBLISH if job.published_at < now - patience else None


def reconcile(database: Database, queue_is_empty: bool = False) -> dict[Repair, int]:
    """Repair every job that needs it; how many of each. One read where there is nothing to do."""
    stale = STALE_SECONDS if queue_is_empty else ANCIENT_SECONDS
    with database.read() as transaction:
        now = transaction.now()
        if not transaction.execute(sql.TO_RECONCILE + " LIMIT 1", {"now": now, "stale": now - stale}):
            return {}
    done: dict[Repair, int] = {}
    with database.write() as transaction:  # looks again: another may have been quicker
        now = transaction.now()
        for job_id, kind, label, state, *rest in transaction.execute(
            sql.TO_RECONCILE, {"now": now, "stale": now - stale}
        ):
            repair = decide(Snapshot(JobState(state), *rest), now, queue_is_empty)
            if repair is not None:
                _apply(transaction, repair, job_id, kind, label)
                done[repair] = done.get(repair, 0) + 1
    return done


def _apply(transaction: Transaction, repair: Repair, job_id: int, kind: str, label: str) -> None:
    now = transaction.now()
    if repair is Repair.GIVE_UP:
        error = (
            f"its work was lost {MAXIMUM_LOSSES} times, the last time because its worker vanished:"
            " killed, out of memory, or stopped for longer than a lease"
        )
        transaction.execute(sql.GIVE_UP, {"id": job_id, "now": now, "error": error})
        announce_failure(transaction, kind, label, error)
        return
    transaction.execute(sql.LOSE if repair is Repair.REQUEUE else sql.PUBLISHED, {"id": job_id, "now": now})
    emit(transaction, QUEUE, JobMessage(job_id))
