"""A worker's loop: claim, run, finish; between jobs, relay the outbox and reconcile.

A worker with nothing to run waits for a message that announces a job, or for `poll` seconds; then it claims what is
best, whatever the message says, and acknowledges it. So a superfluous message costs one query, and a missing one
no more than a poll. Any number of workers may run, each with its own `owner`.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from argosy.database.database import Transaction
from argosy.error_messages import message_of, traced
from argosy.errors import (
    BrokerUnavailable,
    DatabaseOutage,
    DatabaseUnavailable,
    JobInterrupted,
    KeyUnavailable,
    LeaseLost,
    Outage,
    Overtaken,
    SchemaNewer,
    UserMistake,
)
from argosy.jobs.claims import Able, Claims
from argosy.jobs.guard import Heartbeat, LeaseGuard
from argosy.jobs.job import Job, Lease
from argosy.jobs.queue import LEASE_SECONDS, TOPIC, WORKERS, Queue
from argosy.jobs.reconciler import reconcile
from argosy.messaging.broker import Broker, Delivery, Receiver
from argosy.messaging.relay import relay

log = logging.getLogger(__name__)
T = TypeVar("T")
_PUBLISHING, _RECEIVING = "publishing", "receiving"
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

OnLease = Callable[[Lease | None], None]
"""Called with each lease that the worker gets, and with None when it has none any more."""

PausedKind = Callable[[], str]
"""The kind of job that is not to be begun now; empty: none."""


@dataclass(frozen=True)
class WorkerTimings:
    """In seconds."""

    lease: float = LEASE_SECONDS
    heartbeat: float = LEASE_SECONDS / 3
    poll: float = 0.2
    """Between two looks at the rows of a worker that has nothing to run and receives no message."""
    reconcile: float = 1.0
    recover: float = 1.0
    """Before the next attempt, if the database or, for publishing, the broker was unavailable."""
    refused: float = 30.0
    """How long a broker that answers may refuse a receiver, before its queue is created again."""
    patience: float = 2.0
    """How long a job that is to stop has until its next `check()`, before it is given back for it."""
    settle: float = 30.0
    """How long a worker tries to write the result of a job while the database is unavailable."""
    outage: float = 5.0
    """Before the next attempt, if something that the job needs was unavailable or full."""


@dataclass
class Tally:
    """What a worker did."""

    done: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0
    released: int = 0
    put_off: int = 0
    is_drained: bool = False
    """It ended because it was drained."""


def run_worker(
    queue: Queue,
    broker: Broker,
    handlers: Mapping[str, Handler],
    owner: str,
    stop: threading.Event,
    *,
    able: Able | None = None,
    until: Callable[[], bool] | None = None,
    timings: WorkerTimings | None = None,
    paused_kind: PausedKind = lambda: "",
    interrupt: threading.Event | None = None,
    drained: threading.Event | None = None,
    on_lease: OnLease | None = None,
) -> Tally:
    """Run jobs until `stop` is set, or until `until`, called whenever there is no job to run, returns true.

    The job that runs when `stop` is set is given back at its next step; with an `interrupt`, not before that is set.
    When `drained` is set it may go on to its end, and no other begins.
    `able` says whether this worker has what a job requires. A handler's UserMistake fails the job at once; an outage (a
    full disk, a database that is locked, a key that is not here) puts it off, however often; Overtaken begins it again,
    ten times at most; any other exception is tried again, with back-off; JobInterrupted gives the job back.
    `paused_kind` names a kind of job that is not begun at the time.
    """
    timings = timings or WorkerTimings()
    claims = Claims(queue.database, owner, handlers, able, timings.lease)
    heartbeat = Heartbeat(queue, timings.heartbeat, timings.patience)
    worker = _Worker(
        queue, broker, handlers, claims, stop, timings, heartbeat, paused_kind, interrupt or stop, on_lease
    )
    try:
        return worker.run(owner, until, drained or threading.Event())
    finally:
        worker.close()
        heartbeat.close()


class _Worker:
    def __init__(
        self,
        queue: Queue,
        broker: Broker,
        handlers: Mapping[str, Handler],
        claims: Claims,
        stop: threading.Event,
        timings: WorkerTimings,
        heartbeat: Heartbeat,
        paused_kind: PausedKind,
        interrupt: threading.Event,
        on_lease: OnLease | None,
    ) -> None:
        self.queue, self.broker, self.handlers, self.claims = queue, broker, handlers, claims
        self.stop, self.timings, self.heartbeat, self.tally = stop, timings, heartbeat, Tally()
        self.paused_kind, self._reconciled_at, self._relay_at = paused_kind, float("-inf"), float("-inf")
        self.interrupt, self.on_lease = interrupt, on_lease or (lambda _: None)
        self._receiver: Receiver | None = None
        self._broker_fails: set[str] = set()
        """Which operations of the broker failed the last time: publishing, receiving."""
        self._refused_since: float | None = None
        """Since when the broker has answered, and has refused a receiver."""
        self._trouble = ""
        """The last reported error of an unavailable database; empty while it answers."""

    def run(self, owner: str, until: Callable[[], bool] | None, drained: threading.Event) -> Tally:
        is_idle = False
        while not self.stop.is_set() and not drained.is_set():
            try:
                self._maintain()
                is_idle = not self._turn(self.timings.poll if is_idle else 0.0)
                self._trouble = ""
                if is_idle:
                    self.claims.hold("")
                    if until is not None and until():
                        break
            except SchemaNewer:  # what it had to run is for those that know the schema: its lease runs out
                raise
            except DatabaseUnavailable as error:  # leases and messages outlive the outage
                self._database_away(owner, error)
        self.tally.is_drained = drained.is_set()
        return self.tally

    def _database_away(self, owner: str, error: DatabaseUnavailable) -> None:
        """Wait. What it may hold it gives back when the database answers; leases of others that ran out meanwhile it
        repairs when they have had the time to be prolonged.
        """
        if str(error) != self._trouble:
            log.warning("%s: %s; trying again", owner, error)
        self._trouble = str(error)
        self._reconciled_at = time.monotonic() + self.timings.heartbeat
        self.stop.wait(self.timings.recover)

    def _maintain(self) -> None:
        if time.monotonic() - self._reconciled_at >= self.timings.reconcile:
            reconcile(self.queue.database)
            self._reconciled_at = time.monotonic()
        if time.monotonic() >= self._relay_at:
            with self._without_broker(_PUBLISHING):
                relay(self.queue.database, self.broker)

    def _turn(self, wait: float) -> bool:
        """Run the best job, when a message comes or `wait` is over; whether there was one."""
        delivery = self._receive(wait)
        if self._trouble:
            self.claims.give_back()
        lease = self.claims.next(self.paused_kind())
        if delivery is not None:
            with suppress(BrokerUnavailable):  # it comes again then, and finds nothing more to run
                delivery.ack()
        if lease is None:
            return False
        self._run(lease)
        return True

    def _receive(self, wait: float) -> Delivery | None:
        with self._without_broker(_RECEIVING):
            if self._receiver is None:
                self._receiver = self._opened()
            return self._receiver.receive(wait)
        self.stop.wait(wait)
        return None

    def _opened(self) -> Receiver:
        """Where the broker answers, and yet refuses a receiver for long, the queue is broken, as RabbitMQ leaves one
        that was declared just before a crash. It is created again: no job is lost with it.
        """
        since, self._refused_since = self._refused_since, None
        self.broker.subscribe(TOPIC, WORKERS)
        self._refused_since = since or time.monotonic()
        if time.monotonic() - self._refused_since >= self.timings.refused:
            log.warning("%s: nothing could be received from the queue of jobs; it is created again", self.broker.url)
            self.broker.unsubscribe(TOPIC, WORKERS)
            self._refused_since = time.monotonic()
        receiver = self.broker.receiver(TOPIC, WORKERS)
        self._refused_since = None
        return receiver

    @contextmanager
    def _without_broker(self, doing: str) -> Iterator[None]:
        """An unavailable broker delays messages and no job: rows are polled. Reported once for each outage."""
        try:
            yield
            self._broker_fails.discard(doing)
        except BrokerUnavailable as error:
            if not self._broker_fails:
                log.warning("%s; jobs are found by polling until it is back", error)
            self._broker_fails.add(doing)
            self._relay_at = time.monotonic() + self.timings.recover
            if doing == _RECEIVING:
                self.close()

    def close(self) -> None:
        """Give back the message that it holds, if any."""
        if self._receiver is not None:
            self._receiver.close()
            self._receiver = None

    def _run(self, lease: Lease) -> None:
        guard = LeaseGuard(lease, self.interrupt)
        self.on_lease(lease)
        if lease.job.fit:
            self.claims.hold(lease.job.fit)
        try:
            with self.heartbeat.keeping(guard):
                outcome = self.handlers[lease.job.kind](lease.job, guard)
                self._settled(lease, lambda: self.queue.finish(lease, outcome.result, outcome.then))
            self.tally.done += 1
        except LeaseLost as error:
            self._lost(guard, error)
        except JobInterrupted:
            self.tally.released += self.queue.release(lease)
        except Exception as error:  # noqa: BLE001  # an exception of a handler fails its job, not the worker
            self._failed(lease, error)
        except BaseException:  # Ctrl-C: the job goes back at once
            self.queue.release(lease)
            raise
        finally:
            self.on_lease(None)

    def _settled(self, lease: Lease, write: Callable[[], T]) -> T:
        """Write the result of a job, through restarts of the database and conflicts of transactions: it may
        have taken hours to compute, and a job that is not given back waits for its lease to run out.
        """
        deadline = time.monotonic() + self.timings.settle
        while True:
            try:
                return write()
            except DatabaseOutage as error:
                if self.stop.is_set() or time.monotonic() >= deadline:
                    raise
                log.warning("the result of %s is not written yet: %s", lease.job.label, error)
                self.stop.wait(self.timings.recover)

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
                level = logging.DEBUG if lease.job.error == message else logging.WARNING  # once for each outage
                log.log(level, "%s is postponed: %s", lease.job.label, message)
                self._settled(lease, lambda: self.queue.put_off(lease, message, self.timings.outage))
                self.tally.put_off += 1
                return
            if isinstance(error, Overtaken):
                again = self._settled(lease, lambda: self.queue.lose(lease, message))
            else:
                trace, is_hopeful = traced(error), not isinstance(error, UserMistake)
                again = self._settled(lease, lambda: self.queue.fail(lease, message, trace, is_hopeful))
        except LeaseLost:
            self.tally.lost += 1
            return
        self.tally.retried += again
        self.tally.failed += not again
        log.warning("%s failed%s: %s", lease.job.label, ", to be tried again" if again else "", message)


def is_outage(error: Exception) -> bool:
    """Whether the cause is an outage outside of the job, which may end.

    A key that is not here may be with another worker. What raised `error` counts too: a plug-in's disk may be full.
    """
    if isinstance(error, Outage | KeyUnavailable) or (isinstance(error, OSError) and error.errno in _OUTAGES):
        return True
    return isinstance(error.__cause__, Exception) and is_outage(error.__cause__)
