"""Keeps a lease alive while its job runs, and tells the job when to give up."""

from __future__ import annotations

import threading
from types import TracebackType

from argosy.errors import DatabaseUnavailable, JobInterrupted, LeaseLost
from argosy.jobs.job import Lease
from argosy.jobs.queue import Queue


class LeaseGuard:
    """A context in which a thread of its own beats for the lease. A job calls `check()` between its steps."""

    def __init__(self, queue: Queue, lease: Lease, beat_seconds: float, stop: threading.Event) -> None:
        self.lease, self._queue, self._beat_seconds, self._stop = lease, queue, beat_seconds, stop
        self._ended, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease {lease.job.label}", daemon=True)

    @property
    def is_lost(self) -> bool:
        """Another worker was given the job, or it was cancelled."""
        return self._lost.is_set()

    @property
    def is_stopping(self) -> bool:
        """The worker was asked to stop."""
        return self._stop.is_set()

    def check(self) -> None:
        """Go on only if that makes sense: raises LeaseLost, or JobInterrupted where the worker is to stop."""
        if self.is_lost:
            raise LeaseLost(f"the job {self.lease.job.label} was taken from {self.lease.owner}")
        if self.is_stopping:
            raise JobInterrupted(f"the job {self.lease.job.label} goes back to the queue: its worker stops")

    def __enter__(self) -> LeaseGuard:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(self._beat_seconds):
            try:
                self._queue.heartbeat(self.lease)
            except LeaseLost:
                self._lost.set()
                return
            except DatabaseUnavailable:  # it may come back before the lease runs out; finishing decides
                continue
