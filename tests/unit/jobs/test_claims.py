"""Which job a worker is given."""

import pytest

from argosy.jobs.claims import IN_A_ROW, Claims
from argosy.jobs.job import JobState
from argosy.jobs.queue import Queue
from stored.clock import pass_time
from stored.rows import alter, column
from stored.sqlite_files import plan_of


@pytest.fixture
def queue(database):
    return Queue(database)


def submit(queue, *labels, kind="train", requires=None, priority=0, fit=""):
    with queue.database.write() as transaction:
        for label in labels:
            assert queue.submit(transaction, kind, label, {}, requires, priority, fit)


def claims(queue, *kinds, able=None, owner="worker"):
    return Claims(queue.database, owner, kinds or ("train", "gate"), able)


def labels(claimed, count=99, **how):
    """The labels of up to `count` claims in a row, none of which is settled."""
    found = []
    while len(found) < count and (lease := claimed.next(**how)):
        found.append(lease.job.label)
    return found


def test_the_oldest_first(queue):
    submit(queue, "b", "a")
    submit(queue, "c", kind="gate")
    assert labels(claims(queue)) == ["b", "a", "c"]


def test_a_label_submitted_again_is_as_old_as_its_last_submission(queue):
    submit(queue, "a", "b")
    with queue.database.write() as transaction:
        queue.cancel(transaction, "a")
    pass_time(queue.database, 1)
    submit(queue, "a")
    assert labels(claims(queue)) == ["b", "a"]


def test_priority_comes_before_the_fit_and_the_fit_before_age(queue):
    submit(queue, "old", fit="x")
    submit(queue, "same", fit="y")
    submit(queue, "urgent", kind="gate", priority=1)
    submit(queue, "urgent and same", fit="y", priority=1)
    claimed = claims(queue)
    claimed.hold("y")
    assert labels(claimed) == ["urgent and same", "urgent", "same", "old"]


def test_what_is_held_no_more_is_not_preferred(queue):
    submit(queue, "old", fit="x")
    submit(queue, "same", fit="y")
    claimed = claims(queue)
    claimed.hold("y")
    claimed.hold("")
    assert labels(claimed, 1) == ["old"]


def test_jobs_of_one_fit_without_end_delay_no_other_for_long(queue):
    submit(queue, "first", fit="x")
    submit(queue, "other", fit="y")
    submit(queue, *(f"same {number}" for number in range(2 * IN_A_ROW)), fit="x")
    claimed, ran = claims(queue), []
    while "other" not in ran:
        lease = claimed.next()
        claimed.hold(lease.job.fit)
        ran.append(lease.job.label)
    assert len(ran) == 1 + IN_A_ROW + 1


def test_a_job_is_given_once(queue):
    submit(queue, *"abcdef")
    workers = [claims(queue, owner=f"worker-{number}") for number in range(3)]
    leases = [worker.next() for _ in range(3) for worker in workers]
    assert sorted(lease.job.label for lease in leases if lease) == list("abcdef")
    assert {(lease.token, lease.job.state) for lease in leases if lease} == {(1, JobState.RUNNING)}


def test_kinds_without_a_handler_and_paused_ones_are_left(queue):
    submit(queue, "theirs", kind="measure", priority=1)
    submit(queue, "train")
    submit(queue, "gate", kind="gate")
    claimed = claims(queue)
    assert labels(claimed, paused_kind="train") == ["gate"]
    assert labels(claimed) == ["train"]
    assert queue.get("theirs").state is JobState.QUEUED


def test_what_a_worker_has_not_is_left_to_another_at_once(queue):
    submit(queue, *(f"theirs {number}" for number in range(3)), requires={"adapter.mine": "1"}, priority=1)
    alter(queue.database, "jobs", {"label": "theirs 2"}, requires='{ "adapter.mine" : "1" }')
    submit(queue, "anybody's")
    asked = []
    claimed = claims(queue, able=lambda requires: asked.append(requires) or not requires)
    assert labels(claimed) == ["anybody's"]
    assert len(asked) == 3, "once for each way to write it"
    assert labels(claims(queue)) == ["theirs 0", "theirs 1", "theirs 2"]


def test_a_job_is_not_given_before_its_time(queue):
    submit(queue, "later", "now")
    with queue.database.read() as transaction:
        soon = transaction.now() + 30
    alter(queue.database, "jobs", {"label": "later"}, not_before=soon)
    assert labels(claims(queue)) == ["now"]


def test_a_row_that_cannot_be_read_fails_and_delays_nothing(queue):
    submit(queue, "bad", "good")
    alter(queue.database, "jobs", {"label": "bad"}, payload="not json")
    assert labels(claims(queue)) == ["good"]
    assert column(queue.database, "jobs", "state", label="bad") == [JobState.FAILED]


def test_a_poll_without_a_job_writes_nothing(queue):
    submit(queue, "theirs", kind="measure")
    writer = type(queue.database)(queue.database.url)
    with writer.write():  # a writer would wait for it
        assert labels(claims(queue)) == []
    writer.close()


@pytest.mark.sqlite  # its plans
@pytest.mark.parametrize("has_fit", [False, True])
def test_it_looks_by_index(queue, has_fit):
    from argosy.jobs.statements import READY, READY_OF_FIT

    values = {"kind": "train", "now": 0.0, "longest": 1.0, "refused": ["", "x"], "passed": [0, 1], "fit": "x"}
    reported = " ".join(plan_of(queue.database, READY_OF_FIT if has_fit else READY, values))
    assert "SCAN" not in reported
    assert "ORDER BY" not in reported, "it sorts"
    assert ("jobs_ready_by_fit" if has_fit else "jobs_ready") in reported
