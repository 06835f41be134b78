"""Where the checks of brokers take place, and what they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from argosy.messaging.broker import Broker, Delivery, DeliveryPolicy, Receiver
from argosy.messaging.message import Message
from argosy.testing.waiting import PATIENCE

ORDINARY: Final = DeliveryPolicy()
HASTY: Final = DeliveryPolicy(hold_seconds=0.05)
"""Where a hold runs out, it soon does: of a receiver that dies, the messages are delivered again."""
BRIEF: Final = DeliveryPolicy(forget_seconds=0.5)
"""Temporary names that nobody receives for are soon forgotten."""


def _nothing(_: Broker) -> None:
    """Of a broker that learns of a death by a hold that runs out."""


@dataclass(frozen=True)
class Site:
    """One broker, and handles to it."""

    open: Callable[[DeliveryPolicy], Broker]
    crash: Callable[[Broker], None] = _nothing
    """End a handle without closing it, as `kill -9` would: of a broker on the network, cut its connection."""
    quiet: float = 0.0
    """For how many seconds nothing comes where nothing is to come."""

    def is_empty(self, receiver: Receiver) -> bool:
        """Whether it receives nothing."""
        return receiver.receive(self.quiet) is None

    def all(self, receiver: Receiver, count: int) -> list[str]:
        """That many messages, acknowledged; there are no more."""
        found = []
        for _ in range(count):
            delivery = next_delivery(receiver)
            found.append(received_text(delivery))
            delivery.ack()
        assert self.is_empty(receiver)
        return found


Check = Callable[[Site], None]


def text_message(text: str) -> Message:
    return Message(text.encode())


def text_messages(*texts: str) -> list[Message]:
    return [text_message(text) for text in texts]


def next_delivery(receiver: Receiver) -> Delivery:
    delivery = receiver.receive(PATIENCE)
    assert delivery is not None, f"no message came for {receiver.name} on {receiver.topic}"
    return delivery


def received_text(delivery: Delivery) -> str:
    return delivery.message.body.decode()
