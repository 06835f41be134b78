"""Queues in a table of the database. Delivered means hidden until a time; acknowledged means deleted.

An idle consumer waits for a change, and reads the table only after one or when a hidden message is due.
"""

from __future__ import annotations

from collections.abc import Sequence

from argosy.database.database import Database
from argosy.messaging.broker import Broker, Delivery, DeliveryPolicy

_ADD = "INSERT INTO messages (queue, body, visible_at) VALUES (:queue, :body, :now)"
_DROP_OLD = "DELETE FROM messages WHERE queue = :queue AND visible_at < :before"
_IS_DUE = "SELECT 1 FROM messages WHERE queue = :queue AND visible_at <= :now LIMIT 1"
_NEXT_DUE = "SELECT min(visible_at) FROM messages WHERE queue = :queue"
_TAKE = """
UPDATE messages SET visible_at = :until, deliveries = deliveries + 1
WHERE id = (SELECT id FROM messages WHERE queue = :queue AND visible_at <= :now ORDER BY visible_at, id LIMIT 1
    /* FOR UPDATE SKIP LOCKED */)
RETURNING id, body, deliveries"""
_REMOVE = "DELETE FROM messages WHERE id = :id AND deliveries = :number RETURNING id"
_RETURN = "UPDATE messages SET visible_at = :at WHERE id = :id AND deliveries = :number RETURNING id"


class SqlBroker(Broker):
    """On any `Database`, which the caller opens and closes."""

    def __init__(self, database: Database, policy: DeliveryPolicy | None = None) -> None:
        super().__init__(policy)
        self._database = database

    def _add(self, queue: str, bodies: Sequence[bytes]) -> None:
        with self._database.write() as transaction:
            now = transaction.now()
            transaction.execute(_DROP_OLD, {"queue": queue, "before": now - self.policy.keep_seconds})
            transaction.execute_many(_ADD, [{"queue": queue, "body": body, "now": now} for body in bodies])
            transaction.announce()

    def _take(self, queue: str, hold: float) -> Delivery | None:
        with self._database.read() as transaction:  # an empty queue must not make writers wait
            if not transaction.execute(_IS_DUE, {"queue": queue, "now": transaction.now()}):
                return None
        with self._database.write() as transaction:
            now = transaction.now()
            rows = transaction.execute(_TAKE, {"queue": queue, "now": now, "until": now + hold})
        return Delivery(self, queue, bytes(rows[0][1]), rows[0][2], rows[0][0]) if rows else None

    def _remove(self, delivery: Delivery) -> bool:
        with self._database.write() as transaction:
            return bool(transaction.execute(_REMOVE, {"id": delivery.tag, "number": delivery.number}))

    def _return(self, delivery: Delivery, delay: float) -> bool:
        with self._database.write() as transaction:
            row = {"id": delivery.tag, "number": delivery.number, "at": transaction.now() + delay}
            returned = bool(transaction.execute(_RETURN, row))
            transaction.announce()
            return returned

    def _pause(self, queue: str, seconds: float) -> None:
        self._database.wait_for_change(min(seconds, self._until_due(queue)))

    def _until_due(self, queue: str) -> float:
        """Seconds until the next message shows; 0 where one came since we looked."""
        with self._database.read() as transaction:
            due = transaction.execute(_NEXT_DUE, {"queue": queue})[0][0]
            return float("inf") if due is None else max(0.0, due - transaction.now())
