"""A lease of one certain job, as if a worker had claimed it. A claim takes the best job, whichever that is."""

from __future__ import annotations

from argosy.jobs.claims import Claims
from argosy.jobs.job import Lease
from argosy.jobs.queue import LEASE_SECONDS, Queue


def leased(queue: Queue, label: str, owner: str = "worker", seconds: float = LEASE_SECONDS) -> Lease | None:
    """Claim that job, and give back what else was claimed on the way to it; None where it is not ready."""
    claims = Claims(queue.database, owner, {job.kind for job in queue.jobs()}, seconds=seconds)
    others: list[Lease] = []
    while (lease := claims.next()) is not None and lease.job.label != label:
        others.append(lease)
    for other in others:
        queue.release(other)
    return lease
