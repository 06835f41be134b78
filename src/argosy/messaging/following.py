"""Notifications as an iterator: waits for the next one, and acknowledges it when the one after it is asked for."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Final, Self

from argosy.database.database import Database
from argosy.definitions.events import check_events
from argosy.errors import BrokerUnavailable, FollowerInvalid, MessageInvalid
from argosy.messaging.broker import TEMPORARY, Broker, Delivery, Receiver
from argosy.messaging.followers import WEBHOOK, Followers
from argosy.messaging.notifications import CODEC, TOPIC, Notification
from argosy.messaging.relay import relaying
from argosy.telemetry import logger

WAIT_SECONDS: Final = 0.5
"""How soon a stop is noticed."""
RECOVER_SECONDS: Final = 1.0
_log = logger("argosy.messaging")


class Notifications(Iterator[Notification]):
    """What happens from now on; under a name also what has happened since it was last followed. One thread.

    A notification is repeated where the process ends before the next one is asked for. Without a `name` nothing is
    kept afterwards. `events` selects some of them. It ends when `stop` is set, and waits while the broker is
    unavailable. Raises FollowerInvalid, DefinitionInvalid for an event that there is not, BrokerUnavailable.
    """

    def __init__(
        self,
        database: Database,
        broker: Broker,
        name: str = "",
        events: Sequence[str] = (),
        stop: threading.Event | None = None,
    ) -> None:
        check_events(events)
        if name.startswith(WEBHOOK):
            raise FollowerInvalid(f"'{name}': names that begin with '{WEBHOOK}' are of webhooks")
        self.name = name or f"{TEMPORARY}{uuid.uuid4().hex}"
        self._broker, self._events, self._stop = broker, frozenset(events), stop or threading.Event()
        if name:
            Followers(database, broker).add(name)
        self._receiver: Receiver | None = broker.receiver(TOPIC, self.name)
        self._delivery: Delivery | None = None
        self._open = ExitStack()
        self._open.enter_context(relaying(database, broker))
        self._open.callback(self._leave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __next__(self) -> Notification:
        self._acknowledge()
        problem = ""
        while not self._stop.is_set():
            try:
                found = self._take()
            except BrokerUnavailable as error:
                if str(error) != problem:
                    _log.warning("%s; trying again", error)
                problem = str(error)
                self._give_back()
                self._stop.wait(RECOVER_SECONDS)
                continue
            if found is not None and (not self._events or found.event in self._events):
                return found
            self._acknowledge()
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Give back the notification that was given last, so that it is repeated. Idempotent."""
        self._stop.set()
        self._open.close()

    def _take(self) -> Notification | None:
        if self._receiver is None:
            self._receiver = self._broker.receiver(TOPIC, self.name)
        self._delivery = self._receiver.receive(WAIT_SECONDS)
        if self._delivery is None:
            return None
        try:
            return CODEC.decode(self._delivery.message.body)
        except MessageInvalid as error:
            self._delivery.bury(str(error))
            return None

    def _acknowledge(self) -> None:
        delivery, self._delivery = self._delivery, None
        if delivery is not None:
            with suppress(BrokerUnavailable):  # it is repeated
                delivery.ack()

    def _give_back(self) -> None:
        receiver, self._receiver, self._delivery = self._receiver, None, None
        if receiver is not None:
            with suppress(BrokerUnavailable):
                receiver.close()

    def _leave(self) -> None:
        self._give_back()
        if self.name.startswith(TEMPORARY):
            with suppress(BrokerUnavailable):  # it is forgotten by itself
                self._broker.unsubscribe(TOPIC, self.name)
