"""The cluster's storm: workers of several machines train a plan while everything they depend on is disturbed."""

import json
import random
import threading
import time
from collections import Counter

import proof_disturbances
from proof_machine import until
from proof_plaintext import assert_no_plaintext

from argosy.app.project import open_project
from argosy.errors import BrokerUnavailable, DatabaseUnavailable
from stored.rows import rows

LEASE_PATIENCE = 8.0


class ClusterStorm:
    """State and actions for disturbances."""

    def __init__(self, cluster, ground, seed, kept, forked):
        self.cluster, self.ground, self.tap = cluster, ground, ground.tap
        self.draw, self.count_kept, self.purged = random.Random(seed), kept, 0
        self.happened = Counter()
        self._home, self._nursery = ground.machine("kept"), ground.machine("forked")
        self._others = open_project(self._home.folder)
        self._reader, self._slices = ground.artifacts_of("reader"), []
        if kept:
            self.start_keeper()
        self.hands = {process.pid: process for process in (self._nursery.fork("work") for _ in range(forked))}

    # --- workers

    def start_keeper(self):
        self.keeper = self._home.argosy("worker", "--processes", self.count_kept)

    def kept(self):
        return self.ground.drainers(self.keeper) if self.count_kept else []

    def replace(self, pid):
        """A worker was killed: its keeper starts another."""
        if self.hands.pop(pid, None) is not None:
            process = self._nursery.fork("work")
            self.hands[process.pid] = process

    def busy(self, among=None):
        """A worker with a job: its process, and the job's id and token."""

        def found():
            self.feed_idle()
            running = rows(self.ground.project.database, "jobs", "id", "token", "owner", state="running")
            held = [(int(owner.rpartition("-")[2]), (job, token)) for job, token, owner in running]
            ours = {*self.kept(), *self.hands} if among is None else among
            return [(pid, lease) for pid, lease in held if pid in ours]

        return self.draw.choice(until(lambda: self.ground.look(found), what="a worker with a job"))

    def is_taken(self, job, token):
        """Whether it was queued again; False if it had ended, or its worker makes the fit that the others wait for."""
        deadline = time.monotonic() + LEASE_PATIENCE
        while time.monotonic() < deadline:
            ((state, now),) = rows(self.ground.project.database, "jobs", "state", "token", id=job)
            if now > token or state != "running":
                return now > token or state == "queued"
            time.sleep(0.01)
        return False

    # --- work

    def plan(self, definitions, parts):
        """Submit that many definitions: half of them in one plan, the others in parts."""
        small, left = divmod(definitions - definitions // 2, parts)
        self._slices = [definitions // 2, *(small + (part < left) for part in range(parts))]
        self._next = 0

    def feed(self):
        """Submit another plan, from two processes at once; False if all were submitted."""
        if not self._slices:
            return False
        number, count = len(self.ground.plans), self._slices.pop(0)
        name = f"storm-{number}"
        path = self.ground.folder / f"{name}.json"
        values = [0.0505 + 0.001 * (self._next + one) for one in range(count)]  # never the champion's
        self._next += count
        adapter = {"name": "tfidf"} if number % 2 else {"name": "hashing", "options": {"buckets": [1024]}}
        model = {"name": "logistic", "options": {"C": values}}
        path.write_text(json.dumps({"name": name, "dataset": {"name": "all"}, "adapter": adapter, "model": model}))
        submitters = [
            threading.Thread(target=_submit, args=(project, path)) for project in (self.ground.project, self._others)
        ]
        for submitter in submitters:
            submitter.start()
        for submitter in submitters:
            submitter.join()
        self.ground.plans[name] = count
        return True

    def feed_idle(self):
        """The same if there is nothing to do; otherwise only a check."""
        if self.ground.is_over():
            self.feed()

    def see_progress(self):
        """Wait until something more was trained."""
        self.feed_idle()
        before = until(lambda: self.ground.look(self.ground.trained), what="the database")

        def more():
            self.feed_idle()
            return self.ground.trained() > before

        until(lambda: self.ground.look(more), what="a result")

    def fetch_one(self):
        """Fetch an artifact, as a machine without a copy."""
        digest = self.draw.choice(self.ground.column("trained", "artifact"))
        self._reader.cache.drop(digest)
        self._reader.fetch(digest)

    def run(self, schedule):
        """Disturb by the schedule, until everything is trained."""
        for disturbance in schedule:
            self.feed()
            self.happened[disturbance.__name__] += disturbance(self)
        while self.feed():
            pass
        until(lambda: self.ground.look(self.ground.is_over), what="the end of every plan")
        until(lambda: self.ground.look(self.ground.is_all_sent), what="the sending of every message")

    def close(self):
        self._others.close()


def _submit(project, path):
    """Repeat the call while the database is unavailable."""
    until(lambda: _is_submitted(project, path), what="a submission")


def _is_submitted(project, path):
    try:
        project.plans.submit(path)
    except (DatabaseUnavailable, BrokerUnavailable):
        return False
    return True


def cluster_storm(cluster, ground, definitions, rounds, seed, disturbances, workers):
    """Train so many definitions while each disturbance happens at least `rounds` times; what happened.

    `workers`: how many a process keeps, as `argosy worker` does, and how many have short leases and no keeper.
    """
    storm = ClusterStorm(cluster, ground, seed, *workers)
    schedule = proof_disturbances.drawn(disturbances, rounds, storm.draw)
    storm.plan(definitions, 2 * len(schedule) or 1)
    began = time.monotonic()
    storm.run(schedule)
    seconds = time.monotonic() - began
    ground.end()
    storm.close()
    for disturbance in disturbances:
        assert storm.happened[disturbance.__name__] >= rounds, (disturbance, storm.happened)
    ground.tap.duplicate()
    found = ground.verify()
    assert set(ground.column("jobs", "failures")) == {0}
    assert_no_plaintext(cluster, ground)
    return {
        "seconds": seconds,
        "definitions": sum(ground.plans.values()),
        "plans": len(ground.plans),
        "disturbances": dict(storm.happened),
        "messages": ground.tap.seen,
        "leases lost": sum(ground.column("jobs", "losses")),
        "purged": storm.purged,
        **found,
    }
