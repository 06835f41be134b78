"""Any order of calls by any workers: the queue keeps its promises (a model-based test)."""

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from argosy.app.backends import database
from argosy.errors import LeaseLost
from argosy.jobs.claims import Claims
from argosy.jobs.job import JobState
from argosy.jobs.queue import Queue
from argosy.jobs.reconciler import reconcile
from stored.jobs import end_delays, end_leases
from stored.rows import count

LABELS = ("a", "b")
labels = st.sampled_from(LABELS)
picks = st.integers(1, 3)
has_lease = precondition(lambda self: self.leases)


class AnyOrder(RuleBasedStateMachine):
    """`holder` is the only lease of a label that may settle it; `results` counts what was written for it."""

    @initialize()
    def open(self):
        self.folder = tempfile.TemporaryDirectory()
        self.queue = Queue(database("sqlite:///argosy.db", Path(self.folder.name)))
        self.leases, self.holder, self.submitted = [], {}, set()
        self.results, self.finished = dict.fromkeys(LABELS, 0), dict.fromkeys(LABELS, False)
        self.tokens = dict.fromkeys(LABELS, 0)

    def teardown(self):
        if hasattr(self, "queue"):
            self.queue.database.close()
            self.folder.cleanup()

    @rule(label=labels)
    def submit(self, label):
        before = self._state(label)
        with self.queue.database.write() as transaction:
            queued = self.queue.submit(transaction, "train", label, {})
        assert queued == (before in (None, JobState.FAILED, JobState.CANCELLED))
        self.submitted.add(label)

    @rule(label=labels)
    def lease(self, label):
        if label not in self.submitted:
            self.submit(label)
        is_any_ready = self._is_any_ready()
        lease = Claims(self.queue.database, "worker", ["train"], seconds=1000).next()
        assert lease or not is_any_ready
        if lease:
            label = lease.job.label
            assert label not in self.holder
            assert lease.token > self.tokens[label]
            self.tokens[label] = lease.token
            self.holder[label] = lease
            self.leases.append(lease)

    @has_lease
    @rule(pick=picks)
    def finish(self, pick):
        self._settle(pick, lambda lease: self.queue.finish(lease, {"token": lease.token}), finishes=True)

    @has_lease
    @rule(pick=picks, retry=st.booleans())
    def fail(self, pick, retry):
        self._settle(pick, lambda lease: self.queue.fail(lease, "error", retry=retry))

    @has_lease
    @rule(pick=picks)
    def beat(self, pick):
        self._settle(pick, self.queue.heartbeat, ends=False)

    @has_lease
    @rule(pick=picks)
    def release(self, pick):
        lease = self._one_of_the_last(pick)
        assert self.queue.release(lease) == (self.holder.get(lease.job.label) is lease)
        self._let_go(lease)

    @rule(label=labels)
    def cancel(self, label):
        with self.queue.database.write() as transaction:
            self.queue.cancel(transaction, label)
        if self.holder.pop(label, None):
            assert self._state(label) is JobState.CANCELLED

    @has_lease
    @rule()
    def time_passes(self):
        """Leases expire and back-offs end; then the reconciler runs."""
        end_delays(self.queue.database)
        end_leases(self.queue.database)
        reconcile(self.queue.database)
        self.holder.clear()

    @invariant()
    def a_finished_job_stays_as_it_is(self):
        for label in self.submitted if hasattr(self, "queue") else ():
            job = self.queue.get(label)
            assert (job.state is JobState.DONE) == self.finished[label]
            assert self.results[label] == self.finished[label]
            assert (job.state is JobState.RUNNING) == (label in self.holder)
            assert job.token == self.tokens[label]
            assert (job.lease_until is not None) == (job.state is JobState.RUNNING)
            assert (job.finished_at is not None) == job.state.is_final

    def _is_any_ready(self):
        return count(self.queue.database, "jobs", state="queued", not_before=0) > 0

    def _settle(self, pick, act, ends=True, finishes=False):
        lease = self._one_of_the_last(pick)
        label = lease.job.label
        may = self.holder.get(label) is lease
        try:
            act(lease)
        except LeaseLost:
            assert not may
            return
        assert may
        if finishes:
            self.finished[label] = True
            self.results[label] += 1
        if ends:
            self._let_go(lease)

    def _one_of_the_last(self, pick):
        return self.leases[-min(pick, len(self.leases))]

    def _let_go(self, lease):
        if self.holder.get(lease.job.label) is lease:
            del self.holder[lease.job.label]

    def _state(self, label):
        return self.queue.get(label).state if label in self.submitted else None


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(deadline=None, max_examples=40, stateful_step_count=30)
