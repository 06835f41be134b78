"""Behaviour of the SQL broker beyond the contract."""

import pytest

from argosy.errors import BrokerUnavailable
from argosy.messaging.broker import TEMPORARY, Backlog, DeliveryPolicy
from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.message import Message
from stored.clock import pass_time, put_back
from stored.rows import away, count


@pytest.fixture
def broker(database):
    return SqlBroker(database)


def texts(*given):
    return [Message(text.encode()) for text in given]


def test_unreceived_messages_are_dropped_by_a_later_publication(database):
    broker = SqlBroker(database, DeliveryPolicy(keep_seconds=60))
    for topic in ("unread", "other"):
        broker.subscribe(topic, "reader")
    broker.publish("unread", *texts("1", "2"))
    broker.publish("other", *texts("3"))
    broker.receiver("unread", "reader").receive().bury("it is bad")
    pass_time(database, 61)
    broker.publish("unread", *texts("4"))
    assert broker.receiver("unread", "reader").receive().message.body == b"4"
    assert broker.receiver("other", "reader").receive().message.body == b"3"
    assert count(database, "messages") == 2, "dead letters go too"


def test_what_a_receiver_has_is_not_dropped(database):
    broker = SqlBroker(database, DeliveryPolicy(keep_seconds=0, hold_seconds=60))
    receiver = broker.receiver("news", "reader")
    broker.publish("news", *texts("1"))
    held = receiver.receive()
    broker.publish("news", *texts("2"))
    assert count(database, "messages") == 2
    held.ack()
    assert count(database, "messages") == 1


def test_a_poll_without_a_message_is_no_commit_that_wakes_others(broker, database):
    receiver = broker.receiver("news", "reader")
    watcher = type(database)(database.url)
    watcher.wait_for_change(0)
    assert receiver.receive(0.1) is None
    broker.subscribe("news", "reader")
    assert not watcher.wait_for_change(0)
    watcher.close()


def test_a_message_hidden_before_the_clock_was_set_back_is_redelivered(broker, database):
    receiver, heir = broker.receiver("news", "reader"), broker.receiver("news", "reader", 2)
    broker.publish("news", *texts("held", "delayed"))
    receiver.receive()
    heir.receive().nack(delay=30)
    assert heir.receive() is None
    put_back(database, hours=2)
    assert sorted(heir.receive().message.body for _ in range(2)) == [b"delayed", b"held"]


def test_what_was_fetched_long_ago_is_not_handed_out(database):
    broker = SqlBroker(database, DeliveryPolicy(hold_seconds=60))
    receiver, other = broker.receiver("news", "reader", 3), broker.receiver("news", "reader", 3)
    broker.publish("news", *texts("1", "2", "3"))
    first = receiver.receive()
    receiver._taken_at -= 31  # its handling took longer than the hold
    first.ack()
    assert receiver.receive().attempt == 2, "fetched again, for another sixty seconds"
    assert other.receive() is None


def test_a_temporary_name_lasts_while_it_has_a_receiver(broker, database):
    left, live = (broker.receiver("news", f"{TEMPORARY}{name}") for name in ("left", "live"))
    for receiver in (left, live):
        assert receiver.receive() is None
    pass_time(database, 500)
    live._seen_at -= 500
    assert live.receive() is None
    pass_time(database, 500)
    broker.publish("news", *texts("1"))
    assert broker.backlog("news", live.name) == Backlog(1, 0)
    assert broker.backlog("news", left.name) is None
    assert count(database, "messages") == 1


def test_a_receiver_of_a_forgotten_temporary_name_raises(broker, database):
    receiver = broker.receiver("news", f"{TEMPORARY}reader")
    assert receiver.receive() is None
    pass_time(database, 601)
    broker.publish("news", *texts("1"))
    receiver._seen_at -= 601
    with pytest.raises(BrokerUnavailable, match=f"{TEMPORARY}reader was forgotten"):
        receiver.receive()


def test_an_unavailable_database_is_an_unavailable_broker(broker, database):
    receiver = broker.receiver("news", "reader")
    broker.publish("news", *texts("1", "2"))
    delivery = receiver.receive()
    acts = (receiver._fetch, delivery.ack, lambda: receiver._pause(0.1), lambda: broker.publish("news", *texts("3")))
    with away(database, "messages"):
        for act in acts:
            with pytest.raises(BrokerUnavailable, match=r"the broker's database: .*messages"):
                act()
        broker.close()
    assert count(database, "messages") == 2
