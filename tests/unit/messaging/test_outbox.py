"""The outbox and its relay: published if and only if committed."""

import msgspec
import pytest

from argosy.errors import BrokerRefused, BrokerUnavailable, MessageInvalid
from argosy.messaging import notifications
from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.message import MAXIMUM_BYTES
from argosy.messaging.outbox import emit
from argosy.messaging.relay import CLAIM_SECONDS, relay, relaying
from argosy.testing.waiting import until
from stored.clock import pass_time, put_back
from stored.messages import claimed_seconds, end_claims
from stored.rows import count


def subscribed(cls, database, *topics):
    broker = cls(database)
    for topic in topics or ("work",):
        broker.subscribe(topic, "reader")
    return broker


def received(broker, topic):
    receiver, found = broker.receiver(topic, "reader"), []
    while delivery := receiver.receive():
        found.append(delivery.message)
        delivery.ack()
    return found


def bodies(broker, topic):
    return [msgspec.json.decode(message.body) for message in received(broker, topic)]


def test_what_commits_is_published_in_order(database):
    broker = subscribed(SqlBroker, database, "left", "right")
    with database.write() as transaction:
        for number in range(1200):  # more than one batch
            emit(transaction, "left" if number % 3 else "right", number)
    assert relay(database, broker) == 1200
    assert bodies(broker, "right") == list(range(0, 1200, 3))
    assert bodies(broker, "left") == [number for number in range(1200) if number % 3]
    assert relay(database, broker) == count(database, "outbox") == 0


def test_what_does_not_commit_is_not(database):
    broker = subscribed(SqlBroker, database)

    def give_up():
        with database.write() as transaction:
            emit(transaction, "work", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert relay(database, broker) == 0
    assert bodies(broker, "work") == []


class Failing(SqlBroker):
    """A broker whose first publication ends with an error."""

    def __init__(self, database, error=None, meanwhile=lambda: None):
        super().__init__(database)
        self.error, self.meanwhile, self.tried = error or BrokerUnavailable("down"), meanwhile, []

    def _publish(self, topic, messages):
        self.tried.extend(message.id for message in messages)
        error, self.error = self.error, None
        if error is not None:
            self.meanwhile()
            raise error
        return super()._publish(topic, messages)


def die_publishing(database):
    """A relay ends in the midst of a publication, as if it was killed."""
    with pytest.raises(KeyboardInterrupt):
        relay(database, Failing(database, KeyboardInterrupt()))


def test_what_could_not_be_published_is_published_as_soon_as_the_broker_is_back(database):
    broker = subscribed(Failing, database)
    with database.write() as transaction:
        emit(transaction, "work", {"a": 1})
    with pytest.raises(BrokerUnavailable):
        relay(database, broker)
    assert relay(database, broker) == 1
    (message,) = received(broker, "work")
    assert (message.body, [message.id] * 2) == (b'{"a":1}', broker.tried), "a repetition is recognised by its id"


def test_what_a_relay_had_in_hand_when_it_died_is_published_later(database):
    broker = subscribed(SqlBroker, database)
    with database.write() as transaction:
        emit(transaction, "work", 1)
    die_publishing(database)
    (claimed,) = claimed_seconds(database)
    assert claimed >= CLAIM_SECONDS
    assert relay(database, broker) == 0
    end_claims(database)
    assert relay(database, broker) == 1
    assert bodies(broker, "work") == [1]


def test_a_relay_gives_up_no_row_that_another_has_by_now(database):
    def take():
        end_claims(database)
        die_publishing(database)
        pass_time(database, 1.0)  # so that the two claims do not end at the same moment

    with database.write() as transaction:
        emit(transaction, "work", 1)
    with pytest.raises(BrokerUnavailable):
        relay(database, Failing(database, meanwhile=take))
    assert relay(database, subscribed(SqlBroker, database)) == 0


def test_a_claim_from_before_the_clock_was_set_back_is_over(database):
    broker = subscribed(SqlBroker, database)
    with database.write() as transaction:
        emit(transaction, "work", 1)
    die_publishing(database)
    put_back(database, hours=2)
    assert relay(database, broker) == 1


@pytest.mark.parametrize(("topic", "value"), [("No Topic", 1), ("work", "x" * MAXIMUM_BYTES), ("work", object())])
def test_messages_that_no_broker_accepts_are_refused_on_writing(database, topic, value):
    with database.write() as transaction, pytest.raises(MessageInvalid):
        emit(transaction, topic, value)
    assert count(database, "outbox") == 0


class Interrupting(SqlBroker):
    """A broker during whose publication another relay reads the outbox."""

    def _publish(self, topic, messages):
        self.moved_by_another = relay(self._database, SqlBroker(self._database))
        return super()._publish(topic, messages)


def test_two_relays_do_not_publish_the_same_row(database):
    broker = subscribed(Interrupting, database)
    with database.write() as transaction:
        emit(transaction, "work", 1)
    assert relay(database, broker) == 1
    assert broker.moved_by_another == 0
    assert bodies(broker, "work") == [1]


class Full(SqlBroker):
    """A broker whose queue of the topic `full` has room for so many messages, and refuses all others."""

    room = 0

    def _publish(self, topic, messages):
        if topic == "full":
            taken, refused = messages[: self.room], messages[self.room :]
            self.room -= len(taken)
            super()._publish(topic, taken)
            if refused:
                raise BrokerRefused("a queue is full", {message.id for message in refused})
            return True
        return super()._publish(topic, messages)


def test_a_full_queue_delays_no_other_topic_and_takes_what_it_has_room_for(database):
    broker = subscribed(Full, database, "full", "work")
    with database.write() as transaction:
        for number in range(600):
            emit(transaction, "full", number)
        emit(transaction, "work", "on its way")
    with pytest.raises(BrokerRefused):
        relay(database, broker)
    assert bodies(broker, "work") == ["on its way"]
    assert relay(database, broker) == 0, "what was refused is not tried again at once"
    for room in (3, 200):
        broker.room = room
        end_claims(database)
        with pytest.raises(BrokerRefused):
            relay(database, broker)
        assert relay(database, broker) == 0
    broker.room = 600
    end_claims(database)
    assert relay(database, broker) == 600 - 203
    assert bodies(broker, "full") == list(range(600))


def test_a_notification_can_be_told_from_its_repetition(database):
    broker = subscribed(SqlBroker, database, notifications.TOPIC)
    with database.write() as transaction:
        for _ in range(2):
            notifications.notify(transaction, "alias_moved", model="topics", from_number=None, to_number=2)
        now = transaction.now()
    relay(database, broker)
    first, second = (notifications.CODEC.decode(each.body) for each in received(broker, notifications.TOPIC))
    assert first.id != second.id
    assert (first.event, first.model, first.from_number, first.to_number) == ("alias_moved", "topics", None, 2)
    assert (first.label, abs(first.at - now) < 1) == ("", True)


def test_a_broker_that_takes_nothing_is_reported_once(database, monkeypatch, caplog):
    monkeypatch.setattr("argosy.messaging.relay.CLAIM_SECONDS", -1.0)  # a claim is over at once
    monkeypatch.setattr("argosy.messaging.relay.LOOK_SECONDS", 0.01)
    attempts = []

    class Blocked(SqlBroker):
        def _publish(self, topic, messages):
            attempts.append(topic)
            raise BrokerUnavailable("it takes no messages")

    with database.write() as transaction:
        emit(transaction, "work", "one")
    with relaying(database, Blocked(database)):
        until(lambda: len(attempts) >= 4)
    assert [record.message for record in caplog.records if "takes no messages" in record.message] == [
        "it takes no messages; what is in the outbox is published when it is back"
    ]
