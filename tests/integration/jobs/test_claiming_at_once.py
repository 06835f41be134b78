"""Workers that claim at the same time: each job is claimed once, on every engine."""

import threading
import time
from contextlib import closing

import pytest

from argosy.app.backends import database as opened
from argosy.jobs.claims import Claims
from argosy.jobs.job import JobState
from argosy.jobs.queue import Queue
from argosy.testing.waiting import PATIENCE

JOBS, WORKERS = 80, 4


def test_each_job_is_given_once_and_the_urgent_ones_first(open_database):
    queue = Queue(open_database())
    with queue.database.write() as transaction:
        for number in range(JOBS):
            queue.submit(transaction, "train", f"job-{number}", {}, priority=number % 2, fit=f"fit-{number % 5}")
    taken, together = {number: [] for number in range(WORKERS)}, threading.Barrier(WORKERS)
    deadline = time.monotonic() + PATIENCE

    def work(number, claims):
        together.wait()
        while sum(map(len, taken.values())) < JOBS and time.monotonic() < deadline:
            lease = claims.next()
            if lease is not None:
                claims.hold(lease.job.fit)
                taken[number].append(lease)

    workers = [
        threading.Thread(target=work, args=(number, Claims(open_database(), f"worker-{number}", ["train", "gate"])))
        for number in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    leases = [lease for each in taken.values() for lease in each]
    assert sorted(lease.job.label for lease in leases) == sorted(f"job-{number}" for number in range(JOBS))
    assert {(lease.token, lease.job.state) for lease in leases} == {(1, JobState.RUNNING)}
    for each in taken.values():
        order = [lease.job.priority for lease in each]
        assert order == sorted(order, reverse=True)
    for lease in leases:
        queue.finish(lease, {"by": lease.owner})
    assert {job.state for job in queue.jobs()} == {JobState.DONE}


class Interrupted(Claims):
    """Another worker claims a job while this one is about to take its own."""

    def __init__(self, database, other):
        super().__init__(database, "first", ["train", "gate"])
        self.other, self.other_lease = other, None

    def _lease(self, transaction, job):
        self.other_lease = self.other.next()
        return super()._lease(transaction, job)


@pytest.mark.parametrize(("kind", "fit"), [("train", "held"), ("gate", "")])
def test_a_claim_blocks_only_the_job_that_it_takes(migrated_postgresql_url, tmp_path, kind, fit):
    """On PostgreSQL two workers claim at the same moment; SQLite's take turns."""
    with (
        closing(opened(migrated_postgresql_url, tmp_path)) as one,
        closing(opened(migrated_postgresql_url, tmp_path)) as two,
    ):
        queue = Queue(one)
        with one.write() as transaction:
            queue.submit(transaction, "train", "urgent", {}, priority=1)
            queue.submit(transaction, kind, "urgent too", {}, priority=1, fit=fit)
            queue.submit(transaction, "train", "other", {})
        first = Interrupted(one, Claims(two, "second", ["train", "gate"]))
        first.hold("held")
        lease = first.next()
    assert {lease.job.label, first.other_lease.job.label} == {"urgent", "urgent too"}
