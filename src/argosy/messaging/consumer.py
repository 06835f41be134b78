"""Receives, decodes, hands to a handler through the middleware, and settles; the loop that most subscribers want."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Generic, TypeVar

from argosy.error_messages import message_of
from argosy.errors import BrokerUnavailable
from argosy.messaging.broker import Broker, Delivery, Receiver
from argosy.messaging.codec import Codec
from argosy.messaging.middleware import Handle, Middleware
from argosy.messaging.middlewares import DEFAULT
from argosy.telemetry import logger

WAIT_SECONDS: Final = 0.5
RECOVER_SECONDS: Final = 1.0
"""Before the next attempt, where the broker was away, or no middleware took care of a failure."""
T = TypeVar("T")
_log = logger("argosy.messaging")


class Consumer(Generic[T]):
    """One member of a named subscriber. Used from one thread; run several to share the name's messages.

    `handle` gets each message's value and its delivery. When it returns, the message is acknowledged, unless it settled
    the delivery itself. It may be called twice with the same message, and has `hold_seconds` of the broker's policy.
    """

    def __init__(
        self,
        broker: Broker,
        topic: str,
        name: str,
        codec: Codec[T],
        handle: Callable[[T, Delivery], None],
        middleware: Sequence[Middleware] = DEFAULT,
        prefetch: int = 1,
    ) -> None:
        self._open: Callable[[], Receiver] = partial(broker.receiver, topic, name, prefetch)
        self._codec, self._handle = codec, handle
        self._chain: Handle = self._innermost
        for one in reversed(middleware):
            self._chain = partial(one.around, handle=self._chain)
        self._receiver: Receiver | None = None

    def run(self, stop: threading.Event) -> None:
        """Handle messages until `stop` is set; waits while the broker is unavailable."""
        problem = ""
        try:
            while not stop.is_set():
                try:
                    self.step(WAIT_SECONDS)
                    problem = ""
                except BrokerUnavailable as error:
                    if str(error) != problem:
                        _log.warning("%s; trying again", error)
                    problem = str(error)
                    self.close()
                    stop.wait(RECOVER_SECONDS)
        finally:
            self.close()

    def step(self, wait: float = 0.0) -> bool:
        """Handle the next message; False where none came for `wait` seconds. Raises BrokerUnavailable."""
        if self._receiver is None:
            self._receiver = self._open()
        delivery = self._receiver.receive(wait)
        if delivery is None:
            return False
        try:
            self._chain(delivery)
        except BrokerUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  # of a chain that buries nothing
            _log.warning("message %s: %s", delivery.message.id, message_of(error))
            delivery.nack(RECOVER_SECONDS, message_of(error))
        delivery.ack()  # without effect where it was settled
        return True

    def close(self) -> None:
        """Give back what was not settled. Idempotent; a later `step` opens it again."""
        if self._receiver is not None:
            self._receiver.close()
            self._receiver = None

    def _innermost(self, delivery: Delivery) -> None:
        self._handle(self._codec.decode(delivery.message.body), delivery)
