"""A worker in this process, and the messages and the broker that wake it."""

import msgspec
import pytest

from argosy.errors import (
    BrokerUnavailable,
)
from argosy.jobs.queue import TOPIC, WORKERS
from argosy.jobs.runner import Outcome, WorkerTimings
from argosy.messaging.message import Message
from argosy.messaging.outbox import emit
from argosy.messaging.relay import relay
from stored.messages import in_outbox, lose_messages


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
    assert caplog.text.count("nothing could be received from the queue of jobs; it is created again") == 1


def test_the_queue_of_a_broker_that_is_away_is_left_alone(worker):
    attempts, made_anew = [], []

    def away(*of):
        attempts.append(of)
        raise BrokerUnavailable("connection refused")

    worker.broker.subscribe, worker.broker.unsubscribe = away, made_anew.append
    timings = WorkerTimings(poll=0.01, refused=0.0)
    worker.run(lambda job, guard: Outcome({}), timings=timings, until=lambda: len(attempts) > 5)
    assert made_anew == []
