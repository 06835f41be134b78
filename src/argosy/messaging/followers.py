"""The named followers of notifications, and how many messages wait for each.

A broker of another kind than the database cannot list its subscribers, so that their names are kept in a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from argosy.database.database import Database
from argosy.errors import FollowerInvalid, FollowerNotFound, MessageInvalid, nearest
from argosy.messaging.broker import TEMPORARY, Backlog, Broker
from argosy.messaging.notifications import TOPIC

WEBHOOK: Final = "webhook."
"""What the names of webhooks begin with."""

_ADD: Final = "INSERT INTO followers (name, since) VALUES (:name, :now) ON CONFLICT DO NOTHING"
_IS_KNOWN: Final = "SELECT 1 FROM followers WHERE name = :name"
_ALL: Final = "SELECT name, since FROM followers ORDER BY name"
_REMOVE: Final = "DELETE FROM followers WHERE name = :name"


@dataclass(frozen=True)
class Follower:
    """A name, and what is kept for it."""

    name: str
    since: float
    waiting: int
    dead: int


class Followers:
    """Any thread. Raises BrokerUnavailable."""

    def __init__(self, database: Database, broker: Broker) -> None:
        self._database, self._broker = database, broker

    def add(self, name: str) -> None:
        """Keep every notification for the name from now on. Idempotent; raises FollowerInvalid."""
        if name.startswith(TEMPORARY):
            raise FollowerInvalid(f"'{name}': names that begin with '{TEMPORARY}' are given to who has none")
        try:
            self._broker.subscribe(TOPIC, name)
        except MessageInvalid as error:
            raise FollowerInvalid(str(error)) from None
        with self._database.read() as transaction:
            if transaction.execute(_IS_KNOWN, {"name": name}):
                return
        with self._database.write() as transaction:
            transaction.execute(_ADD, {"name": name, "now": transaction.now()})

    def list(self) -> list[Follower]:
        """By name."""
        with self._database.read() as transaction:
            rows = transaction.execute(_ALL)
        return [self._follower(str(name), float(since)) for name, since in rows]

    def forget(self, name: str) -> None:
        """End the subscription; what waits for the name, and its dead letters, go. Raises FollowerNotFound."""
        self.require(name)
        self._broker.unsubscribe(TOPIC, name)
        with self._database.write() as transaction:
            transaction.execute(_REMOVE, {"name": name})

    def require(self, name: str) -> None:
        """Raises FollowerNotFound."""
        known = self.names()
        if name not in known:
            there_are = f"there are: {', '.join(known)}" if known else "nobody does"
            raise FollowerNotFound(f"nobody follows notifications as '{name}'{nearest(name, known)}; {there_are}")

    def names(self) -> Sequence[str]:
        with self._database.read() as transaction:
            return [str(name) for name, _ in transaction.execute(_ALL)]

    def _follower(self, name: str, since: float) -> Follower:
        backlog = self._broker.backlog(TOPIC, name) or Backlog(0, 0)
        return Follower(name, since, backlog.waiting, backlog.dead)
