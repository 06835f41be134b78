"""Keeps a worker's lease alive while its job runs, and tells the job when to give up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argosy.errors import DatabaseUnavailable, JobInterrupted, LeaseLost
from argosy.jobs.job import Lease
from argosy.jobs.queue import Queue


class LeaseGuard:
    """What a running job knows of its lease; it calls `check()` between its steps."""

    def __init__(self, lease: Lease, stop: threading.Event) -> None:
        self.lease, self._stop, self._lost = lease, stop, threading.Event()

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

    def lose(self) -> None:
        """From now on, `check` raises LeaseLost."""
        self._lost.set()


class Heart:
    """One thread a worker, that beats for the lease the worker has at the time. Ends with `close`."""

    def __init__(self, queue: Queue, beat_seconds: float, stop: threading.Event) -> None:
        self._queue, self._beat_seconds, self._stop = queue, beat_seconds, stop
        self._guard: LeaseGuard | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self._thread.start()

    @contextmanager
    def beating(self, lease: Lease) -> Iterator[LeaseGuard]:
        """Keep the lease while the block runs."""
        self._guard = LeaseGuard(lease, self._stop)
        try:
            yield self._guard
        finally:
            self._guard = None

    def close(self) -> None:
        """Stop beating; returns when the thread has ended."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._beat_seconds):
            guard = self._guard
            if guard is None or guard.is_lost:
                continue
            try:
                self._queue.heartbeat(guard.lease)
            except LeaseLost:
                guard.lose()  # without effect where the job has just ended
            except DatabaseUnavailable:  # it may be back before the lease runs out; finishing decides
                continue
