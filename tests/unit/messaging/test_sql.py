"""What the contract leaves to the SQL broker."""

import pytest

from argosy.messaging.broker import DeliveryPolicy
from argosy.messaging.brokers.sql import SqlBroker


def count(database):
    with database.read() as transaction:
        return transaction.execute("SELECT count(*) FROM messages")[0][0]


def test_what_nobody_took_is_dropped_by_a_later_publication(database):
    broker = SqlBroker(database, DeliveryPolicy(keep_seconds=60))
    broker.publish("unread", b"1", b"2")
    broker.publish("other", b"3")
    with database.write() as transaction:
        transaction.execute("UPDATE messages SET visible_at = visible_at - 61")
    broker.publish("unread", b"4")
    assert broker.receive("unread").body == b"4"
    assert broker.receive("other").body == b"3"
    assert count(database) == 2


def test_what_a_consumer_holds_is_not_dropped(database):
    broker = SqlBroker(database, DeliveryPolicy(keep_seconds=0, hold_seconds=60))
    broker.publish("work", b"1")
    held = broker.receive("work")
    broker.publish("work", b"2")
    assert held.ack()


def test_looking_into_an_empty_queue_is_no_commit_that_wakes_others(database, tmp_path):
    from argosy.database.engines.sqlite import SqliteDatabase

    watcher = SqliteDatabase(database.url)
    watcher.wait_for_change(0.0)
    assert SqlBroker(database).receive("work", 0.1) is None
    assert not watcher.wait_for_change(0.0)
    watcher.close()


@pytest.mark.parametrize("queue", ["Work", "1work", "work queue", "", "w" * 101])
def test_receiving_from_no_queue_is_refused(database, queue):
    from argosy.errors import MessageInvalid

    with pytest.raises(MessageInvalid, match="cannot be a queue's name"):
        SqlBroker(database).receive(queue)
