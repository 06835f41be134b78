"""Prolongs a worker's lease while its job runs, tells the job to end, and gives it back if it does not.

A job that was cancelled, or given to another worker, raises within a second, at its next `check()`. A job whose worker
is to stop is given back at its next `check()`. If there is none for two seconds (a package being imported, a large
matrix), the heartbeat's thread gives the job back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argosy.errors import DatabaseUnavailable, JobInterrupted, LeaseLost
from argosy.jobs.job import Lease
from argosy.jobs.queue import Queue

LOOK_SECONDS: Final = 1.0
"""Between two looks whether the job is still the worker's."""


class LeaseGuard:
    """What a running job knows of its lease; it calls `check()` between its steps."""

    def __init__(self, lease: Lease, stop: threading.Event) -> None:
        self.lease, self._stop, self._lost = lease, stop, threading.Event()
        self.is_given_back = False
        """The worker is to stop, and the job is in the queue again."""

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
            raise JobInterrupted(f"the job {self.lease.job.label} is given back: its worker stops")

    def lose(self) -> None:
        """From now on, `check` raises LeaseLost."""
        self._lost.set()


class Heartbeat:
    """One thread a worker, which prolongs the lease that the worker has at the time. Ends with `close`."""

    def __init__(self, queue: Queue, every_seconds: float, patience: float) -> None:
        self._queue, self._every_seconds, self._patience = queue, every_seconds, patience
        self._guard: LeaseGuard | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    @contextmanager
    def keeping(self, guard: LeaseGuard) -> Iterator[None]:
        """Keep the lease while the block runs."""
        self._guard = guard
        try:
            yield
        finally:
            self._guard = None

    def close(self) -> None:
        """Stop; returns when the thread has ended."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        prolonged_at = time.monotonic()
        stopping: tuple[LeaseGuard, float] | None = None
        while not self._closed.wait(min(self._every_seconds, self._patience, LOOK_SECONDS)):
            guard, now = self._guard, time.monotonic()
            if guard is None or guard.is_lost:
                continue
            if not guard.is_stopping:
                stopping = None
            elif stopping is None or stopping[0] is not guard:
                stopping = guard, now
            try:
                if stopping is not None and now - stopping[1] >= self._patience:
                    guard.is_given_back = self._queue.release(guard.lease)
                    guard.lose()
                elif now - prolonged_at >= self._every_seconds:
                    self._queue.heartbeat(guard.lease)
                    prolonged_at = now
                elif not self._queue.is_held(guard.lease):
                    guard.lose()
            except LeaseLost:
                guard.lose()  # without effect where the job has just ended
            except DatabaseUnavailable:  # tried again at once: it may be back before the lease runs out
                continue
