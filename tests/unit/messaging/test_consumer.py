"""A consumer and its middleware: how a message is settled, by how its handling ended."""

import threading

import msgspec
import pytest

from argosy.errors import BrokerUnavailable
from argosy.messaging.back_off import back_off
from argosy.messaging.broker import Settled
from argosy.messaging.brokers.sql import SqlBroker
from argosy.messaging.codec import JsonCodec
from argosy.messaging.consumer import Consumer
from argosy.messaging.message import Message
from argosy.messaging.middleware import Middleware
from argosy.messaging.middlewares import DEFAULT
from argosy.messaging.middlewares.dead_letters import DeadLetters
from argosy.messaging.middlewares.logs import Logs
from argosy.messaging.middlewares.retries import Retries
from stored.messages import end_delays
from stored.rows import column

TEXT = "my card number is 4929"


class Claim(msgspec.Struct):
    text: str


class Desk:
    """A consumer of claims, whose delays are over at once."""

    def __init__(self, database):
        self.database, self.broker = database, SqlBroker(database)
        self.consumers = []

    def consumer(self, handle, *middleware, name="desk", **how):
        chain = {"middleware": middleware} if middleware else {}
        made = Consumer(self.broker, "claims", name, JsonCodec(Claim), handle, **chain, **how)
        self.broker.subscribe("claims", name)
        self.consumers.append(made)
        return made

    def publish(self, *texts):
        self.broker.publish("claims", *(Message(JsonCodec(Claim).encode(Claim(text))) for text in texts))

    def hasten(self):
        end_delays(self.database)

    def delays(self):
        return column(self.database, "messages", "hidden_seconds", name="desk")

    def dead(self, name="desk"):
        receiver, found = self.broker.dead_letters("claims", name), []
        while delivery := receiver.receive():
            found.append((delivery.message.body, delivery.message.headers["dead_because"]))
            delivery.ack()
        return found


@pytest.fixture
def desk(database):
    made = Desk(database)
    yield made
    for consumer in made.consumers:
        consumer.close()


def failing(error):
    def handle(claim, delivery):
        raise error

    return handle


def test_the_default_chain_is_as_documented():
    assert [type(each) for each in DEFAULT] == [Logs, DeadLetters, Retries]


def test_what_is_handled_is_acknowledged(desk):
    seen = []
    consumer = desk.consumer(lambda claim, delivery: seen.append((claim.text, delivery.attempt)))
    desk.publish("a", "b")
    assert [consumer.step(), consumer.step(), consumer.step()] == [True, True, False]
    assert seen == [("a", 1), ("b", 1)]
    assert (desk.dead(), desk.delays()) == ([], [])


def test_a_handler_may_settle_by_itself(desk):
    def handle(claim, delivery):
        delivery.bury("spam") if claim.text == "a" else delivery.nack(30)

    consumer = desk.consumer(handle)
    desk.publish("a", "b")
    consumer.step()
    consumer.step()
    assert desk.dead() == [(b'{"text":"a"}', "spam")]
    assert desk.delays() == [30]


def test_a_failure_is_tried_again_with_longer_and_longer_delays_and_then_buried(desk, caplog):
    consumer, delays = desk.consumer(failing(RuntimeError(TEXT))), []
    desk.publish("a")
    while consumer.step():
        delays += desk.delays()
        desk.hasten()
    assert delays == [1, 4, 16, 60]
    assert not [record for record in caplog.records if TEXT in record.getMessage()]


def test_the_last_attempt_is_buried_with_its_error_and_no_text(desk, caplog):
    consumer = desk.consumer(failing(RuntimeError(TEXT)), Logs(), DeadLetters(), Retries(2))
    desk.publish("a", "b")
    assert consumer.step()
    assert consumer.step()
    desk.hasten()
    assert consumer.step()
    assert consumer.step()
    assert not consumer.step()
    (body, why), _ = desk.dead()
    assert body == b'{"text":"a"}'
    assert why.startswith("RuntimeError at ")
    assert TEXT not in why + caplog.text
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 4
    assert "given back at attempt 1" in caplog.text
    assert "buried at attempt 2" in caplog.text


def test_a_poisonous_message_holds_up_no_other(desk):
    seen = []

    def handle(claim, delivery):
        if claim.text == "poison":
            raise RuntimeError
        seen.append(claim.text)

    consumer = desk.consumer(handle)
    desk.publish("poison", "a", "b")
    while consumer.step():
        pass
    assert seen == ["a", "b"]


def test_what_cannot_be_read_is_buried_at_once(desk):
    consumer = desk.consumer(lambda claim, delivery: None)
    desk.broker.publish("claims", Message(b"no claim"))
    assert consumer.step()
    ((body, why),) = desk.dead()
    assert body == b"no claim"
    assert "a message that is no Claim" in why


def test_without_middleware_a_failure_comes_again(desk):
    consumer = desk.consumer(failing(RuntimeError(TEXT)), Middleware())
    desk.publish("a")
    assert consumer.step()
    assert desk.delays() == [1]
    desk.hasten()
    assert consumer.step()
    assert desk.dead() == []


def test_the_first_middleware_is_the_outermost(desk):
    order = []

    class Noting(Middleware):
        def __init__(self, name):
            self.name = name

        def around(self, delivery, handle):
            order.append(self.name)
            handle(delivery)
            order.append(f"{self.name} after {delivery.settled}")

    consumer = desk.consumer(lambda claim, delivery: order.append("handler"), Noting("outer"), Noting("inner"))
    desk.publish("a")
    consumer.step()
    assert order == ["outer", "inner", "handler", "inner after None", "outer after None"]


def test_each_name_sees_all_and_one_s_dead_letters_are_its_own(desk):
    seen = []
    good = desk.consumer(lambda claim, delivery: seen.append(claim.text), name="good")
    bad = desk.consumer(failing(RuntimeError()), DeadLetters(), name="bad")
    desk.publish("a")
    assert good.step()
    assert bad.step()
    assert seen == ["a"]
    assert (len(desk.dead("bad")), desk.dead("good")) == (1, [])


def test_a_stop_ends_it_and_gives_back_what_it_had_fetched(desk):
    stop, seen = threading.Event(), []

    def handle(claim, delivery):
        seen.append(claim.text)
        stop.set()

    consumer = desk.consumer(handle, prefetch=3)
    desk.publish("a", "b", "c")
    consumer.run(stop)
    rest = desk.broker.receiver("claims", "desk", 3)
    assert seen + [rest.receive().message.body for _ in range(2)] == ["a", b'{"text":"b"}', b'{"text":"c"}']


def test_ctrl_c_gives_the_message_back(desk):
    consumer = desk.consumer(failing(KeyboardInterrupt()))
    desk.publish("a")
    with pytest.raises(KeyboardInterrupt):
        consumer.run(threading.Event())
    assert desk.broker.receiver("claims", "desk").receive().attempt == 2


def test_a_consumer_waits_for_an_unavailable_broker(desk, monkeypatch):
    stop, outages, real = threading.Event(), [], desk.broker.receiver

    def receiver(*arguments):
        if len(outages) < 2:
            outages.append(1)
            raise BrokerUnavailable("connection refused")
        return real(*arguments)

    monkeypatch.setattr("argosy.messaging.consumer.RECOVER_SECONDS", 0.01)
    monkeypatch.setattr(desk.broker, "receiver", receiver)
    consumer = desk.consumer(lambda claim, delivery: stop.set())
    desk.publish("a")
    consumer.run(stop)
    assert len(outages) == 2


def test_a_delivery_reports_how_it_ended(desk):
    ended = []
    consumer = desk.consumer(lambda claim, delivery: ended.append(delivery))
    desk.publish("a")
    consumer.step()
    assert ended[0].settled is Settled.ACKNOWLEDGED


def test_the_back_off_grows_and_ends():
    assert [back_off(failures) for failures in (1, 2, 3, 4, 50, 5000)] == [1, 4, 16, 60, 60, 60]
