"""A worker's loop: receive, lease, acknowledge, run, finish; between jobs, relay the outbox and reconcile.

The message is acknowledged as soon as the row is leased, since brokers do not let a consumer hold one for hours; from
then on the lease carries the job. Any number of workers may run, each with its own `owner`.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from argosy.database.database import Transaction
from argosy.errors import (
    DatabaseUnavailable,
    JobInterrupted,
    KeyUnavailable,
    LeaseLost,
    Outage,
    Overtaken,
    UserMistake,
    message_of,
    traced,
)
from argosy.jobs.guard import Heart, LeaseGuard
from argosy.jobs.job import Job, Lease
from argosy.jobs.queue import LEASE_SECONDS, QUEUE, Able, JobMessage, Queue
from argosy.jobs.reconciler import reconcile
from argosy.messaging.broker import Broker
from argosy.messaging.relay import relay

log = logging.getLogger(__name__)
_OUTAGES = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.EAGAIN)
)


@dataclass(frozen=True)
class Outcome:
    """What a handler computed: the job's result, and what is to be written in the same transaction as it."""

    result: Mapping[str, Any]
    then: Callable[[Transaction], None] | None = None


Handler = Callable[[Job, LeaseGuard], Outcome]
"""Runs a job. It may be run again after a crash, so whatever it does before it returns must bear repeating."""


Resting = Callable[[], str]
"""The kind of job that is not to begin now; empty: none."""


@dataclass(frozen=True)
class Pace:
    """The worker's times, in seconds."""

    lease: float = LEASE_SECONDS
    beat: float = LEASE_SECONDS / 3
    wait: float = 0.2
    hold: float = 5.0
    """How long a message may take to become a lease: what a worker killed in between costs its job."""
    rest: float = 1.0
    """Between two looks for something to do while a kind rests."""
    reconcile: float = 1.0
    recover: float = 1.0
    patience: float = 2.0
    """How long a job that is to stop has until its next `check()`, before it is given back for it."""
    outage: float = 5.0
    """Before the next attempt, where something that the job needs was away or full."""


@dataclass
class Tally:
    """What a worker did."""

    done: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0
    released: int = 0
    put_off: int = 0


def run_worker(
    queue: Queue,
    broker: Broker,
    handlers: Mapping[str, Handler],
    owner: str,
    stop: threading.Event,
    *,
    able: Able | None = None,
    until: Callable[[], bool] | None = None,
    pace: Pace | None = None,
    resting: Resting = lambda: "",
) -> Tally:
    """Run jobs until `stop` is set, or until `until`, asked whenever there is no job to run, says so.

    `able` says whether this worker has what a job requires. A handler's UserMistake fails the job at once; an outage (a
    full disk, a database that is locked, a key that is not here) puts it off, however often; Overtaken begins it again,
    ten times at most; any other exception is tried again, with back-off; JobInterrupted gives the job back. `resting`
    names a kind of job that is not begun at the time.
    """
    pace = pace or Pace()
    heart = Heart(queue, pace.beat, pace.patience)
    try:
        return _Worker(queue, broker, handlers, owner, stop, able, pace, heart, resting).run(until)
    finally:
        heart.close()


class _Worker:
    def __init__(
        self,
        queue: Queue,
        broker: Broker,
        handlers: Mapping[str, Handler],
        owner: str,
        stop: threading.Event,
        able: Able | None,
        pace: Pace,
        heart: Heart,
        resting: Resting,
    ) -> None:
        self.queue, self.broker, self.handlers, self.owner = queue, broker, handlers, owner
        self.stop, self.able, self.pace, self.heart, self.tally = stop, able, pace, heart, Tally()
        self.resting, self._reconciled_at = resting, float("-inf")

    def run(self, until: Callable[[], bool] | None) -> Tally:
        idle = False
        while not self.stop.is_set():
            try:
                self._maintain(idle and not self.resting())
                idle = not self._step()
                if idle and until is not None and until():
                    break
            except DatabaseUnavailable as error:  # leases and messages outlive the outage
                log.warning("%s: %s; trying again", self.owner, error)
                self.stop.wait(self.pace.recover)
        return self.tally

    def _maintain(self, queue_is_empty: bool) -> None:
        if time.monotonic() - self._reconciled_at >= self.pace.reconcile:
            reconcile(self.queue.database, queue_is_empty)
            self._reconciled_at = time.monotonic()
        relay(self.queue.database, self.broker)

    def _step(self) -> bool:
        """Take the job that goes first, else one message; whether there was any.

        While a kind rests its messages stay with the broker, and the other kinds are found by their rows.
        """
        resting = self.resting()
        first = self.queue.first_in_line(resting)
        if first is not None:
            self._run(self._lease(first, is_message=False))
            return True
        if resting:
            self.stop.wait(self.pace.rest)
            return False
        return self._receive()

    def _receive(self) -> bool:
        delivery = self.broker.receive(QUEUE, self.pace.wait, self.pace.hold)
        if delivery is None:
            return False
        try:
            job_id = msgspec.json.decode(delivery.body, type=JobMessage).job
        except msgspec.MsgspecError as error:
            log.error("%s: a message on '%s' that names no job is dropped: %s", self.owner, QUEUE, error)
            delivery.ack()
            return True
        lease = self._lease(job_id)
        with suppress(DatabaseUnavailable):  # it comes again then, and finds the job leased
            delivery.ack()
        self._run(lease)
        return True

    def _lease(self, job_id: int, is_message: bool = True) -> Lease | None:
        return self.queue.lease(job_id, self.owner, self.pace.lease, self._is_able, is_message)

    def _is_able(self, job: Job) -> bool:
        return job.kind in self.handlers and (self.able is None or self.able(job.requires))

    def _run(self, lease: Lease | None) -> None:
        if lease is None:
            return
        guard = LeaseGuard(lease, self.stop)
        try:
            with self.heart.beating(guard):
                outcome = self.handlers[lease.job.kind](lease.job, guard)
            self.queue.finish(lease, outcome.result, outcome.then)
            self.tally.done += 1
        except LeaseLost as error:
            self._lost(guard, error)
        except JobInterrupted:
            self.tally.released += self.queue.release(lease)
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is its job's failure, not the worker's
            self._failed(lease, error)
        except BaseException:  # Ctrl-C: the job goes back at once
            self.queue.release(lease)
            raise

    def _lost(self, guard: LeaseGuard, error: LeaseLost) -> None:
        if guard.is_given_back:
            self.tally.released += 1
        else:
            self.tally.lost += 1
            log.warning("%s", error)

    def _failed(self, lease: Lease, error: Exception) -> None:
        message = message_of(error)
        try:
            if is_outage(error):
                log.warning("%s is put off: %s", lease.job.label, message)
                self.queue.put_off(lease, message, self.pace.outage)
                self.tally.put_off += 1
                return
            if isinstance(error, Overtaken):
                again = self.queue.lose(lease, message)
            else:
                again = self.queue.fail(lease, message, traced(error), not isinstance(error, UserMistake))
        except LeaseLost:
            self.tally.lost += 1
            return
        self.tally.retried += again
        self.tally.failed += not again
        log.warning("%s failed%s: %s", lease.job.label, ", to be tried again" if again else "", message)


def is_outage(error: Exception) -> bool:
    """Whether the surroundings are to blame, and may be better later: nothing that the job can do differently.

    A key that is not here may be with another worker. What raised `error` counts too: a plug-in's disk may be full.
    """
    if isinstance(error, Outage | KeyUnavailable) or (isinstance(error, OSError) and error.errno in _OUTAGES):
        return True
    return isinstance(error.__cause__, Exception) and is_outage(error.__cause__)
