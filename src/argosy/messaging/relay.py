"""Moves the outbox to the broker: claim rows, publish, delete. At least once, by any number of relays; one keeps order.

A relay whose broker is unavailable gives its rows up at once; its caller decides when to call it again. One
that dies leaves them claimed for `CLAIM_SECONDS`; whichever relay looks next then publishes them (again, where the dead
one had).
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from typing import Final

from argosy.clock import SLACK_SECONDS
from argosy.database.database import Database, Row
from argosy.errors import BrokerUnavailable, DatabaseUnavailable
from argosy.messaging.broker import Broker
from argosy.messaging.message import Message
from argosy.telemetry import logger

CLAIM_SECONDS: Final = 10.0
BATCH: Final = 500
LOOK_SECONDS: Final = 0.5
"""Between two looks at the outbox of a thread that relays, where no change was announced."""
_log = logger("argosy.messaging")

# a claim that ends later than any that is made now was made before the clock was put back
_FREE = "FROM outbox WHERE (claimed_until <= :now OR claimed_until > :now + :seconds + :slack)"
_ANY = f"SELECT 1 {_FREE} LIMIT 1"  # no value is in the text
_CLAIM = f"""
UPDATE outbox SET claimed_until = :now + :seconds
WHERE id IN (SELECT id {_FREE} ORDER BY id LIMIT :batch /* FOR UPDATE SKIP LOCKED */)
RETURNING id, topic, body, message_id, claimed_until"""  # noqa: S608
_GIVE_UP = "UPDATE outbox SET claimed_until = 0 WHERE id = :id AND claimed_until = :until"
_DELETE = "DELETE FROM outbox WHERE id = :id"


def relay(database: Database, broker: Broker) -> int:
    """Publish what is in the outbox; how many rows. Costs one short read where there is nothing."""
    moved = 0
    while rows := _claim(database):
        try:
            for topic, group in groupby(rows, key=lambda row: str(row[1])):
                broker.publish(topic, *map(_message, group))
        except BrokerUnavailable:
            with suppress(DatabaseUnavailable):
                _give_up(database, rows)
            raise
        with database.write() as transaction:
            transaction.execute_many(_DELETE, [{"id": row[0]} for row in rows])
        moved += len(rows)
    return moved


@contextmanager
def relaying(database: Database, broker: Broker) -> Iterator[None]:
    """Have a thread publish new rows of the outbox while the block runs: there may be no other process that does."""
    stop = threading.Event()
    thread = threading.Thread(target=_relay_until, args=(database, broker, stop), name="argosy-relay", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _relay_until(database: Database, broker: Broker, stop: threading.Event) -> None:
    problem = ""
    while not stop.is_set():
        try:
            if relay(database, broker):  # else what waits may be claimed by an attempt that failed
                problem = ""
            database.wait_for_change(LOOK_SECONDS)
        except (BrokerUnavailable, DatabaseUnavailable) as error:
            if str(error) != problem:
                _log.warning("%s; what is in the outbox is published when it is back", error)
            problem = str(error)
            stop.wait(LOOK_SECONDS)


def _claim(database: Database) -> list[Row]:
    with database.read() as transaction:
        if not transaction.execute(_ANY, {"now": transaction.now(), "seconds": CLAIM_SECONDS, "slack": SLACK_SECONDS}):
            return []
    with database.write() as transaction:
        values = {"now": transaction.now(), "seconds": CLAIM_SECONDS, "slack": SLACK_SECONDS, "batch": BATCH}
        return sorted(transaction.execute(_CLAIM, values))


def _give_up(database: Database, rows: list[Row]) -> None:
    """Leave the rows to whichever relay looks next; not those whose claim ran out, and that another has now."""
    with database.write() as transaction:
        transaction.execute_many(_GIVE_UP, [{"id": row[0], "until": row[4]} for row in rows])


def _message(row: Row) -> Message:
    """With the same id whenever it is published."""
    _, _, body, message_id, _ = row
    return Message(str(body).encode(), id=str(message_id) or uuid.uuid4().hex)
