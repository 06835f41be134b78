"""The heartbeat of a worker: its calls of the queue, and when."""

import threading

from argosy.errors import DatabaseUnavailable
from argosy.jobs import guard
from argosy.jobs.guard import Heartbeat, LeaseGuard
from argosy.jobs.job import Lease
from argosy.testing.waiting import until


class Queue:
    """Refuses the first of every three prolongations."""

    def __init__(self):
        self.asked = []

    def is_held(self, lease):
        self.asked.append("is it held")
        return True

    def heartbeat(self, lease):
        self.asked.append("prolong")
        if self.asked.count("prolong") % 3 == 1:
            raise DatabaseUnavailable("the server is restarting")


def test_a_lease_that_could_not_be_prolonged_is_prolonged_at_the_next_look(monkeypatch):
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.001)
    queue = Queue()
    heartbeat = Heartbeat(queue, every_seconds=0.05, patience=1.0)
    with heartbeat.keeping(LeaseGuard(Lease(None, 1, "worker", 30.0), threading.Event())):
        until(lambda: queue.asked.count("prolong") > 3)
    heartbeat.close()
    first = queue.asked.index("prolong")
    assert queue.asked[first : first + 2] == ["prolong", "prolong"]
