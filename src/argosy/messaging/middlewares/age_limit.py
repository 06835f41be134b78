"""Refuses messages that come too late to be of use. Not in the default chain: how late that is, the use decides."""

from __future__ import annotations

from argosy.errors import MessageExpired
from argosy.messaging.broker import Delivery
from argosy.messaging.middleware import Handle, Middleware


class AgeLimit(Middleware):
    """Raises MessageExpired for a message published more than `seconds` ago; place it inside of `DeadLetters`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def around(self, delivery: Delivery, handle: Handle) -> None:
        if delivery.age > self.seconds:
            raise MessageExpired(f"it was published {delivery.age:.0f} s ago, more than the {self.seconds:g} s allowed")
        handle(delivery)
