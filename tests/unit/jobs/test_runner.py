"""A worker in this process: how it settles jobs by what their handlers do."""

import errno
import threading
from contextlib import contextmanager

import msgspec
import pytest

from argosy.errors import (
    ArtifactsFull,
    BrokerUnavailable,
    DatabaseOutage,
    DatabaseUnavailable,
    DecisionOvertaken,
    DefinitionInvalid,
    ErasedMeanwhile,
    KeyUnavailable,
    LeaseLost,
)
from argosy.jobs.claims import Claims
from argosy.jobs.job import JobState
from argosy.jobs.queue import MAXIMUM_LOSSES, TOPIC, URGENT, WORKERS, Queue
from argosy.jobs.runner import Outcome, WorkerTimings, run_worker
from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.message import Message
from argosy.messaging.outbox import emit
from argosy.messaging.relay import relay
from argosy.testing.waiting import PATIENCE
from stored.jobs import end_delays
from stored.messages import in_outbox, lose_messages
from stored.rows import name_no_column

TEXT = "my card number is 4929"
TIMINGS = WorkerTimings(poll=0.01, reconcile=0.0, recover=0.01)


class Worker:
    """Runs a worker until every job has ended, or a limit of idle turns is reached."""

    def __init__(self, database):
        self.queue, self.broker, self.stop, self.idle = Queue(database), SqlBroker(database), threading.Event(), 0

    def submit(self, *labels, kind="train", requires=None, priority=0, fit="", **payload):
        with self.queue.database.write() as transaction:
            for label in labels:
                self.queue.submit(transaction, kind, label, payload, requires, priority, fit)

    def run(self, handler, *kinds, able=None, timings=TIMINGS, turns=50, paused_kind=lambda: "", **more):
        def until():
            self.idle += 1
            end_delays(self.queue.database)
            return all(job.state.is_final for job in self.queue.jobs()) or self.idle >= turns

        work_on, how = (
            dict.fromkeys(kinds or ["train"], handler),
            {"able": able, "until": until, "timings": timings, **more},
        )
        return run_worker(self.queue, self.broker, work_on, "worker", self.stop, paused_kind=paused_kind, **how)


@pytest.fixture
def worker(database):
    return Worker(database)


def test_jobs_run_in_the_order_of_submission(worker):
    ran = []
    worker.submit(*(f"job-{number}" for number in range(20)))
    tally = worker.run(lambda job, guard: ran.append(job.label) or Outcome({"label": job.label}))
    assert ran == [f"job-{number}" for number in range(20)]
    assert (tally.done, tally.failed) == (20, 0)
    assert worker.queue.get("job-3").result == {"label": "job-3"}


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


def test_jobs_for_other_workers_are_left_to_them(worker):
    worker.submit("theirs", requires={"plugin": "digest"})
    worker.submit("other kind", kind="gate")
    worker.submit("ours", requires={"known": "digest"})
    tally = worker.run(lambda job, guard: Outcome({}), able=lambda requires: "plugin" not in requires, turns=5)
    assert tally.done == 1
    assert {job.label for job in worker.queue.jobs(state=JobState.QUEUED)} == {"theirs", "other kind"}
    worker.idle = 0
    assert worker.run(lambda job, guard: Outcome({}), turns=5).done == 1


def test_a_message_wakes_a_worker_whatever_it_says(worker):
    worker.submit("job")
    worker.broker.publish(TOPIC, Message(b"not json"), Message(b'{"kind": "train", "label": "absent"}'))
    assert worker.run(lambda job, guard: Outcome({})).done == 1
    assert worker.idle <= 3


def test_a_submission_announces_its_label(worker):
    receiver = worker.broker.receiver(TOPIC, "watcher")
    worker.submit("job")
    relay(worker.queue.database, worker.broker)
    assert msgspec.json.decode(receiver.receive().message.body) == {"kind": "train", "label": "job"}


def test_jobs_whose_messages_are_lost_run_all_the_same(worker):
    worker.submit("a", "b", "c")
    lose_messages(worker.queue.database)
    ran = []
    assert worker.run(lambda job, guard: ran.append(job.label) or Outcome({})).done == 3
    assert ran == ["a", "b", "c"]
    assert worker.idle == 1, "it polled between two of them"


def test_messages_that_come_twice_or_in_another_order_change_nothing(worker):
    ran = []
    worker.submit("a", "b", "c")
    backwards = in_outbox(worker.queue.database, TOPIC)[::-1]
    with worker.queue.database.write() as transaction:
        for body in backwards * 2:
            emit(transaction, TOPIC, msgspec.json.decode(body))
    assert worker.run(lambda job, guard: ran.append(job.label) or Outcome({})).done == 3
    assert ran == ["a", "b", "c"]


@pytest.mark.parametrize("call", ["receiver", "publish"])
def test_an_unavailable_broker_blocks_no_job(worker, call, caplog):
    worker.submit("a", "b")

    def away(*_):
        raise BrokerUnavailable("connection refused")

    worker.broker.subscribe(TOPIC, WORKERS)
    setattr(worker.broker, call, away)
    assert worker.run(lambda job, guard: Outcome({})).done == 2
    assert caplog.text.count("connection refused; jobs are found by polling") == 1


def test_what_no_broker_took_is_published_when_it_does(worker, caplog):
    worker.submit("a", "b")
    publish, receiver, refused, opened = worker.broker.publish, worker.broker.receiver, [], []

    def full(*message):
        if len(refused) < 3:
            refused.append(message)
            raise BrokerUnavailable("it takes no messages")
        return publish(*message)

    worker.broker.publish = full
    worker.broker.receiver = lambda *of: opened.append(of) or receiver(*of)
    worker.run(lambda job, guard: Outcome({}), until=lambda: not in_outbox(worker.queue.database, TOPIC))
    assert len(refused) == 3
    assert len(opened) == 1, "it goes on receiving"
    assert caplog.text.count("it takes no messages; jobs are found by polling") == 1


def test_a_queue_that_refuses_receivers_for_long_is_made_anew(worker, caplog):
    receiver, unsubscribe, made_anew = worker.broker.receiver, worker.broker.unsubscribe, []

    def refused(*of):
        if not made_anew:
            raise BrokerUnavailable("INTERNAL_ERROR")
        return receiver(*of)

    worker.broker.receiver = refused
    worker.broker.unsubscribe = lambda *of: made_anew.append(of) or unsubscribe(*of)
    timings = WorkerTimings(poll=0.01, refused=0.1)
    worker.run(
        lambda job, guard: Outcome({}),
        timings=timings,
        until=lambda: worker.broker.backlog(TOPIC, WORKERS) and made_anew,
    )
    assert made_anew == [(TOPIC, WORKERS)]
    assert caplog.text.count("nothing could be received from the queue of jobs; it is made anew") == 1


def test_the_queue_of_a_broker_that_is_away_is_left_alone(worker):
    attempts, made_anew = [], []

    def away(*of):
        attempts.append(of)
        raise BrokerUnavailable("connection refused")

    worker.broker.subscribe, worker.broker.unsubscribe = away, made_anew.append
    timings = WorkerTimings(poll=0.01, refused=0.0)
    worker.run(lambda job, guard: Outcome({}), timings=timings, until=lambda: len(attempts) > 5)
    assert made_anew == []


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
    tally = worker.run(lambda job, guard: Outcome({}))
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
def test_a_job_is_postponed_while_an_outage_lasts(worker, outage):
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
        "ErasedMeanwhile: examples were erased; its work was lost 10 times: submit it again when that has ended"
    )
    assert worker.run(lambda job, guard: Outcome({})).done == 0
    worker.submit("job")
    assert worker.run(lambda job, guard: Outcome({})).done == 1


def raising(error):
    def then(transaction):
        raise error

    return then


def test_what_is_urgent_waits_behind_nothing(worker):
    ran = []
    worker.submit("a", "b")
    worker.submit("asked", kind="retrain", priority=URGENT)

    def handler(job, guard):
        ran.append(job.label)
        if job.kind == "retrain":
            return Outcome({}, lambda within: worker.queue.submit(within, "train", "its own", {}, priority=URGENT))
        return Outcome({})

    assert worker.run(handler, "train", "retrain").done == 4
    assert ran == ["asked", "its own", "a", "b"]


def test_a_worker_continues_with_the_fit_that_it_holds(worker):
    ran = []
    for label, fit in (("a1", "a"), ("b1", "b"), ("a2", "a"), ("b2", "b"), ("gate", "")):
        worker.submit(label, fit=fit)
    assert worker.run(lambda job, guard: ran.append(job.label) or Outcome({})).done == 5
    assert ran == ["a1", "a2", "b1", "b2", "gate"]


def test_while_training_is_paused_the_rest_is_done_and_no_job_is_lost(worker):
    ran, turns = [], []
    worker.submit("a", "b")
    worker.submit("gate", kind="gate", priority=URGENT)
    worker.submit("mine", kind="measure")

    def paused_kind():
        turns.append(None)
        return "train" if len(turns) < 20 else ""

    def handler(job, guard):
        ran.append((job.label, len(turns) < 20))
        return Outcome({})

    tally = worker.run(handler, "train", "gate", "measure", paused_kind=paused_kind)
    assert ran == [("gate", True), ("mine", True), ("a", False), ("b", False)]
    assert tally.done == 4


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
