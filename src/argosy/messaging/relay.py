"""Moves the outbox to the broker: claim rows, publish, delete. At least once, by any number of relays; one keeps order.

A relay whose broker is unavailable gives its rows up at once; its caller decides when to call it again. One that dies
leaves them claimed for `CLAIM_SECONDS`; then another relay publishes them (again, if the dead one had).

A broker may refuse a message, for example because the queue of one subscriber is full. It and the rest of its topic
stay claimed for `CLAIM_SECONDS`, since every attempt gives another copy to the other subscribers. Other topics do not
wait for it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from argosy.clock import SLACK_SECONDS
from argosy.database.database import Database, Row
from argosy.errors import BrokerRefused, BrokerUnavailable, DatabaseUnavailable
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
_TOPICS = f"SELECT topic {_FREE} GROUP BY topic ORDER BY topic"  # no value is in the text
_CLAIM = f"""
UPDATE outbox SET claimed_until = :now + :seconds
WHERE id IN (SELECT id {_FREE} AND topic = :topic ORDER BY id LIMIT :batch /* FOR UPDATE SKIP LOCKED */)
RETURNING id, topic, body, message_id, claimed_until"""  # noqa: S608
_HOLD = f"""
UPDATE outbox SET claimed_until = :now + :seconds WHERE id IN (SELECT id {_FREE} AND topic = :topic)"""  # noqa: S608
_GIVE_UP = "UPDATE outbox SET claimed_until = 0 WHERE id = :id AND claimed_until = :until"
_DELETE = "DELETE FROM outbox WHERE id = :id"


def relay(database: Database, broker: Broker) -> int:
    """Publish what is in the outbox; how many rows. Costs one short read if there is nothing.

    Raises BrokerUnavailable after it has tried every topic.
    """
    moved, problem = 0, None
    for topic in _topics(database):
        try:
            moved += _relay_topic(database, broker, topic)
        except BrokerUnavailable as error:
            problem = problem or error
    if problem is not None:
        raise problem
    return moved


def _relay_topic(database: Database, broker: Broker, topic: str) -> int:
    moved = 0
    while rows := _claim(database, topic):
        published, problem = _publish(broker, topic, rows)
        if published:
            with database.write() as transaction:
                transaction.execute_many(_DELETE, [{"id": row[0]} for row in published])
        if problem is not None:
            with suppress(DatabaseUnavailable):
                if isinstance(problem, BrokerRefused):
                    _hold(database, topic)
                else:
                    _give_up(database, [row for row in rows if row not in published])
            raise problem
        moved += len(rows)
    return moved


def _publish(broker: Broker, topic: str, rows: list[Row]) -> tuple[list[Row], BrokerUnavailable | None]:
    """Publish the rows; those that were published, and why the others were not.

    The first alone: if it is refused, the others would most likely be too, and every attempt is another copy for the
    subscribers that accept them.
    """
    messages = [_message(row) for row in rows]
    published: list[Row] = []
    try:
        for part in (messages[:1], messages[1:]):
            if part:
                broker.publish(topic, *part)
                published = rows[: len(published) + len(part)]
    except BrokerRefused as error:
        accepted = zip(messages, rows, strict=True) if published else ()
        return [row for message, row in accepted if message.id not in error.refused], error
    except BrokerUnavailable as error:
        return published, error
    return published, None


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


def _topics(database: Database) -> list[str]:
    """The topics of the messages that wait, and that no relay has claimed."""
    with database.read() as transaction:
        values = {"now": transaction.now(), "seconds": CLAIM_SECONDS, "slack": SLACK_SECONDS}
        return [str(topic) for (topic,) in transaction.execute(_TOPICS, values)]


def _claim(database: Database, topic: str) -> list[Row]:
    with database.write() as transaction:
        times = {"now": transaction.now(), "seconds": CLAIM_SECONDS, "slack": SLACK_SECONDS}
        return sorted(transaction.execute(_CLAIM, {**times, "topic": topic, "batch": BATCH}))


def _hold(database: Database, topic: str) -> None:
    """Claim the other rows of the topic too: they wait for the same time as those that were refused."""
    with database.write() as transaction:
        times = {"now": transaction.now(), "seconds": CLAIM_SECONDS, "slack": SLACK_SECONDS}
        transaction.execute(_HOLD, {**times, "topic": topic})


def _give_up(database: Database, rows: list[Row]) -> None:
    """Leave the rows to whichever relay looks next; not those whose claim ran out, and that another has now."""
    with database.write() as transaction:
        transaction.execute_many(_GIVE_UP, [{"id": row[0], "until": row[4]} for row in rows])


def _message(row: Row) -> Message:
    """With the same id whenever it is published."""
    _, _, body, message_id, _ = row
    return Message(str(body).encode(), id=str(message_id) or uuid.uuid4().hex)
