"""The outbox and its relay: published if and only if committed."""

import msgspec
import pytest

from argosy.messaging.broker import Broker
from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.outbox import NOTIFICATIONS, emit, notify
from argosy.messaging.relay import CLAIM_SECONDS, relay


def bodies(broker, queue):
    found = []
    while delivery := broker.receive(queue):
        found.append(msgspec.json.decode(delivery.body))
        delivery.ack()
    return found


def waiting(database):
    with database.read() as transaction:
        return transaction.execute("SELECT count(*) FROM outbox")[0][0]


def test_what_commits_is_published_in_order(database):
    broker = SqlBroker(database)
    with database.write() as transaction:
        for number in range(1200):  # more than one batch
            emit(transaction, "left" if number % 3 else "right", number)
    assert relay(database, broker) == 1200
    assert bodies(broker, "right") == list(range(0, 1200, 3))
    assert bodies(broker, "left") == [number for number in range(1200) if number % 3]
    assert relay(database, broker) == waiting(database) == 0


def test_what_does_not_commit_is_not(database):
    broker = SqlBroker(database)

    def give_up():
        with database.write() as transaction:
            emit(transaction, "work", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert relay(database, broker) == 0
    assert bodies(broker, "work") == []


class Failing(SqlBroker):
    """A broker that is down for its first publication."""

    is_down = True

    def _add(self, queue, bodies):
        if self.is_down:
            self.is_down = False
            raise ConnectionError("down")
        super()._add(queue, bodies)


def test_what_could_not_be_published_is_published_later(database):
    broker: Broker = Failing(database)
    with database.write() as transaction:
        emit(transaction, "work", {"a": 1})
    with pytest.raises(ConnectionError):
        relay(database, broker)
    assert relay(database, broker) == 0  # claimed, as if by a relay at work
    with database.write() as transaction:
        transaction.execute("UPDATE outbox SET claimed_until = claimed_until - :wait", {"wait": CLAIM_SECONDS})
    assert relay(database, broker) == 1
    assert bodies(broker, "work") == [{"a": 1}]


class Interrupting(SqlBroker):
    """A broker in the midst of whose publication another relay looks into the outbox."""

    def _add(self, queue, bodies):
        self.moved_by_another = relay(self._database, SqlBroker(self._database))
        super()._add(queue, bodies)


def test_two_relays_do_not_publish_the_same_row(database):
    broker = Interrupting(database)
    with database.write() as transaction:
        emit(transaction, "work", 1)
    assert relay(database, broker) == 1
    assert broker.moved_by_another == 0
    assert bodies(broker, "work") == [1]


def test_a_notification_can_be_told_from_its_repetition(database):
    broker = SqlBroker(database)
    with database.write() as transaction:
        for _ in range(2):
            notify(transaction, "alias_moved", model="topics")
        now = transaction.now()
    relay(database, broker)
    first, second = bodies(broker, NOTIFICATIONS)
    assert first["id"] != second["id"]
    assert (first["event"], first["model"]) == ("alias_moved", "topics")
    assert abs(first["at"] - now) < 1
