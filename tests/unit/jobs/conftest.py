"""A worker in the process of the test."""

import threading

import pytest

from argosy.jobs.queue import Queue
from argosy.jobs.runner import WorkerTimings, run_worker
from argosy.messaging.brokers.sql import SqlBroker
from stored.jobs import end_delays

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
