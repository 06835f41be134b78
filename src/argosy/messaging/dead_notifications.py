"""Notifications that were given up: listed, sent again to the name that did not take them, or dropped.

They are the dead letters of each name, wherever the broker keeps them. To be looked at they are received, and given
back: while one process looks, another finds fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from argosy.database.database import Database
from argosy.errors import DeadLetterNotFound, MessageInvalid
from argosy.messaging.broker import Broker, Delivery
from argosy.messaging.followers import Followers
from argosy.messaging.notifications import CODEC, TOPIC, Notification
from argosy.plurals import plural

MOST: Final = 1000
"""Of each name, that are looked at together."""
WAIT_SECONDS: Final = 5.0
"""For one that the broker has counted to arrive."""
RENEWED_EVERY: Final = 100
"""A broker may drop what is given back a thousand times: each hundredth time it is moved, with a new count."""


@dataclass(frozen=True)
class DeadNotification:
    """One that its name will not receive again by itself."""

    name: str
    id: str
    why: str
    attempts: int
    notification: Notification | None
    """None where it cannot be read."""


class DeadNotifications:
    """Of all names, or of the `name` that is given. Raises FollowerNotFound, BrokerUnavailable; any thread.

    `ids` are ids or how they begin, of one notification each; none means all. Raises DeadLetterNotFound, and does
    nothing, where one is of none or of several.
    """

    def __init__(self, database: Database, broker: Broker) -> None:
        self._followers, self._broker = Followers(database, broker), broker

    def find(self, name: str = "", ids: Sequence[str] = ()) -> list[DeadNotification]:
        """In the order of their names, up to MOST of each."""
        return self._settled(lambda _: None, name, ids)

    def resend(self, name: str = "", ids: Sequence[str] = ()) -> list[DeadNotification]:
        """Hand them to their names again, with all attempts before them; those that were."""
        return self._settled(Delivery.revive, name, ids)

    def drop(self, name: str = "", ids: Sequence[str] = ()) -> list[DeadNotification]:
        """Forget them; those that were."""
        return self._settled(Delivery.ack, name, ids)

    def _settled(self, settle: Callable[[Delivery], None], name: str, ids: Sequence[str]) -> list[DeadNotification]:
        if name:
            self._followers.require(name)
        found = []
        with self._held([name] if name else self._followers.names()) as held:
            for one, delivery in _named(held, ids):
                settle(delivery)
                found.append(one)
        return found

    @contextmanager
    def _held(self, names: Sequence[str]) -> Iterator[list[tuple[DeadNotification, Delivery]]]:
        """What there is, given back at the end where it was not settled."""
        held = []
        with ExitStack() as receivers:
            for name in names:
                backlog = self._broker.backlog(TOPIC, name)
                if backlog is None or not backlog.dead:
                    continue
                count = min(backlog.dead, MOST)
                receiver = self._broker.dead_letters(TOPIC, name, prefetch=count)
                receivers.callback(receiver.close)
                for _ in range(count):
                    if (delivery := receiver.receive(WAIT_SECONDS)) is None:
                        break
                    held.append((_read(name, delivery), delivery))
            yield held
            for _, delivery in held:
                if delivery.attempt % RENEWED_EVERY == 0:
                    delivery.nack(0.01)


def _named(
    held: list[tuple[DeadNotification, Delivery]], ids: Sequence[str]
) -> list[tuple[DeadNotification, Delivery]]:
    """Those that the ids name. Pure."""
    for given in ids:
        found = {one.id for one, _ in held if one.id.startswith(given)}
        if not found:
            raise DeadLetterNotFound(f"no notification that was given up has the id '{given}'")
        if len(found) > 1:
            raise DeadLetterNotFound(f"{plural(len(found), 'notification')} have an id that begins with '{given}'")
    return [pair for pair in held if not ids or pair[0].id.startswith(tuple(ids))]


def _read(name: str, delivery: Delivery) -> DeadNotification:
    headers = delivery.message.headers
    try:
        notification = CODEC.decode(delivery.message.body)
    except MessageInvalid:
        notification = None
    attempts = headers.get("dead_after", "")
    return DeadNotification(
        name,
        delivery.message.id,
        headers.get("dead_because", ""),
        int(attempts) if attempts.isdecimal() else 0,
        notification,
    )
