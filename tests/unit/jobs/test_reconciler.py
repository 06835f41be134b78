"""The reconciler's decision, and its actions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.clock import SLACK_SECONDS
from argosy.jobs.job import JobState
from argosy.jobs.queue import LONGEST_DELAY, MAXIMUM_LOSSES, Queue
from argosy.jobs.reconciler import Repair, RunningJob, needed_repair, reconcile
from argosy.testing.leases import leased
from stored.clock import put_back
from stored.messages import lose_messages
from stored.rows import column
from stored.sqlite_files import plan_of

NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (RunningJob(NOW + 1, 30, 0), None),
        (RunningJob(NOW + 30, 30, 0), None),
        (RunningJob(NOW - 1, 30, 0), Repair.REQUEUE),
        (RunningJob(NOW - 1, 30, MAXIMUM_LOSSES - 2), Repair.REQUEUE),
        (RunningJob(NOW - 1, 30, MAXIMUM_LOSSES - 1), Repair.GIVE_UP),
        (RunningJob(NOW + 31, 30, 0), None),
        (RunningJob(NOW + 41, 30, 0), Repair.SHORTEN),
        (RunningJob(NOW + 7200, 30, MAXIMUM_LOSSES - 1), Repair.SHORTEN),
    ],
)
def test_decisions(job, expected):
    assert needed_repair(job, NOW) is expected


@given(st.floats(0, 1e5), st.floats(0, 1e4), st.integers(0, 20))
def test_no_lease_is_left_that_ends_later_than_its_length(lease_until, seconds, losses):
    repair = needed_repair(RunningJob(lease_until, seconds, losses), 5e4)
    assert repair is not None or 5e4 <= lease_until <= 5e4 + seconds + SLACK_SECONDS


@pytest.fixture
def queue(database):
    queue = Queue(database)
    with database.write() as transaction:
        queue.submit(transaction, "train", "job", {})
    lose_messages(database)
    return queue


def topics(queue):
    """Of what is to be sent."""
    return column(queue.database, "outbox", "topic")


def test_nothing_to_do_writes_nothing(queue):
    assert reconcile(queue.database) == {}
    assert topics(queue) == []


def test_losing_too_often_is_a_failure(queue):
    for loss in range(1, MAXIMUM_LOSSES + 1):
        assert leased(queue, "job", "gone", seconds=-1)
        assert reconcile(queue.database) == {Repair.GIVE_UP if loss == MAXIMUM_LOSSES else Repair.REQUEUE: 1}
    job = queue.get("job")
    assert (job.state, job.losses, job.failures) == (JobState.FAILED, MAXIMUM_LOSSES, 0)
    assert "lost 10 times, the last time because its worker vanished" in job.error
    assert topics(queue) == ["notifications"]
    assert reconcile(queue.database) == {}


def test_a_lease_given_before_the_clock_was_set_back_ends_within_its_length(queue):
    assert leased(queue, "job", "gone", seconds=20)
    put_back(queue.database, hours=2)
    assert reconcile(queue.database) == {Repair.SHORTEN: 1}
    assert reconcile(queue.database) == {}
    job = queue.get("job")
    with queue.database.read() as transaction:
        assert 0 < job.lease_until - transaction.now() <= 20
    assert job.losses == 0


def test_a_running_worker_keeps_its_lease_when_the_clock_is_set_back(queue):
    lease = leased(queue, "job", "alive", seconds=20)
    put_back(queue.database, hours=2)
    reconcile(queue.database)
    queue.heartbeat(lease)
    assert reconcile(queue.database) == {}
    queue.finish(lease, {})
    assert queue.get("job").state is JobState.DONE


def test_a_delay_from_before_the_clock_was_set_back_is_over(queue):
    queue.put_off(leased(queue, "job"), "its disk is full", LONGEST_DELAY)
    assert leased(queue, "job") is None
    put_back(queue.database, hours=2)
    assert leased(queue, "job") is not None


@pytest.mark.sqlite  # its plans
def test_it_looks_by_index(queue):
    from argosy.jobs.statements import TO_RECONCILE

    plan = plan_of(queue.database, TO_RECONCILE, {"now": 0.0, "slack": 1.0})
    assert plan
    assert not [step for step in plan if "SCAN" in step]
