"""Buries a message that cannot be handled: it is kept among the dead letters until a person decides."""

from __future__ import annotations

from argosy.error_messages import message_of
from argosy.messaging.broker import Delivery
from argosy.messaging.middleware import Handle, Middleware


class DeadLetters(Middleware):
    """Whatever reaches it has been tried often enough, or is of no use to try again."""

    def around(self, delivery: Delivery, handle: Handle) -> None:
        try:
            handle(delivery)
        except Exception as error:  # noqa: BLE001  # whatever a handler raises is its message's failure
            delivery.bury(message_of(error))
