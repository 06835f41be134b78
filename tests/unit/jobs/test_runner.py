"""A worker in this process: how it settles jobs by what their handlers do."""

import pytest

from argosy.errors import (
    DecisionOvertaken,
    DefinitionInvalid,
    ErasedMeanwhile,
)
from argosy.jobs.job import JobState
from argosy.jobs.queue import MAXIMUM_LOSSES
from argosy.jobs.runner import Outcome
from stored.rows import name_no_column

TEXT = "my card number is 4929"


def test_what_a_job_submits_is_run_too(worker):
    worker.submit("first")

    def handler(job, guard):
        if job.label == "first":
            return Outcome({}, lambda transaction: worker.queue.submit(transaction, "train", "second", {}))
        return Outcome({"came": "after"})

    assert worker.run(handler).done == 2
    assert worker.queue.get("second").result == {"came": "after"}


def test_an_error_is_tried_again(worker):
    worker.submit("job")
    attempts = []

    def handler(job, guard):
        attempts.append(job.failures)
        if len(attempts) < 3:
            raise RuntimeError("not yet")
        return Outcome({})

    tally = worker.run(handler)
    assert (attempts, tally.retried, tally.done) == ([0, 1, 2], 2, 1)
    assert worker.queue.get("job").error is None


def test_an_error_that_stays_is_kept_with_its_traceback(worker):
    worker.submit("bad", "good")

    def handler(job, guard):
        if job.label == "bad":
            raise RuntimeError(f"cannot read '{TEXT}'") from ValueError(TEXT)
        return Outcome({})

    tally = worker.run(handler)
    bad = worker.queue.get("bad")
    assert (tally.failed, tally.retried, tally.done) == (1, 2, 1)
    assert bad.state is JobState.FAILED
    assert bad.error.startswith("RuntimeError at ")
    assert "test_runner.py" in bad.error
    assert "in handler" in bad.traceback
    assert TEXT not in bad.error + bad.traceback
    assert "ValueError" in bad.traceback


def test_a_user_s_mistake_is_not_tried_again(worker):
    worker.submit("job")

    def handler(job, guard):
        raise DefinitionInvalid("no such option", "model.options.c")

    assert worker.run(handler).retried == 0
    assert worker.queue.get("job").error == "model.options.c: no such option"


def test_an_error_in_what_comes_with_the_result_is_the_job_s(worker):
    worker.submit("job")
    tally = worker.run(lambda job, guard: Outcome({}, lambda transaction: name_no_column(transaction, "nonsense")))
    assert (tally.failed, tally.done) == (1, 0)
    assert "nonsense" in worker.queue.get("job").error


def test_a_result_that_is_not_json_is_the_job_s_failure(worker):
    worker.submit("job")
    assert worker.run(lambda job, guard: Outcome({"a": object()})).failed == 1


def test_a_lost_lease_writes_nothing(worker):
    worker.submit("job")

    def handler(job, guard):
        with worker.queue.database.write() as transaction:
            worker.queue.cancel(transaction, "job")
        return Outcome({}, lambda transaction: worker.queue.submit(transaction, "train", "follow-up", {}))

    tally = worker.run(handler)
    assert (tally.lost, tally.done) == (1, 0)
    assert [job.label for job in worker.queue.jobs()] == ["job"]


@pytest.mark.parametrize("overtaken", [ErasedMeanwhile("examples were erased"), DecisionOvertaken("it moved")])
def test_a_job_that_is_overtaken_begins_again_and_counts_no_failure(worker, overtaken):
    worker.submit("job")
    ran = []

    def handler(job, guard):
        ran.append((job.failures, job.losses))
        if len(ran) < 5:  # more often than a failure is tried again
            return Outcome({}, raising(overtaken))
        return Outcome({})

    tally = worker.run(handler)
    assert ran == [(0, losses) for losses in range(5)]
    assert (tally.retried, tally.failed, tally.done) == (4, 0, 1)
    job = worker.queue.get("job")
    assert (job.state, job.failures, job.error) == (JobState.DONE, 0, None)


def test_a_job_whose_work_always_becomes_obsolete_fails_with_a_reason(worker):
    worker.submit("job")
    tally = worker.run(lambda job, guard: Outcome({}, raising(ErasedMeanwhile("examples were erased"))))
    assert (tally.retried, tally.failed) == (MAXIMUM_LOSSES - 1, 1)
    job = worker.queue.get("job")
    assert (job.state, job.failures, job.losses) == (JobState.FAILED, 0, MAXIMUM_LOSSES)
    assert job.error == (
        "ErasedMeanwhile: examples were erased; its work was lost 10 times: submit it again when the cause is removed"
    )
    assert worker.run(lambda job, guard: Outcome({})).done == 0
    worker.submit("job")
    assert worker.run(lambda job, guard: Outcome({})).done == 1


def raising(error):
    def then(transaction):
        raise error

    return then


def test_a_keeper_is_notified_of_its_workers_leases(worker):
    worker.submit("good", "bad")
    reported = []

    def handler(job, guard):
        assert reported[-1] == guard.lease.key
        if job.label == "bad":
            raise DefinitionInvalid("no such option")
        return Outcome({})

    worker.run(handler, on_lease=lambda lease: reported.append(lease and lease.key))
    assert [key and key.token for key in reported] == [1, None, 1, None]
