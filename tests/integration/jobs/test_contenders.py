"""Two submitters, relays and reconcilers at the same time."""

import json

from argosy.jobs.claims import Claims
from argosy.jobs.job import JobState
from argosy.jobs.queue import Queue
from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.outbox import emit
from stored.messages import sent


def test_two_submitters_queue_every_label_once(bench):
    bench.start("submit", "left", "right")
    for name in ("left", "right"):
        bench.end(name)
    queued = [
        label for name in ("left", "right") for label in json.loads((bench.folder / f"{name}.queued").read_text())
    ]
    assert sorted(queued) == sorted(job.label for job in Queue(bench.database).jobs(state=JobState.QUEUED))
    assert len(queued) == len(set(queued)) == 60
    assert len(sent(bench.database, "jobs")) == 60
    assert bench.count("plan_jobs") == 120


def test_two_relays_publish_every_row_once(bench):
    SqlBroker(bench.database).subscribe("events", "reader")
    bench.start("relay", "left", "right")
    for number in range(0, 400, 4):
        with bench.database.write() as transaction:
            for one in range(number, number + 4):
                emit(transaction, "events", one)
    bench.touch("stop")
    for name in ("left", "right"):
        bench.end(name)
    assert bench.count("outbox") == 0
    assert sorted(json.loads(body) for body in sent(bench.database, "events")) == list(range(400))


def test_a_killed_relay_loses_nothing(bench):
    SqlBroker(bench.database).subscribe("events", "reader")
    bench.start("relay", "left", "right")
    for number in range(300):
        with bench.database.write() as transaction:
            emit(transaction, "events", number)
        if number == 150:
            bench.kill("left")
    bench.touch("stop")
    bench.end("right")
    assert {json.loads(body) for body in sent(bench.database, "events")} == set(range(300))


def test_two_reconcilers_count_every_loss_once(bench):
    queue = Queue(bench.database)
    with bench.database.write() as transaction:
        for number in range(100):
            queue.submit(transaction, "train", f"job-{number}", {})
    claims = Claims(bench.database, "gone", ["train"], seconds=0)
    for _ in range(100):
        assert claims.next()
    bench.start("reconcile", "left", "right")
    bench.until(lambda: len(queue.jobs(state=JobState.QUEUED)) == 100)
    bench.touch("stop")
    for name in ("left", "right"):
        bench.end(name)
    counts = [json.loads((bench.folder / f"{name}.repairs").read_text()) for name in ("left", "right")]
    assert sum(count.get("requeue", 0) for count in counts) == 100
    assert {job.losses for job in queue.jobs()} == {1}
