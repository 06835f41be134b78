"""What every `Broker` must do about the names of subscribers: count what waits for one, forget a temporary one."""

from __future__ import annotations

from contextlib import suppress

from argosy.errors import BrokerUnavailable
from argosy.messaging.broker import TEMPORARY, Backlog
from argosy.testing.broker_sites import BRIEF, ORDINARY, Site, next_delivery, text_message, text_messages
from argosy.testing.waiting import until


def a_backlog_is_counted(site: Site) -> None:
    broker = site.open(ORDINARY)
    assert broker.backlog("news", "reader") is None
    receiver = broker.receiver("news", "reader")
    assert broker.backlog("news", "reader") == Backlog(0, 0)
    broker.publish("news", *text_messages("1", "2", "3", "4"))
    next_delivery(receiver).bury("it is bad")
    next_delivery(receiver).ack()
    receiver.close()
    until(lambda: broker.backlog("news", "reader") == Backlog(2, 1))
    broker.unsubscribe("news", "reader")
    assert broker.backlog("news", "reader") is None


def a_temporary_name_is_one_like_others(site: Site) -> None:
    broker = site.open(ORDINARY)
    receiver = broker.receiver("news", f"{TEMPORARY}reader", 2)
    broker.publish("news", *text_messages("1", "2"))
    first, second = next_delivery(receiver), next_delivery(receiver)
    first.nack(delay=0.05)
    second.bury("it is bad")
    assert site.all(broker.dead_letters("news", f"{TEMPORARY}reader"), 1) == ["2"]
    assert site.all(receiver, 1) == ["1"]
    broker.unsubscribe("news", f"{TEMPORARY}reader")
    assert not broker.publish("news", text_message("3"))


def a_temporary_name_that_nobody_receives_for_is_forgotten(site: Site) -> None:
    broker = site.open(BRIEF)
    broker.subscribe("news", "reader")
    doomed = site.open(BRIEF)
    doomed.receiver("news", f"{TEMPORARY}reader")
    site.crash(doomed)

    def is_forgotten() -> bool:
        with suppress(BrokerUnavailable):  # RabbitMQ may fail to route to a queue that expires just then
            broker.publish("news", text_message("1"))
            return broker.backlog("news", f"{TEMPORARY}reader") is None
        return False

    until(is_forgotten)
    assert broker.backlog("news", "reader") != Backlog(0, 0)
