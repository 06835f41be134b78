"""Messages in a table of the database. Delivered means hidden until a time; acknowledged means deleted.

A receiver that waits is woken by the database's next change, and reads the table only then or when a hidden message is
due. It takes as many messages at once as it may hold, in one transaction.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakSet

import msgspec

from argosy.clock import SLACK_SECONDS
from argosy.database.database import Database, Transaction
from argosy.errors import BrokerUnavailable, DatabaseUnavailable, SchemaNewer
from argosy.messaging.broker import (
    DEAD,
    TEMPORARY,
    Backlog,
    Broker,
    Capability,
    Delivery,
    DeliveryPolicy,
    Receiver,
    Settled,
)
from argosy.messaging.message import Message

_SUBSCRIBE = "INSERT INTO subscriptions (topic, name, seen_at) VALUES (:topic, :name, :now) ON CONFLICT DO NOTHING"
_UNSUBSCRIBE = "DELETE FROM subscriptions WHERE topic = :topic AND name = :name"
_IS_SUBSCRIBED = "SELECT 1 FROM subscriptions WHERE topic = :topic AND name = :name"
_FORGET = "DELETE FROM messages WHERE topic = :topic AND name IN (:names)"
_SEEN = "UPDATE subscriptions SET seen_at = :now WHERE topic = :topic AND name = :name RETURNING name"
_NAMES = "SELECT name, seen_at FROM subscriptions WHERE topic = :topic"
_COUNT = "SELECT name, count(*) FROM messages WHERE topic = :topic AND name IN (:names) GROUP BY name"
_ADD = """
INSERT INTO messages (topic, name, message_id, body, headers, published_at, visible_at)
VALUES (:topic, :name, :id, :body, :headers, :now, :now)"""
_DROP_OLD = "DELETE FROM messages WHERE topic = :topic AND name IN (:names) AND visible_at < :before"

# hidden for longer than it was to be hidden means: hidden before the clock was put back
_DUE = f"""
FROM messages WHERE topic = :topic AND name = :name
    AND (visible_at <= :now OR visible_at > :now + hidden_seconds + {SLACK_SECONDS})"""
_IS_DUE = f"SELECT 1 {_DUE} LIMIT 1"  # no value is in the text
_NEXT_DUE = "SELECT min(visible_at) FROM messages WHERE topic = :topic AND name = :name"
_TAKE = f"""
UPDATE messages SET visible_at = :now + :hold, hidden_seconds = :hold, deliveries = deliveries + 1
WHERE id IN (SELECT id {_DUE} ORDER BY visible_at, id LIMIT :count /* FOR UPDATE SKIP LOCKED */)
RETURNING id, deliveries, message_id, body, headers, published_at"""  # noqa: S608
_NEWEST = "WHERE id = :id AND deliveries = :number"
_ACK = f"DELETE FROM messages {_NEWEST}"  # noqa: S608
_NACK = f"UPDATE messages SET visible_at = :now + :delay, hidden_seconds = :delay {_NEWEST}"  # noqa: S608
_MOVE = f"""
UPDATE messages SET name = :name, headers = :headers, deliveries = 0, published_at = :now, visible_at = :now,
    hidden_seconds = 0 {_NEWEST}"""  # noqa: S608


class SqlBroker(Broker):
    """On any `Database`, which the caller opens and closes."""

    capabilities = frozenset(Capability)

    def __init__(self, database: Database, policy: DeliveryPolicy | None = None) -> None:
        super().__init__(policy)
        self._database, self.url = database, f"{database.url.partition(':')[0]}:"
        self._receivers: WeakSet[SqlReceiver] = WeakSet()

    def close(self) -> None:
        for receiver in list(self._receivers):
            receiver.close()

    def _subscribe(self, topic: str, name: str) -> None:
        names = {"topic": topic, "name": name}
        with _reachable():
            with self._database.read() as transaction:  # a subscription that there is makes no writer wait
                if transaction.execute(_IS_SUBSCRIBED, names):
                    return
            with self._database.write() as transaction:
                transaction.execute(_SUBSCRIBE, {**names, "now": transaction.now()})

    def _unsubscribe(self, topic: str, name: str) -> None:
        with _reachable(), self._database.write() as transaction:
            _forget(transaction, topic, name)

    def _backlog(self, topic: str, name: str) -> Backlog | None:
        with _reachable(), self._database.read() as transaction:
            if not transaction.execute(_IS_SUBSCRIBED, {"topic": topic, "name": name}):
                return None
            counts: dict[str, int] = dict(transaction.execute(_COUNT, {"topic": topic, "names": [name, name + DEAD]}))
        return Backlog(counts.get(name, 0), counts.get(name + DEAD, 0))

    def _publish(self, topic: str, messages: Sequence[Message]) -> bool:
        with _reachable(), self._database.write() as transaction:
            now = transaction.now()
            names = self._present(transaction, topic, now)
            everywhere = [*names, *(name + DEAD for name in names)]
            old = {"topic": topic, "names": everywhere, "before": now - self.policy.keep_seconds}
            transaction.execute(_DROP_OLD, old)
            rows = [
                {**_row(message), "topic": topic, "name": name, "now": now} for message in messages for name in names
            ]
            transaction.execute_many(_ADD, rows)
            transaction.announce()
        return bool(names)

    def _present(self, transaction: Transaction, topic: str, now: float) -> list[str]:
        """The subscribers, without temporary names that no receiver uses; these are forgotten."""
        names = []
        for name, seen_at in transaction.execute(_NAMES, {"topic": topic}):
            if name.startswith(TEMPORARY) and seen_at < now - self.policy.forget_seconds:
                _forget(transaction, topic, name)
            else:
                names.append(name)
        return names

    def _receiver(self, topic: str, name: str, prefetch: int) -> Receiver:
        receiver = SqlReceiver(self._database, topic, name, prefetch, self.policy)
        self._receivers.add(receiver)
        return receiver


class SqlReceiver(Receiver):
    """Holds what it has taken and not handed out yet, in order."""

    def __init__(self, database: Database, topic: str, name: str, prefetch: int, policy: DeliveryPolicy) -> None:
        super().__init__(topic, name, prefetch, policy)
        self._database, self._taken_at, self._seen_at = database, 0.0, float("-inf")
        is_temporary = name.startswith(TEMPORARY) and not self.is_of_dead_letters
        self._seen_every = policy.forget_seconds / 4 if is_temporary else float("inf")
        self._taken: deque[Delivery] = deque()
        self._unsettled: dict[int, Delivery] = {}

    def close(self) -> None:
        left = [*self._unsettled.values()]
        self._taken.clear()
        for delivery in left:
            delivery.settled = Settled.GIVEN_BACK
            with suppress(BrokerUnavailable):  # it comes again when its hold is over
                self._nack(delivery, 0.0)
        self._unsettled.clear()

    def _take(self) -> Delivery | None:
        if time.monotonic() - self._seen_at > self._seen_every:
            self._be_seen()
        if self._taken and time.monotonic() - self._taken_at > self.policy.hold_seconds / 2:
            self._let_go()
        if not self._taken:
            self._fetch()
        return self._taken.popleft() if self._taken else None

    def _be_seen(self) -> None:
        with _reachable(), self._database.write() as transaction:
            values = {"topic": self.topic, "name": self.name, "now": transaction.now()}
            if not transaction.execute(_SEEN, values):
                raise BrokerUnavailable(f"the temporary subscriber {self.name} was forgotten: subscribe again")
        self._seen_at = time.monotonic()

    def _let_go(self) -> None:
        """Of what was not handed out yet: its time may run out before it is settled."""
        for delivery in self._taken:
            self._nack(delivery, 0.0)
        self._taken.clear()

    def _fetch(self) -> None:
        names, count = {"topic": self.topic, "name": self.name}, self.prefetch - self.held
        with _reachable():
            with self._database.read() as transaction:  # an empty topic must not make writers wait
                if not transaction.execute(_IS_DUE, {**names, "now": transaction.now()}):
                    return
            with self._database.write() as transaction:
                now = transaction.now()
                values = {**names, "now": now, "hold": self.policy.hold_seconds, "count": count}
                rows = transaction.execute(_TAKE, values)
        self._taken_at = time.monotonic()
        for tag, number, message_id, body, headers, published_at in sorted(rows):
            message = Message(bytes(body), msgspec.json.decode(headers), message_id)
            delivery = Delivery(self, message, number, now - published_at, tag)
            self._taken.append(delivery)
            self._unsettled[tag] = delivery

    def _pause(self, seconds: float) -> None:
        with _reachable():
            with self._database.read() as transaction:
                due = transaction.execute(_NEXT_DUE, {"topic": self.topic, "name": self.name})[0][0]
                left = seconds if due is None else max(0.0, due - transaction.now())
            self._database.wait_for_change(min(seconds, left, self._seen_every))

    def _ack(self, delivery: Delivery) -> None:
        self._settle(delivery, _ACK)

    def _nack(self, delivery: Delivery, delay: float) -> None:
        self._settle(delivery, _NACK, delay=delay)

    def _move_to(self, delivery: Delivery, name: str, headers: dict[str, str]) -> None:
        self._settle(delivery, _MOVE, name=name, headers=msgspec.json.encode(headers).decode())

    def _settle(self, delivery: Delivery, statement: str, **values: Any) -> None:
        self._unsettled.pop(delivery.tag, None)
        with _reachable(), self._database.write() as transaction:
            row = {"id": delivery.tag, "number": delivery.attempt, "now": transaction.now(), **values}
            transaction.execute(statement, row)
            transaction.announce()


def _forget(transaction: Transaction, topic: str, name: str) -> None:
    transaction.execute(_UNSUBSCRIBE, {"topic": topic, "name": name})
    transaction.execute(_FORGET, {"topic": topic, "names": [name, name + DEAD]})


def _row(message: Message) -> dict[str, Any]:
    headers = msgspec.json.encode(dict(message.headers)).decode()
    return {"id": message.id, "body": message.body, "headers": headers}


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except SchemaNewer:  # no outage: it does not end for this process
        raise
    except DatabaseUnavailable as error:
        raise BrokerUnavailable(f"the broker's database: {error}") from error
