"""Returns the jobs of vanished workers to the queue. Any number of reconcilers may run; each call is cheap.

- A lease that ran out: the job is queued again; after `MAXIMUM_LOSSES` such losses it fails.
- A lease that ends later than its length from now was given before the clock was put back. It is shortened to its
  length: a worker that is alive prolongs it, one that is gone blocks its job for no longer than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from argosy.clock import SLACK_SECONDS
from argosy.database.database import Database, Transaction
from argosy.jobs import statements as sql
from argosy.jobs.queue import MAXIMUM_LOSSES, announce_failure


class Repair(StrEnum):
    """What is to be done about one job."""

    REQUEUE = "requeue"
    GIVE_UP = "give up"
    SHORTEN = "shorten"


@dataclass(frozen=True)
class RunningJob:
    """As much of a running job as the decision needs."""

    lease_until: float
    lease_seconds: float
    losses: int


def needed_repair(job: RunningJob, now: float) -> Repair | None:
    """The repair that one running job needs, if any."""
    if job.lease_until < now:
        return Repair.GIVE_UP if job.losses + 1 >= MAXIMUM_LOSSES else Repair.REQUEUE
    return Repair.SHORTEN if job.lease_until > now + job.lease_seconds + SLACK_SECONDS else None


def reconcile(database: Database) -> dict[Repair, int]:
    """Repair every job that needs it; how many of each. One read where there is nothing to do."""
    with database.read() as transaction:
        if not transaction.execute(sql.TO_RECONCILE + " LIMIT 1", _at(transaction.now())):
            return {}
    done: dict[Repair, int] = {}
    with database.write() as transaction:  # looks again: another may have been quicker
        now = transaction.now()
        for job_id, kind, label, *rest in transaction.execute(sql.TO_RECONCILE + sql.TO_CLAIM, _at(now)):
            repair = needed_repair(RunningJob(*rest), now)
            if repair is not None:
                _apply(transaction, repair, job_id, kind, label)
                done[repair] = done.get(repair, 0) + 1
    return done


def _at(now: float) -> dict[str, float]:
    return {"now": now, "slack": SLACK_SECONDS}


def _apply(transaction: Transaction, repair: Repair, job_id: int, kind: str, label: str) -> None:
    now = transaction.now()
    if repair is Repair.SHORTEN:
        transaction.execute(sql.SHORTEN, {"id": job_id, "now": now})
    elif repair is Repair.REQUEUE:
        transaction.execute(sql.LOSE, {"id": job_id})
    else:
        error = (
            f"its work was lost {MAXIMUM_LOSSES} times, the last time because its worker vanished:"
            " killed, out of memory, or stopped for longer than a lease"
        )
        transaction.execute(sql.GIVE_UP, {"id": job_id, "now": now, "error": error})
        announce_failure(transaction, kind, label, error)
