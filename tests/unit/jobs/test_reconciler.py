"""The reconciler's decision, and what it does about it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.jobs.job import JobState
from argosy.jobs.queue import MAXIMUM_LOSSES, Queue
from argosy.jobs.reconciler import (
    ANCIENT_SECONDS,
    STALE_SECONDS,
    Repair,
    Snapshot,
    decide,
    reconcile,
)

NOW = 1_000_000.0


def running(lease_until, losses=0):
    return Snapshot(JobState.RUNNING, lease_until, NOW - 1e6, 0.0, losses)


def queued(published_at, not_before=0.0):
    return Snapshot(JobState.QUEUED, None, published_at, not_before, 0)


@pytest.mark.parametrize(
    ("job", "queue_is_empty", "expected"),
    [
        (running(NOW + 1), True, None),
        (running(NOW - 1), False, Repair.REQUEUE),
        (running(NOW - 1, MAXIMUM_LOSSES - 2), False, Repair.REQUEUE),
        (running(NOW - 1, MAXIMUM_LOSSES - 1), False, Repair.GIVE_UP),
        (queued(NOW - 1), True, None),
        (queued(NOW - STALE_SECONDS - 1), False, None),
        (queued(NOW - STALE_SECONDS - 1), True, Repair.PUBLISH),
        (queued(NOW - ANCIENT_SECONDS - 1), False, Repair.PUBLISH),
        (queued(None), False, Repair.PUBLISH),
        (queued(None, not_before=NOW + 1), True, None),
        (queued(NOW - ANCIENT_SECONDS - 1, not_before=NOW + 1), True, None),
    ],
)
def test_decisions(job, queue_is_empty, expected):
    assert decide(job, NOW, queue_is_empty) is expected


times = st.none() | st.floats(NOW - 1e5, NOW + 1e5)


@settings(deadline=None)
@given(
    st.builds(Snapshot, st.sampled_from(JobState), times, times, st.floats(NOW - 1e5, NOW + 1e5), st.integers(0, 20)),
    st.booleans(),
)
def test_a_job_that_has_ended_or_is_held_is_left_alone(job, queue_is_empty):
    repair = decide(job, NOW, queue_is_empty)
    is_held = job.state is JobState.RUNNING and (job.lease_until is None or job.lease_until >= NOW)
    if job.state.is_final or is_held or (job.state is JobState.QUEUED and job.not_before > NOW):
        assert repair is None
    if job.state is JobState.QUEUED:
        assert repair in (None, Repair.PUBLISH)


@pytest.fixture
def queue(database):
    queue = Queue(database)
    with database.write() as transaction:
        queue.submit(transaction, "train", "job", {})
        transaction.execute("DELETE FROM outbox")
    return queue


def outbox(queue):
    with queue.database.read() as transaction:
        return transaction.execute("SELECT queue FROM outbox ORDER BY id")


def test_nothing_to_do_writes_nothing(queue):
    assert reconcile(queue.database, queue_is_empty=True) == {}
    assert outbox(queue) == []


def test_losing_too_often_is_a_failure(queue):
    for loss in range(1, MAXIMUM_LOSSES + 1):
        assert queue.lease("job", "gone", seconds=-1)
        assert reconcile(queue.database) == {Repair.GIVE_UP if loss == MAXIMUM_LOSSES else Repair.REQUEUE: 1}
    job = queue.get("job")
    assert (job.state, job.losses, job.failures) == (JobState.FAILED, MAXIMUM_LOSSES, 0)
    assert "lost 10 times, the last time because its worker vanished" in job.error
    assert outbox(queue) == [("jobs",)] * (MAXIMUM_LOSSES - 1) + [("notifications",)]
    assert reconcile(queue.database) == {}


def test_a_retry_gets_its_message_when_its_time_has_come(queue):
    queue.fail(queue.lease("job", "first"), "error")
    assert reconcile(queue.database) == {}
    with queue.database.write() as transaction:
        transaction.execute("UPDATE jobs SET not_before = 0")
    assert reconcile(queue.database) == {Repair.PUBLISH: 1}
    assert reconcile(queue.database) == {}
    assert outbox(queue) == [("jobs",)]


def test_a_vanished_message_is_published_again(queue):
    with queue.database.write() as transaction:
        transaction.execute("UPDATE jobs SET published_at = published_at - :s", {"s": STALE_SECONDS + 1})
    assert reconcile(queue.database) == {}
    assert reconcile(queue.database, queue_is_empty=True) == {Repair.PUBLISH: 1}
    assert outbox(queue) == [("jobs",)]


def test_it_looks_by_index(queue):
    from argosy.jobs.statements import TO_RECONCILE

    with queue.database.read() as transaction:
        plan = transaction.execute("EXPLAIN QUERY PLAN " + TO_RECONCILE, {"now": 0.0, "stale": 0.0})
    assert not [row for row in plan if "SCAN" in row[3]]
