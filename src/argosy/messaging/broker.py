"""The broker port: topics, whose messages each named subscriber receives at least once.

It promises what both AMQP (RabbitMQ 3.10 and later: a fan-out exchange a topic, a quorum queue a name, publisher
confirms, `mandatory`, a prefetch a consumer) and a table of SQL can. What only one of them can is a `Capability`.

Guarantees, for every broker:

- A `Broker` may be used from any thread, by any number of processes; a `Receiver` and its deliveries from one thread.
- A name that subscribed to a topic receives every message published there since, whether or not anybody is receiving
  at the time. Receivers of one name share its messages; each other name has its own copy of all. An open receiver may
  keep up to `prefetch` of them from the others before it hands them out.
- When `publish` returns, the messages are kept for every subscribed name. Where it raises BrokerUnavailable, any of
  them may have been: publish them again. BrokerRefused, a kind of it, means that the queue of a subscriber did not
  accept some, for example because it is full; the others are kept. Without a subscriber they are dropped, and it
  returns False.
- A message is delivered until some delivery of it is settled: by `ack` or `bury`. One that was given back, or whose
  receiver was closed or died, is delivered again; so a subscriber may see a message twice.
- Messages published in one order by one thread are first delivered in that order to the one receiver of a name.
  Between several receivers, and for messages delivered again, there is no order.
- Only a message's newest delivery settles it. Settling an older one changes nothing, and raises nothing.
- A message delivered `delivery_limit` times is buried instead of being delivered again: moved to the dead letters of
  that name. Dead letters are received like others, without that limit; those that are buried again are dropped, and
  those that are revived are messages of that name again.
- A message that was not received within `keep_seconds` may be dropped, so that what has no receivers stays bounded.
- A name that begins with `TEMPORARY` is forgotten, as by `unsubscribe`, once it has had no open receiver for
  `forget_seconds`. A receiver that finds its name forgotten raises BrokerUnavailable.

Raises MessageInvalid for a name or a message that it does not take, BrokerUnavailable while it cannot be reached; a
receiver that raised this has to be opened again.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from argosy.errors import MessageInvalid
from argosy.messaging.message import Message, check_name

DEAD: Final = ".dead"
TEMPORARY: Final = "temporary."
LONGEST_WHY: Final = 1000
OF_THE_DEAD: Final = ("dead_because", "dead_after")
"""The headers that dead letters alone have."""


class Capability(StrEnum):
    """What not every broker can. `argosy.testing.brokers` checks each that a broker declares."""

    DURABLE = "durable"
    """Messages and subscriptions outlive every process and the broker's own restart."""
    COUNTS_CRASHES = "counts crashes"
    """A delivery whose receiver died counts: of those that cannot count it, a message that kills has no limit."""
    LIMITS_HOLDS = "limits holds"
    """A message that a live receiver keeps unsettled for longer than `hold_seconds` is delivered again."""


@dataclass(frozen=True)
class DeliveryPolicy:
    """What every broker does alike."""

    hold_seconds: float = 60.0
    """A delivery is to be settled within this; see also `Capability.LIMITS_HOLDS`."""
    delivery_limit: int = 20
    keep_seconds: float = 7 * 86400.0
    forget_seconds: float = 600.0
    """Of temporary names; the same for all that use one."""


class Settled(StrEnum):
    """How a delivery ended."""

    ACKNOWLEDGED = "acknowledged"
    GIVEN_BACK = "given back"
    BURIED = "buried"
    REVIVED = "revived"


@dataclass
class Delivery:
    """One delivery of one message, to be settled once; what is done after that changes nothing."""

    receiver: Receiver
    message: Message
    attempt: int
    """1 for a message's first delivery, more for every other; see also `Capability.COUNTS_CRASHES`."""
    age: float
    """Seconds since it was published, as far as the clocks of its publisher and the broker agree."""
    tag: int
    """The adapter's own."""
    settled: Settled | None = None
    why: str = ""
    """Why it was given back or buried."""

    def ack(self) -> None:
        """The message is done with."""
        if self._settle(Settled.ACKNOWLEDGED):
            self.receiver._ack(self)

    def nack(self, delay: float = 0.0, why: str = "") -> None:
        """Deliver it again, to any receiver of the name, not before `delay` seconds have passed."""
        if self._settle(Settled.GIVEN_BACK, why):
            self.receiver._nack(self, max(0.0, delay))

    def bury(self, why: str) -> None:
        """Move it to the dead letters, with headers `dead_because` and `dead_after` (the number of attempts)."""
        if self._settle(Settled.BURIED, why[:LONGEST_WHY]):
            if self.receiver.is_of_dead_letters:
                self.receiver._ack(self)
            else:
                headers = {**self.message.headers, "dead_because": self.why, "dead_after": str(self.attempt)}
                self.receiver._move_to(self, self.receiver.name + DEAD, headers)

    def revive(self) -> None:
        """Of a dead letter: move it back to the messages of its name, as one that was never delivered."""
        if not self.receiver.is_of_dead_letters:
            raise MessageInvalid("only a dead letter can be revived")
        if self._settle(Settled.REVIVED):
            own = {name: value for name, value in self.message.headers.items() if name not in OF_THE_DEAD}
            self.receiver._move_to(self, self.receiver.name.removesuffix(DEAD), own)

    def _settle(self, how: Settled, why: str = "") -> bool:
        if self.settled is not None:
            return False
        self.settled, self.why = how, why
        self.receiver.held -= 1
        return True


@dataclass(frozen=True)
class Backlog:
    """What is kept for a name."""

    waiting: int
    """Messages to be delivered; those put off, or that a receiver has, may be counted or not."""
    dead: int


class Receiver(ABC):
    """Takes the messages of one name on one topic. The policy; an adapter fills in the hooks."""

    def __init__(self, topic: str, name: str, prefetch: int, policy: DeliveryPolicy) -> None:
        self.topic, self.name, self.prefetch, self.policy = topic, name, prefetch, policy
        self.held = 0
        """Deliveries that are not settled."""

    @property
    def is_of_dead_letters(self) -> bool:
        return self.name.endswith(DEAD)

    def receive(self, wait: float = 0.0) -> Delivery | None:
        """The next message; None where none came for `wait` seconds, or `prefetch` deliveries are not settled yet.

        Without a wait it is given only what is here: from a broker on a network, what has arrived.
        """
        if self.held >= self.prefetch:
            return None
        deadline = time.monotonic() + wait
        while True:
            delivery = self._take()
            if delivery is None:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._pause(left)
                continue
            self.held += 1
            if delivery.attempt <= self.policy.delivery_limit or self.is_of_dead_letters:
                return delivery
            delivery.bury(f"it was delivered {self.policy.delivery_limit} times and never settled")

    @abstractmethod
    def close(self) -> None:
        """Give back at once what was delivered and not settled. Idempotent."""

    @abstractmethod
    def _take(self) -> Delivery | None:
        """The next message if there is one now, hidden from other receivers of the name."""

    @abstractmethod
    def _pause(self, seconds: float) -> None:
        """Return when there may be a message, at the latest after `seconds`."""

    @abstractmethod
    def _ack(self, delivery: Delivery) -> None:
        """Forget the message, if this is its newest delivery."""

    @abstractmethod
    def _nack(self, delivery: Delivery, delay: float) -> None:
        """Show the message again after `delay`, if this is its newest delivery."""

    @abstractmethod
    def _move_to(self, delivery: Delivery, name: str, headers: dict[str, str]) -> None:
        """Move the message, with these headers, to that name on the same topic, if this is its newest delivery.

        There it was never delivered. The name is that of the receiver with or without `.dead`.
        """


class Broker(ABC):
    """The policy; an adapter fills in the hooks."""

    capabilities: ClassVar[Collection[Capability]]
    url: str
    """Which one it is, as may be shown."""

    def __init__(self, policy: DeliveryPolicy | None = None) -> None:
        self.policy = policy or DeliveryPolicy()

    def subscribe(self, topic: str, name: str) -> None:
        """Keep the topic's messages for that name from now on. Idempotent."""
        _check(topic, name)
        self._subscribe(topic, name)

    def unsubscribe(self, topic: str, name: str) -> None:
        """Forget the name, what is kept for it, and its dead letters. Idempotent."""
        _check(topic, name)
        self._unsubscribe(topic, name)

    def publish(self, topic: str, *messages: Message) -> bool:
        """Hand messages to every name that subscribed to the topic; whether there is any."""
        check_name("topic", topic)
        for message in messages:
            message.check(topic)
        return self._publish(topic, messages)

    def receiver(self, topic: str, name: str, prefetch: int = 1) -> Receiver:
        """Subscribe, and open a receiver that holds at most `prefetch` messages unsettled."""
        self.subscribe(topic, name)
        return self._receiver(topic, name, prefetch)

    def backlog(self, topic: str, name: str) -> Backlog | None:
        """How much is kept for the name; None where it has not subscribed."""
        _check(topic, name)
        return self._backlog(topic, name)

    def dead_letters(self, topic: str, name: str, prefetch: int = 1) -> Receiver:
        """A receiver of what was buried by those of that name."""
        _check(topic, name)
        return self._receiver(topic, name + DEAD, prefetch)

    @abstractmethod
    def close(self) -> None:
        """Close every receiver, and what the broker holds itself. Idempotent."""

    @abstractmethod
    def _subscribe(self, topic: str, name: str) -> None: ...

    @abstractmethod
    def _unsubscribe(self, topic: str, name: str) -> None: ...

    @abstractmethod
    def _backlog(self, topic: str, name: str) -> Backlog | None: ...

    @abstractmethod
    def _publish(self, topic: str, messages: Sequence[Message]) -> bool: ...

    @abstractmethod
    def _receiver(self, topic: str, name: str, prefetch: int) -> Receiver: ...


def _check(topic: str, name: str) -> None:
    check_name("topic", topic)
    check_name("subscriber", name)
    if name.endswith(DEAD):
        raise MessageInvalid(f"'{name}' cannot be the name of a subscriber: '{DEAD}' is for dead letters")
