"""The queue, one call at a time."""

import pytest

from argosy.errors import JobNotFound, LeaseLost
from argosy.jobs.job import JobState, LeaseKey
from argosy.jobs.queue import ATTEMPTS, Queue
from argosy.testing.leases import leased
from stored.jobs import end_delays
from stored.messages import in_outbox
from stored.rows import count


@pytest.fixture
def queue(database):
    return Queue(database)


def submit(queue, label="job", **payload):
    with queue.database.write() as transaction:
        return queue.submit(transaction, "train", label, payload, {"mine": "digest"})


def test_a_label_is_queued_once(queue):
    assert submit(queue, a=1)
    assert not submit(queue, a=2)
    assert queue.get("job").payload == {"a": 1}
    assert count(queue.database, "outbox") == 1


def test_a_submission_that_does_not_commit_is_none(queue):
    def give_up():
        with queue.database.write() as transaction:
            queue.submit(transaction, "train", "job", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    with pytest.raises(JobNotFound, match="job"):
        queue.get("job")
    assert count(queue.database, "outbox") == 0


def test_one_lease_at_a_time(queue):
    submit(queue)
    lease = leased(queue, "job", "first")
    assert leased(queue, "job", "second") is None
    assert leased(queue, "absent", "first") is None
    assert (lease.job.state, lease.job.owner, lease.token) == (JobState.RUNNING, "first", 1)


def test_finishing_writes_everything_or_nothing(queue):
    submit(queue)
    lease = leased(queue, "job", "first")

    def breaks(transaction):
        queue.submit(transaction, "train", "follow-up", {})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        queue.finish(lease, {"a": 1}, breaks)
    assert queue.get("job").state is JobState.RUNNING
    queue.finish(lease, {"a": 1}, lambda transaction: queue.submit(transaction, "train", "follow-up", {}))
    assert [(job.label, job.state, job.result) for job in queue.jobs()] == [
        ("job", JobState.DONE, {"a": 1}),
        ("follow-up", JobState.QUEUED, None),
    ]


def test_a_settled_lease_settles_nothing_more(queue):
    submit(queue)
    lease = leased(queue, "job", "first")
    queue.finish(lease, {"a": 1})
    for attempt in (
        lambda: queue.finish(lease, {"a": 2}, lambda transaction: queue.submit(transaction, "train", "again", {})),
        lambda: queue.heartbeat(lease),
        lambda: queue.fail(lease, "late"),
    ):
        with pytest.raises(LeaseLost, match=r"job was taken from first"):
            attempt()
    assert not queue.release(lease)
    assert queue.get("job").result == {"a": 1}
    assert len(queue.jobs()) == 1


def test_only_the_newest_lease_settles(queue):
    submit(queue)
    older = leased(queue, "job", "first")
    queue.release(older)
    newer = leased(queue, "job", "second")
    for attempt in (
        lambda: queue.finish(older, {"by": "first"}),
        lambda: queue.heartbeat(older),
        lambda: queue.fail(older, "late"),
    ):
        with pytest.raises(LeaseLost):
            attempt()
    assert not queue.release(older)
    assert queue.get("job").owner == "second"
    queue.finish(newer, {"by": "second"})
    assert queue.get("job").result == {"by": "second"}


def test_a_failure_is_tried_again_and_then_final(queue):
    submit(queue)
    for attempt in range(1, ATTEMPTS + 1):
        lease = leased(queue, "job", "first")
        assert queue.fail(lease, f"error {attempt}", "traceback") == (attempt < ATTEMPTS)
        assert leased(queue, "job", "first") is None, "not before the back-off"
        end_delays(queue.database)
    job = queue.get("job")
    assert (job.state, job.failures, job.error, job.traceback) == (JobState.FAILED, ATTEMPTS, "error 3", "traceback")
    reported = in_outbox(queue.database, "notifications")
    assert ['"definition_failed"' in body and '"error 3"' in body for body in reported] == [True]


def test_a_user_s_mistake_is_final_at_once(queue):
    submit(queue)
    assert not queue.fail(leased(queue, "job", "first"), "no such option", retry=False)
    assert queue.get("job").state is JobState.FAILED


@pytest.mark.parametrize("ending", ["failed", "cancelled"])
def test_a_failed_or_cancelled_label_starts_afresh(queue, ending):
    submit(queue, a=1)
    lease = leased(queue, "job", "first")
    if ending == "failed":
        queue.fail(lease, "error", retry=False)
    else:
        with queue.database.write() as transaction:
            assert queue.cancel(transaction, "job")
    assert submit(queue, a=2)
    job = queue.get("job")
    assert (job.state, job.payload, job.failures, job.error, job.finished_at) == (
        JobState.QUEUED, {"a": 2}, 0, None, None,
    )  # fmt: skip
    with pytest.raises(LeaseLost):
        queue.finish(lease, {})
    assert leased(queue, "job", "second").token == 2


def test_cancelling_takes_the_lease_away(queue):
    submit(queue)
    lease = leased(queue, "job", "first")
    with queue.database.write() as transaction:
        assert queue.cancel(transaction, "job")
        assert not queue.cancel(transaction, "job")
    with pytest.raises(LeaseLost):
        queue.heartbeat(lease)
    assert queue.get("job").state is JobState.CANCELLED


def test_a_released_job_is_there_for_anyone_at_once(queue):
    submit(queue)
    assert queue.release(leased(queue, "job", "first"))
    lease = leased(queue, "job", "second")
    assert (lease.job.failures, lease.job.losses, lease.token) == (0, 0, 2)


def test_an_expired_lease_holds_until_it_is_taken_away(queue):
    submit(queue)
    lease = leased(queue, "job", "first", seconds=0)
    queue.heartbeat(lease)
    queue.finish(lease, {"a": 1})
    assert queue.get("job").result == {"a": 1}


def test_listing_by_kind_and_state(queue):
    with queue.database.write() as transaction:
        queue.submit(transaction, "train", "one", {})
        queue.submit(transaction, "gate", "two", {})
    queue.finish(leased(queue, "two", "first"), {})
    assert [job.label for job in queue.jobs()] == ["one", "two"]
    assert [job.label for job in queue.jobs("gate")] == ["two"]
    assert [job.label for job in queue.jobs("gate", JobState.QUEUED)] == []
    assert [job.label for job in queue.jobs(state=JobState.DONE)] == ["two"]


def test_a_lease_is_known_by_its_key_for_as_long_as_it_is_held(queue):
    submit(queue, "one")
    submit(queue, "other")
    one, other = leased(queue, "one", "first"), leased(queue, "other", "second")
    keys = [one.key, other.key, LeaseKey(one.job.id, 99), LeaseKey(99, 1)]
    found = queue.leases(keys)
    assert {key: lease.owner for key, lease in found.items()} == {one.key: "first", other.key: "second"}
    assert queue.is_held(one)
    queue.fail(found[one.key], "too long", retry=False)
    assert not queue.is_held(one)
    with queue.database.write() as transaction:
        queue.cancel(transaction, "other")
    assert queue.leases(keys) == {}
    assert queue.get("one").error == "too long"


def test_limits_change_for_what_is_not_over(queue):
    def limits():
        return {job.label: job.payload.get("limits") for job in queue.jobs()}

    for label in ("queued", "running", "done"):
        submit(queue, label, limits={"seconds": 5.0})
    leased(queue, "running")
    queue.finish(leased(queue, "done"), {})
    with queue.database.write() as transaction:
        for label in ("queued", "running", "done", "absent"):
            queue.set_limits(transaction, label, {"memory": 1 << 30})
    assert limits() == {"queued": {"memory": 1 << 30}, "running": {"memory": 1 << 30}, "done": {"seconds": 5.0}}
    with queue.database.write() as transaction:
        queue.set_limits(transaction, "queued", {})
    assert queue.get("queued").payload == {}


def test_something_is_open_until_all_has_ended(queue):
    assert not queue.is_any_open()
    submit(queue)
    assert queue.is_any_open()
    lease = leased(queue, "job")
    assert queue.is_any_open()
    queue.finish(lease, {})
    assert not queue.is_any_open()


def test_what_is_shown_first_is_what_runs(queue):
    for label in ("failed", "done", "oldest", "queued", "running"):
        submit(queue, label)
    queue.fail(leased(queue, "failed"), "broken", retry=False)
    queue.finish(leased(queue, "done"), {})
    leased(queue, "running")
    assert [job.label for job in queue.newest()] == ["running", "queued", "oldest", "failed", "done"]
    assert [job.label for job in queue.newest(most=2)] == ["running", "queued"]
    assert [job.label for job in queue.newest(state=JobState.FAILED)] == ["failed"]
    assert queue.newest(kind="gate") == []
    assert {state.value: number for state, number in queue.counts().items()} == {
        "queued": 2,
        "running": 1,
        "done": 1,
        "failed": 1,
        "cancelled": 0,
    }
