"""A worker in this process while a database, a disk or a key is unavailable."""

import errno
import threading
from contextlib import contextmanager

import pytest

from argosy.errors import (
    ArtifactsFull,
    DatabaseOutage,
    DatabaseUnavailable,
    ErasedMeanwhile,
    KeyUnavailable,
)
from argosy.jobs.claims import Claims
from argosy.jobs.job import JobState
from argosy.jobs.runner import Outcome, WorkerTimings

TEXT = "my card number is 4929"


def refused_reads(worker, times):
    """The worker's thread is refused the first reads, as many as are listed."""
    read, outages = worker.queue.database.read, []

    def broken():
        if threading.current_thread() is threading.main_thread() and len(outages) < times:
            outages.append(1)
            raise DatabaseUnavailable("gone")
        return read()

    worker.queue.database.read = broken
    return outages


def test_an_outage_of_the_database_is_outlived(worker, caplog):
    worker.submit("job")
    outages = refused_reads(worker, 3)
    assert worker.run(lambda job, guard: Outcome({})).done == 1
    assert len(outages) == 3
    assert caplog.text.count("gone; trying again") == 1


def test_a_claim_whose_answer_was_lost_is_given_back(worker):
    """The worker holds the job according to its row, without knowing it."""
    worker.submit("job")
    write, lost = worker.queue.database.write, []

    @contextmanager
    def losing():
        with write() as transaction:
            yield transaction
        if worker.queue.get("job").state is JobState.RUNNING and not lost:
            lost.append(1)
            raise DatabaseOutage("the connection is gone")

    worker.queue.database.write = losing
    assert worker.run(lambda job, guard: Outcome({})).done == 1
    assert lost
    job = worker.queue.get("job")
    assert (job.token, job.losses, job.failures) == (2, 0, 0)


@pytest.mark.parametrize("times", [1, 0])
def test_no_lease_is_repaired_just_after_an_outage(worker, times):
    """The holder could not prolong it meanwhile."""
    worker.submit("job")
    Claims(worker.queue.database, "other", ["train"], seconds=-1.0).next()
    refused_reads(worker, times)
    meanwhile = WorkerTimings(poll=0.01, reconcile=0.0, recover=0.01, heartbeat=3600.0)
    tally = worker.run(lambda job, guard: Outcome({}), timings=meanwhile)
    assert (tally.done, worker.queue.get("job").losses) == ((0, 0) if times else (1, 1))


def caused(error, by):
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    "outage",
    [
        ArtifactsFull("no room"),
        DatabaseOutage("locked"),
        KeyUnavailable("there is no master key here"),
        OSError(errno.ENOSPC, TEXT, "/tmp/x"),
        OSError(errno.EMFILE, TEXT),
        caused(ValueError(TEXT), OSError(errno.ENOSPC, TEXT)),
    ],
    ids=lambda outage: type(outage).__name__,
)
def test_a_job_is_postponed_while_an_outage_lasts(worker, outage, caplog):
    worker.submit("job")
    ran = []

    def handler(job, guard):
        ran.append(job.error)
        if len(ran) < 8:  # more often than a failure is tried again
            raise outage
        return Outcome({})

    tally = worker.run(handler)
    assert (tally.put_off, tally.failed, tally.retried, tally.done) == (7, 0, 0, 1)
    assert ran[0] is None
    assert caplog.text.count("job is postponed: ") == 1
    assert type(outage).__name__ in ran[1] or ran[1] == str(outage)  # of a mistake, only the sentence
    assert TEXT not in ran[1]
    job = worker.queue.get("job")
    assert (job.state, job.failures, job.losses, job.error) == (JobState.DONE, 0, 0, None)


def test_what_was_computed_is_kept_until_the_database_takes_it(worker):
    worker.submit("long")
    ran, written = [], []

    def then(_):
        written.append(1)
        if len(written) < 4:
            raise DatabaseOutage("the server is restarting")

    def handler(job, guard):
        ran.append(job.label)
        return Outcome({"accuracy": 0.9}, then)

    assert worker.run(handler).done == 1
    assert (ran, len(written)) == (["long"], 4)
    assert worker.queue.get("long").result == {"accuracy": 0.9}


def refusing_writes(worker, times):
    """From now on the worker's thread is refused that many writes; the counter."""
    write, left = worker.queue.database.write, [times]

    def refusing():
        if threading.current_thread() is threading.main_thread() and left[0]:
            left[0] -= 1
            raise DatabaseOutage("the server is restarting")
        return write()

    worker.queue.database.write = refusing
    return left


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, TEXT), ErasedMeanwhile("they were"), ValueError(TEXT)])
def test_a_job_is_given_back_when_the_database_is_there_again(worker, error):
    """Not only when its lease has expired."""
    worker.submit("job")
    ran = []

    def handler(job, guard):
        ran.append(refusing_writes(worker, 3) if not ran else [0])
        if len(ran) == 1:
            raise error
        return Outcome({})

    tally = worker.run(handler)
    assert (len(ran), ran[0], tally.lost, tally.done) == (2, [0], 0, 1)


def test_what_the_database_does_not_take_for_long_is_computed_again(worker):
    worker.submit("long")
    ran = []

    def then(_):
        if len(ran) == 1:
            raise DatabaseOutage("the disk is full")

    def handler(job, guard):
        ran.append(job.label)
        return Outcome({}, then)

    tally = worker.run(handler, timings=WorkerTimings(poll=0.01, reconcile=0.0, recover=0.01, settle=0.0))
    assert (tally.done, tally.put_off, len(ran)) == (1, 1, 2)
