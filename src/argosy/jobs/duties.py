"""Duties: periodic checks that one worker at a time does for all of them, while it and the others run jobs.

A duty checks and decides, which takes a moment: what takes longer it submits as a job. Any number of workers keep
the same list, each in a thread of its own, so that no claim waits for a duty and no duty for a job of many hours.

- A row says when a duty is due and who has it, by the database's clock. Taking it changes the row under a new token.
- A worker that was killed keeps others from it for `LEASE_SECONDS`. One that was stopped meanwhile writes nothing:
  whatever a duty writes, it writes in a transaction in which it has called `DutyTurn.confirm`.
- A failure is logged, once while the same error repeats, and does not change when the duty is due again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from argosy.clock import SLACK_SECONDS
from argosy.database.database import Database, Transaction
from argosy.error_messages import message_of, traced
from argosy.errors import DatabaseUnavailable, LeaseLost
from argosy.jobs import statements as sql
from argosy.jobs.queue import LEASE_SECONDS

_log = logging.getLogger(__name__)


def _always(_: Transaction) -> bool:
    return True


@dataclass(frozen=True)
class DutyTurn:
    """A worker's right to do a duty now."""

    name: str
    token: int

    def confirm(self, transaction: Transaction) -> None:
        """Have it for `LEASE_SECONDS` from now, whatever this transaction writes; raises LeaseLost."""
        row = {"name": self.name, "token": self.token, "until": transaction.now() + LEASE_SECONDS}
        if not transaction.execute(sql.CONFIRM_DUTY, row):
            raise LeaseLost(f"the duty '{self.name}' was taken by another worker")


@dataclass(frozen=True)
class Duty:
    """`run` may be begun again at any time after it was killed at any other."""

    name: str
    every_seconds: float
    run: Callable[[DutyTurn], None]
    is_wanted: Callable[[Transaction], bool] = _always
    """Whether there is anything to do; if not, the check costs one read and writes nothing."""


def take_duty(database: Database, duty: Duty, owner: str) -> DutyTurn | None:
    """The turn of a duty that is due, free and wanted."""
    with database.read() as transaction:
        if not _may_be_taken(transaction, duty) or not duty.is_wanted(transaction):
            return None
    with database.write() as transaction:
        transaction.execute(sql.PUT_DUTY, {"name": duty.name})
        rows = transaction.execute(sql.TAKE_DUTY, {**_times(transaction, duty), "owner": owner})
    return DutyTurn(duty.name, rows[0][0]) if rows else None


def leave_duty(database: Database, turn: DutyTurn) -> None:
    """It is done, and may be taken by others when it is due again."""
    with database.write() as transaction:
        transaction.execute(sql.LEAVE_DUTY, {"name": turn.name, "token": turn.token})


@contextmanager
def kept_duties(database: Database, owner: str, duties: Sequence[Duty]) -> Iterator[None]:
    """Do duties, when they are due and no other worker has them, for as long as the block runs."""
    over = threading.Event()
    keeper = _Keeper(database, owner, duties, over)
    thread = threading.Thread(target=keeper.run, name="duties", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class _Keeper:
    def __init__(self, database: Database, owner: str, duties: Sequence[Duty], over: threading.Event) -> None:
        self._database, self._owner, self._over = database, owner, over
        self._due = dict.fromkeys(duties, 0.0)
        self._failed: dict[str, str] = {}

    def run(self) -> None:
        while self._due and not self._over.is_set():
            for duty in [duty for duty, at in self._due.items() if at <= time.monotonic()]:
                self._do(duty)
                self._due[duty] = time.monotonic() + duty.every_seconds
            self._over.wait(max(0.0, min(self._due.values()) - time.monotonic()))

    def _do(self, duty: Duty) -> None:
        try:
            turn = take_duty(self._database, duty, self._owner)
            if turn is not None:
                try:
                    duty.run(turn)
                finally:
                    leave_duty(self._database, turn)
                self._failed.pop(duty.name, None)
        except (DatabaseUnavailable, LeaseLost) as error:
            _log.debug("%s: %s", duty.name, error)
        except Exception as error:  # noqa: BLE001  # a duty ends no worker
            if self._failed.get(duty.name) != message_of(error):
                self._failed[duty.name] = message_of(error)
                _log.warning("%s: %s; trying again every %g s", duty.name, message_of(error), duty.every_seconds)
                _log.debug("%s", traced(error))


def _may_be_taken(transaction: Transaction, duty: Duty) -> bool:
    return not transaction.execute(sql.IS_DUTY_TAKEN, _times(transaction, duty))


def _times(transaction: Transaction, duty: Duty) -> dict[str, str | float]:
    """A time later than any that is ever given was written by a clock that has been put back since."""
    now = transaction.now()
    return {
        "name": duty.name,
        "now": now,
        "due": now + duty.every_seconds,
        "until": now + LEASE_SECONDS,
        "latest_due": now + duty.every_seconds + SLACK_SECONDS,
        "latest_until": now + LEASE_SECONDS + SLACK_SECONDS,
    }
