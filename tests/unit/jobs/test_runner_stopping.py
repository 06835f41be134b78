"""A worker that is stopped, interrupted or drained, and a job that is cancelled."""

import threading

import pytest

from argosy.errors import (
    LeaseLost,
)
from argosy.jobs.job import JobState
from argosy.jobs.runner import Outcome, WorkerTimings
from argosy.testing.waiting import PATIENCE


def test_a_running_job_learns_that_it_was_cancelled(worker):
    worker.submit("job")
    noticed = []

    def handler(job, guard):
        with worker.queue.database.write() as transaction:
            worker.queue.cancel(transaction, "job")
        while not guard.is_lost:
            guard._lost.wait(0.01)
        with pytest.raises(LeaseLost) as error:
            guard.check()
        noticed.append(error.value)
        raise error.value

    assert worker.run(handler, timings=WorkerTimings(poll=0.01)).lost == 1, "before its next heartbeat"
    assert len(noticed) == 1


def test_a_stopping_worker_gives_the_job_back(worker):
    worker.submit("job")

    def handler(job, guard):
        worker.stop.set()
        guard.check()
        raise AssertionError("it went on")

    assert worker.run(handler).released == 1
    assert worker.queue.get("job").state is JobState.QUEUED


def test_a_job_that_does_not_notice_the_stop_is_given_back_for_it(worker):
    worker.submit("job")

    def handler(job, guard):
        worker.stop.set()
        assert guard._lost.wait(PATIENCE)  # a slow fit
        assert worker.queue.get("job").state is JobState.QUEUED
        return Outcome({"a": 1}, lambda transaction: worker.queue.submit(transaction, "train", "follow-up", {}))

    tally = worker.run(handler, timings=WorkerTimings(patience=0.01))
    assert (tally.released, tally.lost, tally.done) == (1, 0, 0)
    assert [(job.label, job.state) for job in worker.queue.jobs()] == [("job", JobState.QUEUED)]


def test_ctrl_c_gives_the_job_back(worker):
    worker.submit("job")

    def handler(job, guard):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker.run(handler)
    assert worker.queue.get("job").state is JobState.QUEUED
    assert "heartbeat" not in [thread.name for thread in threading.enumerate()]


def test_a_job_with_a_grace_period_ends_and_no_other_begins(worker):
    worker.submit("first", "second")
    interrupt = threading.Event()

    def handler(job, guard):
        worker.stop.set()
        guard.check()
        return Outcome({})

    tally = worker.run(handler, interrupt=interrupt)
    assert (tally.done, tally.released) == (1, 0)
    assert worker.queue.get("second").state is JobState.QUEUED


def test_it_is_given_back_when_its_time_is_over(worker):
    worker.submit("job")
    interrupt = threading.Event()

    def handler(job, guard):
        worker.stop.set()
        guard.check()
        interrupt.set()
        guard.check()

    assert worker.run(handler, interrupt=interrupt).released == 1
    assert worker.queue.get("job").state is JobState.QUEUED


def test_a_drained_worker_ends_its_job_and_begins_no_other(worker):
    worker.submit("first", "second")
    drained = threading.Event()

    def handler(job, guard):
        drained.set()
        guard.check()
        return Outcome({})

    tally = worker.run(handler, drained=drained)
    assert (tally.done, tally.released, tally.is_drained) == (1, 0, True)
    assert worker.queue.get("second").state is JobState.QUEUED
