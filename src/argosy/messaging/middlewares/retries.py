"""Tries a message again after its handler failed, after 1, 4, 16 … seconds, up to a limit; then passes the error on."""

from __future__ import annotations

from argosy.error_messages import message_of
from argosy.errors import MessageInvalid
from argosy.messaging.back_off import LONGEST, back_off
from argosy.messaging.broker import Delivery
from argosy.messaging.middleware import Handle, Middleware


class Retries(Middleware):
    """`attempts` in all, at most `longest` seconds apart.

    Deliveries to receivers that died count too, where the broker counts them.
    """

    def __init__(self, attempts: int = 5, longest: float = LONGEST) -> None:
        self.attempts, self.longest = attempts, longest

    def around(self, delivery: Delivery, handle: Handle) -> None:
        try:
            handle(delivery)
        except MessageInvalid:  # it will be no other next time
            raise
        except Exception as error:
            if delivery.attempt >= self.attempts:
                raise
            delivery.nack(back_off(delivery.attempt, self.longest), message_of(error))
