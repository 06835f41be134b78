"""Logs how each delivery ended, how long it took, and why it was given back or buried; never what was in it."""

from __future__ import annotations

import logging
import time

from argosy.messaging.broker import Delivery, Settled
from argosy.messaging.middleware import Handle, Middleware
from argosy.telemetry import logger

_log = logger("argosy.messaging")


class Logs(Middleware):
    """What succeeded at level DEBUG, what did not at WARNING."""

    def around(self, delivery: Delivery, handle: Handle) -> None:
        started = time.perf_counter()
        handle(delivery)
        seconds = time.perf_counter() - started
        is_well = delivery.settled in (None, Settled.ACKNOWLEDGED)
        _log.log(
            logging.DEBUG if is_well else logging.WARNING,
            "%s to %s: message %s %s at attempt %d after %.3f s%s",
            delivery.receiver.topic,
            delivery.receiver.name,
            delivery.message.id,
            delivery.settled or "handled",
            delivery.attempt,
            seconds,
            f": {delivery.why}" if delivery.why else "",
        )
