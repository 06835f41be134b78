"""The broker port: named queues of messages, each delivered at least once.

Guarantees, for every broker:

- A `Broker` may be used from any thread and by any number of processes.
- `publish` has made the messages durable against `kill -9` when it returns: all of them, or none on an exception.
- A message is delivered until some delivery of it is acknowledged. One whose consumer died, or kept it for longer
  than it may be held without settling it, is delivered again; so a consumer may see a message twice.
- Messages published in one order by one publisher are first delivered in that order; those delivered again are not.
- Only a message's newest delivery can settle it: `ack` and `release` of an older one change nothing, return False.
- A message delivered `delivery_limit` times is not delivered again but moved to the queue `NAME.dead`.
- A message that nobody took within `keep_seconds` may be dropped, so that a queue without consumers stays bounded.

Raises MessageInvalid for a queue name or a size that it does not take.
"""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from argosy.errors import MessageInvalid

MAXIMUM_BYTES: Final = 1_000_000
DEAD: Final = ".dead"
_QUEUE_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,99}")


@dataclass(frozen=True)
class DeliveryPolicy:
    """What every broker does alike."""

    hold_seconds: float = 60.0
    delivery_limit: int = 20
    keep_seconds: float = 7 * 86400.0


@dataclass(frozen=True)
class Delivery:
    """One delivery of one message; settle it by `ack` or `release`, from any thread."""

    broker: Broker
    queue: str
    body: bytes
    number: int
    """1 for a message's first delivery, 2 for its second …"""
    tag: int

    def ack(self) -> bool:
        """The message is done with. False where this delivery was no longer the newest."""
        return self.broker._remove(self)

    def release(self, delay: float = 0.0) -> bool:
        """Deliver it again, after `delay` seconds. False where this delivery was no longer the newest."""
        return self.broker._return(self, max(0.0, delay))


class Broker(ABC):
    """The policy; an adapter fills in the five hooks."""

    def __init__(self, policy: DeliveryPolicy | None = None) -> None:
        self.policy = policy or DeliveryPolicy()

    def publish(self, queue: str, body: bytes, *more: bytes) -> None:
        """Add messages to a queue, which needs no declaring."""
        _check_queue(queue)
        bodies = (body, *more)
        for one in bodies:
            if len(one) > MAXIMUM_BYTES:
                raise MessageInvalid(f"a message for '{queue}' has {len(one)} bytes, at most {MAXIMUM_BYTES} are taken")
        self._add(queue, bodies)

    def receive(self, queue: str, wait: float = 0.0, hold: float | None = None) -> Delivery | None:
        """The next message, or None where there was none for `wait` seconds.

        A consumer that settles at once gives a short `hold` in place of the policy's, so that its death costs little.
        """
        _check_queue(queue)
        deadline = time.monotonic() + wait
        while True:
            delivery = self._take(queue, self.policy.hold_seconds if hold is None else hold)
            if delivery is None:
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._pause(queue, left)
            elif delivery.number > self.policy.delivery_limit:
                self._bury(delivery)
            else:
                return delivery

    def _bury(self, delivery: Delivery) -> None:
        if not delivery.queue.endswith(DEAD):  # a dead message that nobody can take is only dropped
            self._add(delivery.queue + DEAD, (delivery.body,))
        self._remove(delivery)

    def close(self) -> None:  # noqa: B027  # a broker that holds nothing need not say so
        """Give back what the broker holds; unsettled deliveries are delivered again."""

    @abstractmethod
    def _add(self, queue: str, bodies: Sequence[bytes]) -> None:
        """Make all of them durable, or none."""

    @abstractmethod
    def _take(self, queue: str, hold: float) -> Delivery | None:
        """The next message if there is one now; it is hidden for `hold` seconds, or until its consumer dies."""

    @abstractmethod
    def _remove(self, delivery: Delivery) -> bool:
        """Forget the message, if this is its newest delivery."""

    @abstractmethod
    def _return(self, delivery: Delivery, delay: float) -> bool:
        """Show the message again after `delay`, if this is its newest delivery."""

    @abstractmethod
    def _pause(self, queue: str, seconds: float) -> None:
        """Return when there may be a message, at the latest after `seconds`."""


def _check_queue(queue: str) -> None:
    if not _QUEUE_NAME.fullmatch(queue):
        raise MessageInvalid(
            f"'{queue}' cannot be a queue's name: a lower-case letter, then letters, digits, '.', '_' or '-'"
        )
