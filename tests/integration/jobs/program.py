"""A process of the queue, to be killed and stopped by the tests: `python program.py COMMAND FOLDER NAME`.

It tells what it does by making files in FOLDER, and waits for files there, so that a test never has to guess.
"""

import json
import signal
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from argosy.app.backends import database as opened
from argosy.jobs.queue import Queue
from argosy.jobs.reconciler import reconcile
from argosy.jobs.runner import Outcome, WorkerTimings, run_worker
from argosy.jobs.submission import PlannedDefinition, Plans
from argosy.messaging.broker import DeliveryPolicy
from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.codec import JsonCodec
from argosy.messaging.consumer import Consumer
from argosy.messaging.relay import relay
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from stored.jobs import leave_trace

TIMINGS = WorkerTimings(lease=1.0, heartbeat=0.2, poll=0.05, reconcile=0.05)
LABELS = [f"job-{number}" for number in range(60)]


def work(folder, name, database, broker):
    """Jobs that leave a trace when they finish.

    One whose payload says `wait` waits for the file `go`, and with "politely" looks whether it should give up.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def train(job, guard):
        (folder / f"{name}.started.{job.label}").touch()
        while job.payload.get("wait") and not (folder / "go").exists():
            guard.check() if job.payload["wait"] == "politely" else None
            time.sleep(0.01)
        return Outcome({"by": name}, lambda transaction: leave_trace(transaction, job.label))

    tally = run_worker(Queue(database), broker, {"train": train}, name, stop, timings=TIMINGS)
    (folder / f"{name}.tally").write_text(json.dumps(vars(tally)))


def submit(folder, name, database, broker):
    plans = Plans(Queue(database), Store(database, LocalArtifacts(f"file:{folder}/artifacts")))
    with database.write() as transaction:
        submitted = plans.submit(transaction, name, {}, [PlannedDefinition(label, {}, "digest") for label in LABELS])
    (folder / f"{name}.queued").write_text(json.dumps(submitted.queued))


def relaying(folder, name, database, broker):
    while not (folder / "stop").exists():
        relay(database, broker)
    relay(database, broker)


def reconciling(folder, name, database, broker):
    repairs = {}
    while not (folder / "stop").exists():
        for repair, count in reconcile(database).items():
            repairs[repair.value] = repairs.get(repair.value, 0) + count
    (folder / f"{name}.repairs").write_text(json.dumps(repairs))


def consuming(folder, name, database, broker):
    """A member of the subscriber `desk`, which records what it handled, slowly."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with (folder / f"{name}.handled").open("a", buffering=1) as notes:

        def handle(number, delivery):
            notes.write(f"{number}\n")
            time.sleep(0.002)

        policy = DeliveryPolicy(hold_seconds=1.0)
        consumer = Consumer(SqlBroker(database, policy), "events", "desk", JsonCodec(int), handle, prefetch=5)
        consumer.run(stop)


if __name__ == "__main__":
    command, folder, name = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    database = opened((folder / "url").read_text(), folder)
    (folder / f"{name}.ready").touch()
    while not (folder / "start").exists():
        time.sleep(0.002)
    {"work": work, "submit": submit, "relay": relaying, "reconcile": reconciling, "consume": consuming}[command](
        folder, name, database, SqlBroker(database)
    )
