"""What every `Broker` must do, and what those must that declare a capability.

`checks_for` gives the checks of a broker's capabilities. Each takes a `Site`: how to open a handle to one broker that
is empty, and how to end a handle as the death of its process would.

@pytest.mark.parametrize("check", checks_for(SqlBroker.capabilities))
def test_contract(check, database):
    check(Site(lambda policy: SqlBroker(database, policy)))
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from argosy.errors import MessageInvalid
from argosy.messaging.broker import Broker, Capability, Delivery, DeliveryPolicy, Receiver
from argosy.messaging.message import MAXIMUM_BYTES, MAXIMUM_HEADER_BYTES, MAXIMUM_NAME_BYTES, Message
from argosy.testing.broker_names import (
    a_backlog_is_counted,
    a_temporary_name_is_one_like_others,
    a_temporary_name_that_nobody_receives_for_is_forgotten,
)
from argosy.testing.broker_sites import (
    HASTY,
    ORDINARY,
    Check,
    Site,
    next_delivery,
    received_text,
    text_message,
    text_messages,
)
from argosy.testing.expecting import raised
from argosy.testing.waiting import PATIENCE


def messages_keep_their_order(site: Site) -> None:
    publisher, receiver = site.open(ORDINARY), site.open(ORDINARY).receiver("news", "reader", 3)
    assert publisher.publish("news", *text_messages("1", "2"))
    assert publisher.publish("news", text_message("3"))
    received = [next_delivery(receiver) for _ in range(3)]
    assert [received_text(delivery) for delivery in received] == ["1", "2", "3"]
    assert [delivery.attempt for delivery in received] == [1, 1, 1]


def messages_arrive_as_they_were(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver = broker.receiver("news", "reader", 2)
    sent = [Message(bytes(range(256)) * 40, {"trace": "00-ab", "who": "Käthe"}), Message(b"")]
    broker.publish("news", *sent)
    assert [next_delivery(receiver).message, next_delivery(receiver).message] == sent


def topics_do_not_mix(site: Site) -> None:
    broker = site.open(ORDINARY)
    one, two = broker.receiver("one", "reader"), broker.receiver("two", "reader")
    broker.publish("one", text_message("1"))
    assert site.is_empty(two)
    assert received_text(next_delivery(one)) == "1"


def what_nobody_subscribed_to_is_dropped(site: Site) -> None:
    broker = site.open(ORDINARY)
    assert not broker.publish("news", text_message("too early"))
    receiver = broker.receiver("news", "reader")
    assert broker.publish("news", text_message("in time"))
    assert site.all(receiver, 1) == ["in time"]


def a_subscription_keeps_messages_while_nobody_receives(site: Site) -> None:
    broker = site.open(ORDINARY)
    broker.subscribe("news", "reader")
    broker.subscribe("news", "reader")
    broker.publish("news", text_message("1"))
    assert site.all(site.open(ORDINARY).receiver("news", "reader"), 1) == ["1"]


def each_name_has_every_message(site: Site) -> None:
    broker = site.open(ORDINARY)
    left, right = broker.receiver("news", "left"), site.open(ORDINARY).receiver("news", "right")
    broker.publish("news", *text_messages("1", "2"))
    assert site.all(left, 2) == ["1", "2"]
    broker.publish("news", text_message("3"))
    assert site.all(right, 3) == ["1", "2", "3"]
    assert site.all(left, 1) == ["3"]


def a_name_that_unsubscribed_has_none(site: Site) -> None:
    broker = site.open(ORDINARY)
    broker.subscribe("news", "reader")
    broker.publish("news", text_message("1"))
    broker.unsubscribe("news", "reader")
    broker.unsubscribe("news", "reader")
    assert not broker.publish("news", text_message("2"))
    assert site.is_empty(broker.receiver("news", "reader"))


def members_of_a_name_share_its_messages(site: Site) -> None:
    texts = [str(number) for number in range(100)]
    publisher = site.open(ORDINARY)
    publisher.subscribe("news", "readers")
    publisher.publish("news", *text_messages(*texts))
    received: list[str] = []

    def consume(receiver: Receiver) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(received) < len(texts) and time.monotonic() < deadline:
            if (delivery := receiver.receive(0.05)) is not None:
                received.append(received_text(delivery))
                delivery.ack()

    shared = site.open(ORDINARY)
    receivers = [broker.receiver("news", "readers") for broker in (shared, shared, site.open(ORDINARY))]
    _in_threads(consume, [(receiver,) for receiver in receivers])
    assert sorted(received, key=int) == texts, (len(received), len(set(received)))


def an_acknowledged_message_is_gone(site: Site) -> None:
    broker = site.open(HASTY)
    receiver = broker.receiver("news", "reader")
    broker.publish("news", text_message("1"))
    next_delivery(receiver).ack()
    assert receiver.receive(0.3) is None


def a_message_that_one_member_has_is_hidden_from_the_others(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver, other = broker.receiver("news", "reader"), site.open(ORDINARY).receiver("news", "reader")
    broker.publish("news", text_message("1"))
    delivery = next_delivery(receiver)
    assert site.is_empty(other)
    delivery.ack()


def a_receiver_holds_no_more_than_its_prefetch(site: Site) -> None:
    broker = site.open(ORDINARY)
    one, other = broker.receiver("news", "readers", 2), site.open(ORDINARY).receiver("news", "readers")
    broker.publish("news", *text_messages("1", "2", "3"))
    first, second = next_delivery(one), next_delivery(one)
    assert site.is_empty(one)
    assert {received_text(first), received_text(second), received_text(next_delivery(other))} == {"1", "2", "3"}
    first.ack()
    broker.publish("news", text_message("4"))
    assert received_text(next_delivery(one)) == "4"
    second.ack()


def what_a_dead_receiver_had_comes_again(site: Site) -> None:
    doomed = site.open(HASTY)
    receiver = doomed.receiver("news", "reader", 2)
    doomed.publish("news", *text_messages("1", "2"))
    next_delivery(receiver)
    site.crash(doomed)
    again = [next_delivery(heir) for heir in (site.open(ORDINARY).receiver("news", "reader", 2),) for _ in range(2)]
    assert sorted(received_text(delivery) for delivery in again) == ["1", "2"]


def deaths_are_counted(site: Site) -> None:
    site.open(ORDINARY).subscribe("news", "reader")
    site.open(ORDINARY).publish("news", text_message("1"))
    for attempt in (1, 2, 3):
        doomed = site.open(HASTY)
        assert next_delivery(doomed.receiver("news", "reader")).attempt == attempt
        site.crash(doomed)


def a_message_that_kills_is_buried(site: Site) -> None:
    policy = DeliveryPolicy(hold_seconds=0.05, delivery_limit=2)
    broker = site.open(policy)
    broker.subscribe("news", "reader")
    broker.publish("news", text_message("poison"))
    for _ in range(policy.delivery_limit):
        doomed = site.open(policy)
        next_delivery(doomed.receiver("news", "reader"))
        site.crash(doomed)
    _bury_by_receiving(broker)
    assert site.all(broker.dead_letters("news", "reader"), 1) == ["poison"]


def what_is_held_for_too_long_comes_again(site: Site) -> None:
    broker = site.open(HASTY)
    receiver, other = broker.receiver("news", "reader"), site.open(ORDINARY).receiver("news", "reader")
    broker.publish("news", text_message("1"))
    assert next_delivery(receiver).attempt == 1
    assert received_text(next_delivery(other)) == "1"


def closing_gives_back_at_once(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver = broker.receiver("news", "reader", 2)
    broker.publish("news", *text_messages("1", "2"))
    delivery = next_delivery(receiver)
    receiver.close()
    receiver.close()
    delivery.ack()
    heir = site.open(ORDINARY).receiver("news", "reader", 2)
    assert sorted([received_text(next_delivery(heir)), received_text(next_delivery(heir))]) == ["1", "2"]


def only_the_newest_delivery_settles(site: Site) -> None:
    hasty = site.open(HASTY)
    receiver = hasty.receiver("news", "reader")
    hasty.publish("news", text_message("old"))
    late = next_delivery(receiver)
    site.crash(hasty)
    calm = site.open(ORDINARY).receiver("news", "reader")
    newest = next_delivery(calm)
    late.ack()
    newest.nack()
    again = next_delivery(calm)
    assert received_text(again) == "old"
    again.ack()
    late.nack()
    late.bury("late")
    assert calm.receive(0.2) is None
    assert site.is_empty(site.open(ORDINARY).dead_letters("news", "reader"))


def a_delivery_is_settled_once(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver = broker.receiver("news", "reader")
    broker.publish("news", text_message("1"))
    delivery = next_delivery(receiver)
    delivery.nack()
    delivery.ack()
    assert received_text(next_delivery(receiver)) == "1"


def what_was_given_back_comes_at_once(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver = broker.receiver("news", "reader")
    broker.publish("news", text_message("1"))
    next_delivery(receiver).nack()
    again = next_delivery(receiver)
    assert (received_text(again), again.attempt) == ("1", 2)


def a_delay_is_kept_and_holds_up_no_other(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver = broker.receiver("news", "reader")
    broker.publish("news", *text_messages("later", "now"))
    given_back_at = time.monotonic()
    next_delivery(receiver).nack(delay=0.5)
    first = next_delivery(receiver)
    assert received_text(first) == "now"
    first.ack()
    assert received_text(next_delivery(receiver)) == "later"
    assert time.monotonic() - given_back_at > 0.45  # the broker's clock may be a little off


def ages_grow(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver = broker.receiver("news", "reader")
    broker.publish("news", text_message("1"))
    young = next_delivery(receiver)
    young.nack(delay=0.3)
    old = next_delivery(receiver)
    assert -1.0 < young.age < PATIENCE
    assert old.age - young.age > 0.25


def a_message_given_back_too_often_is_buried(site: Site) -> None:
    broker = site.open(DeliveryPolicy(delivery_limit=3))
    receiver = broker.receiver("news", "reader")
    broker.publish("news", *text_messages("poison", "fine"))
    attempts = 0
    while attempts < 3:
        delivery = next_delivery(receiver)
        if received_text(delivery) == "poison":
            attempts += 1
            delivery.nack()
        else:
            delivery.ack()
    receiver.close()
    _bury_by_receiving(broker)
    (dead,) = [next_delivery(broker.dead_letters("news", "reader"))]
    assert received_text(dead) == "poison"
    assert dead.message.headers["dead_after"] in ("4", "5")  # what a receiver did not hand out was delivered too
    assert "3 times" in dead.message.headers["dead_because"]


def _bury_by_receiving(broker: Broker) -> None:
    """A message is buried by the receiver that gets it once too often; nothing else is left."""
    receiver, dead = broker.receiver("news", "reader"), broker.dead_letters("news", "reader")
    deadline = time.monotonic() + PATIENCE
    while (found := dead.receive(0.05)) is None:
        rest = receiver.receive(0.05)
        if rest is not None:
            assert received_text(rest) == "fine"
            rest.ack()
        assert time.monotonic() < deadline, "the message was not buried"
    found.nack()
    receiver.close()
    dead.close()


def dead_letters_say_why_and_belong_to_their_name(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver, other = broker.receiver("news", "reader"), broker.receiver("news", "other")
    sent = Message(b"1", {"trace": "00-ab"})
    broker.publish("news", sent)
    next_delivery(receiver).bury("it says nothing")
    assert site.is_empty(receiver)
    dead = next_delivery(site.open(ORDINARY).dead_letters("news", "reader"))
    assert (dead.message.body, dead.message.id, dead.attempt) == (b"1", sent.id, 1)
    assert dict(dead.message.headers) == {"trace": "00-ab", "dead_because": "it says nothing", "dead_after": "1"}
    assert site.is_empty(broker.dead_letters("news", "other"))
    assert site.all(other, 1) == ["1"]
    dead.bury("looked at")
    assert site.is_empty(broker.dead_letters("news", "reader"))


def a_dead_letter_that_is_revived_is_new_to_its_name_alone(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver, other = broker.receiver("news", "reader"), broker.receiver("news", "other")
    sent = [Message(text.encode(), {"trace": "00-ab"}) for text in ("1", "2")]
    broker.publish("news", *sent)
    for _ in sent:
        next_delivery(receiver).nack(why="it was in the way")
        next_delivery(receiver).bury("it says nothing")
    dead = broker.dead_letters("news", "reader", prefetch=2)
    first, second = next_delivery(dead), next_delivery(dead)
    second.revive()
    dead.close()
    again = next_delivery(receiver)
    assert (again.message.body, again.message.id, again.attempt) == (second.message.body, second.message.id, 1)
    assert dict(again.message.headers) == {"trace": "00-ab"}
    again.ack()
    assert site.is_empty(receiver)
    assert site.all(broker.dead_letters("news", "reader"), 1) == [received_text(first)]
    assert site.all(other, 2) == ["1", "2"]


def a_new_message_is_kept(site: Site) -> None:
    broker = site.open(DeliveryPolicy(keep_seconds=3600))
    broker.subscribe("news", "reader")
    for number in range(50):
        broker.publish("news", text_message(str(number)))
    assert site.all(broker.receiver("news", "reader", 7), 50) == [str(number) for number in range(50)]


def a_waiting_receiver_is_woken(site: Site) -> None:
    receiver, publisher = site.open(ORDINARY).receiver("news", "reader"), site.open(ORDINARY)
    received: list[Delivery | None] = []
    thread = threading.Thread(target=lambda: received.append(receiver.receive(PATIENCE)))
    thread.start()
    publisher.publish("news", text_message("1"))
    thread.join(PATIENCE)
    assert [received_text(delivery) for delivery in received if delivery] == ["1"]


def publishers_at_once_lose_nothing(site: Site) -> None:
    shared = site.open(ORDINARY)
    receiver = shared.receiver("news", "reader", 10)

    def publish(broker: Broker, name: str) -> None:
        for number in range(30):
            broker.publish("news", *text_messages(f"{name} {number} a", f"{name} {number} b"))

    publishers = {"p": shared, "q": shared, "r": site.open(ORDINARY)}
    _in_threads(publish, [(broker, name) for name, broker in publishers.items()])
    found = site.all(receiver, 180)
    assert len(found) == len(set(found)) == 180
    for name in publishers:
        assert [text for text in found if text.startswith(name)] == [
            f"{name} {number} {part}" for number in range(30) for part in "ab"
        ]


def _in_threads(task: Callable[..., None], arguments: Sequence[tuple[object, ...]]) -> None:
    threads = [threading.Thread(target=task, args=each) for each in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def what_cannot_be_sent_is_refused_whole(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver = broker.receiver("news", "reader")
    large = Message(b"x" * (MAXIMUM_BYTES + 1))
    long = Message(b"", {"trace": "x" * MAXIMUM_HEADER_BYTES})
    for topic, messages in (
        ("news", [text_message("1"), large]),
        ("news", [text_message("1"), long]),
        ("news", [text_message("1"), Message(b"", {"x-delivery-count": "7"})]),
        ("news", [text_message("1"), Message(b"", {"n" * (MAXIMUM_NAME_BYTES + 1): ""})]),
        ("news", [text_message("1"), Message(b"", id="n" * (MAXIMUM_NAME_BYTES + 1))]),
        ("No Topic", [text_message("1")]),
        ("", []),
    ):
        raised(MessageInvalid, broker.publish, topic, *messages)
    for name in ("", "No Name", "name.dead"):
        raised(MessageInvalid, broker.subscribe, "news", name)
        raised(MessageInvalid, broker.receiver, "news", name)
    assert site.is_empty(receiver)


def everything_outlives_its_handles(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver = broker.receiver("news", "reader")
    broker.publish("news", *text_messages("held", "waiting", "bad"))
    next_delivery(receiver)
    broker.close()
    broker.close()
    again = site.open(ORDINARY)
    heir = again.receiver("news", "reader")
    for _ in range(3):
        delivery = next_delivery(heir)
        delivery.bury("bad") if received_text(delivery) == "bad" else delivery.nack(
            60.0 if received_text(delivery) == "held" else 0.05
        )
    again.publish("news", text_message("new"))
    again.close()
    last = site.open(ORDINARY)
    assert sorted(received_text(_next_acknowledged(last)) for _ in range(2)) == ["new", "waiting"]
    assert site.is_empty(last.receiver("news", "reader")), "its delay is not over"
    assert site.all(last.dead_letters("news", "reader"), 1) == ["bad"]


def _next_acknowledged(broker: Broker) -> Delivery:
    receiver = broker.receiver("news", "reader")
    delivery = next_delivery(receiver)
    delivery.ack()
    receiver.close()
    return delivery


CHECKS: Final[tuple[Check, ...]] = (
    messages_keep_their_order,
    messages_arrive_as_they_were,
    topics_do_not_mix,
    what_nobody_subscribed_to_is_dropped,
    a_subscription_keeps_messages_while_nobody_receives,
    each_name_has_every_message,
    a_name_that_unsubscribed_has_none,
    members_of_a_name_share_its_messages,
    an_acknowledged_message_is_gone,
    a_backlog_is_counted,
    a_temporary_name_is_one_like_others,
    a_temporary_name_that_nobody_receives_for_is_forgotten,
    a_message_that_one_member_has_is_hidden_from_the_others,
    a_receiver_holds_no_more_than_its_prefetch,
    what_a_dead_receiver_had_comes_again,
    deaths_are_counted,
    a_message_that_kills_is_buried,
    what_is_held_for_too_long_comes_again,
    closing_gives_back_at_once,
    only_the_newest_delivery_settles,
    a_delivery_is_settled_once,
    what_was_given_back_comes_at_once,
    a_delay_is_kept_and_holds_up_no_other,
    ages_grow,
    a_message_given_back_too_often_is_buried,
    dead_letters_say_why_and_belong_to_their_name,
    a_dead_letter_that_is_revived_is_new_to_its_name_alone,
    a_new_message_is_kept,
    a_waiting_receiver_is_woken,
    publishers_at_once_lose_nothing,
    what_cannot_be_sent_is_refused_whole,
    everything_outlives_its_handles,
)
NEEDS: Final[Mapping[Check, Capability]] = {
    deaths_are_counted: Capability.COUNTS_CRASHES,
    a_message_that_kills_is_buried: Capability.COUNTS_CRASHES,
    what_is_held_for_too_long_comes_again: Capability.LIMITS_HOLDS,
    everything_outlives_its_handles: Capability.DURABLE,
}
"""What is asked only of brokers that declare it."""


def checks_for(capabilities: Collection[Capability]) -> list[Check]:
    """The checks of a broker with those capabilities."""
    return [check for check in CHECKS if check not in NEEDS or NEEDS[check] in capabilities]
