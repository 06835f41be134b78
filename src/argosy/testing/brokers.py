"""What every `Broker` must do. Each of `CHECKS` takes what opens, with a policy, a handle to one empty broker.

@pytest.mark.parametrize("check", CHECKS)
def test_contract(check, database):
    check(lambda policy: SqlBroker(database, policy))
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from argosy.errors import MessageInvalid
from argosy.messaging.broker import DEAD, MAXIMUM_BYTES, Broker, Delivery, DeliveryPolicy
from argosy.testing.expecting import raised
from argosy.testing.waiting import PATIENCE

Open = Callable[[DeliveryPolicy], Broker]

_ORDINARY: Final = DeliveryPolicy()


def _next(broker: Broker, queue: str = "work") -> Delivery:
    delivery = broker.receive(queue, PATIENCE)
    assert delivery is not None, f"no message came on {queue}"
    return delivery


def messages_keep_their_order(opened: Open) -> None:
    publisher, consumer = opened(_ORDINARY), opened(_ORDINARY)
    publisher.publish("work", b"1", b"2")
    publisher.publish("work", b"3")
    received = [_next(consumer) for _ in range(3)]
    assert [delivery.body for delivery in received] == [b"1", b"2", b"3"]
    assert [delivery.number for delivery in received] == [1, 1, 1]


def bytes_arrive_as_they_were(opened: Open) -> None:
    broker = opened(_ORDINARY)
    body = bytes(range(256)) * 40
    broker.publish("work", body, b"")
    assert [_next(broker).body, _next(broker).body] == [body, b""]


def queues_are_apart(opened: Open) -> None:
    broker = opened(_ORDINARY)
    broker.publish("one", b"1")
    assert broker.receive("two") is None
    assert _next(broker, "one").body == b"1"


def an_acknowledged_message_is_gone(opened: Open) -> None:
    broker = opened(DeliveryPolicy(hold_seconds=0.05))
    broker.publish("work", b"1")
    assert _next(broker).ack()
    assert broker.receive("work", 0.3) is None


def a_held_message_is_hidden(opened: Open) -> None:
    broker = opened(_ORDINARY)
    broker.publish("work", b"1")
    delivery = _next(broker)
    assert broker.receive("work") is None
    assert opened(_ORDINARY).receive("work") is None
    assert delivery.ack()


def an_unsettled_message_comes_again(opened: Open) -> None:
    broker = opened(DeliveryPolicy(hold_seconds=0.05))
    broker.publish("work", b"1")
    first, second = _next(broker), _next(broker)
    assert (first.body, first.number, second.body, second.number) == (b"1", 1, b"1", 2)


def a_consumer_may_hold_for_less(opened: Open) -> None:
    broker = opened(_ORDINARY)
    broker.publish("work", b"1")
    assert broker.receive("work", hold=0.05) is not None
    assert _next(broker).number == 2
    assert broker.receive("work", 0.2) is None


def only_the_newest_delivery_settles(opened: Open) -> None:
    hasty = opened(DeliveryPolicy(hold_seconds=0.05))
    hasty.publish("work", b"1")
    first = _next(hasty)
    second = _next(opened(_ORDINARY))
    assert not first.ack()
    assert not first.release()
    assert second.ack()
    assert not second.ack()


def a_late_ack_spares_newer_messages(opened: Open) -> None:
    hasty, calm = opened(DeliveryPolicy(hold_seconds=0.05)), opened(_ORDINARY)
    hasty.publish("work", b"old")
    late = _next(hasty)
    assert _next(calm).ack()
    calm.publish("work", b"new")
    newer = _next(calm)
    assert not late.ack()
    assert newer.release()
    assert _next(calm).body == b"new"


def a_released_message_comes_at_once(opened: Open) -> None:
    broker = opened(_ORDINARY)
    broker.publish("work", b"1")
    assert _next(broker).release()
    again = broker.receive("work", PATIENCE)
    assert again is not None
    assert again.number == 2


def a_delay_is_kept(opened: Open) -> None:
    broker = opened(_ORDINARY)
    broker.publish("work", b"1")
    released_at = time.monotonic()
    assert _next(broker).release(delay=0.2)
    assert _next(broker).body == b"1"
    assert time.monotonic() - released_at > 0.19  # the broker's clock may be a little apart


def a_poisonous_message_is_put_aside(opened: Open) -> None:
    broker = opened(DeliveryPolicy(delivery_limit=3))
    broker.publish("work", b"poison", b"fine")
    for _ in range(3):
        delivery = _next(broker)
        while delivery.body != b"poison":
            delivery.ack()
            delivery = _next(broker)
        delivery.release()
    deadline = time.monotonic() + PATIENCE
    while (dead := broker.receive("work" + DEAD)) is None:  # it is put aside by whoever receives it once too often
        rest = broker.receive("work", 0.05)
        assert rest is None or rest.body == b"fine"
        assert time.monotonic() < deadline, "the message was not put aside"
    assert dead.body == b"poison"


def an_old_message_may_go_but_a_new_one_stays(opened: Open) -> None:
    broker = opened(DeliveryPolicy(keep_seconds=3600))
    for number in range(50):
        broker.publish("unread", str(number).encode())
    assert _next(broker, "unread").body == b"0"


def a_waiting_consumer_is_woken(opened: Open) -> None:
    consumer, publisher = opened(_ORDINARY), opened(_ORDINARY)
    received: list[Delivery | None] = []
    thread = threading.Thread(target=lambda: received.append(consumer.receive("work", PATIENCE)))
    thread.start()
    publisher.publish("work", b"1")
    thread.join(PATIENCE)
    assert [delivery.body for delivery in received if delivery] == [b"1"]


def consumers_share_a_queue(opened: Open) -> None:
    bodies = [str(number).encode() for number in range(100)]
    opened(_ORDINARY).publish("work", *bodies)
    received: list[bytes] = []

    def consume(broker: Broker) -> None:
        while delivery := broker.receive("work"):
            received.append(delivery.body)
            delivery.ack()

    shared = opened(_ORDINARY)
    threads = [threading.Thread(target=consume, args=(broker,)) for broker in (shared, shared, opened(_ORDINARY))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(received, key=int) == bodies


def what_cannot_be_sent_is_refused_whole(opened: Open) -> None:
    broker = opened(_ORDINARY)
    for queue, bodies in (("work", (b"1", b"x" * (MAXIMUM_BYTES + 1))), ("No Queue", (b"1",)), ("", (b"1",))):
        raised(MessageInvalid, broker.publish, queue, *bodies)
    assert broker.receive("work") is None


CHECKS: Final[tuple[Callable[[Open], None], ...]] = (
    messages_keep_their_order,
    bytes_arrive_as_they_were,
    queues_are_apart,
    an_acknowledged_message_is_gone,
    a_held_message_is_hidden,
    an_unsettled_message_comes_again,
    a_consumer_may_hold_for_less,
    only_the_newest_delivery_settles,
    a_late_ack_spares_newer_messages,
    a_released_message_comes_at_once,
    a_delay_is_kept,
    a_poisonous_message_is_put_aside,
    an_old_message_may_go_but_a_new_one_stays,
    a_waiting_consumer_is_woken,
    consumers_share_a_queue,
    what_cannot_be_sent_is_refused_whole,
)
