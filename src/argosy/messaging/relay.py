"""Moves the outbox to the broker: claim rows, publish, delete. At least once, by any number of relays; one keeps order.

A relay that dies in between leaves rows claimed for `CLAIM_SECONDS`; whichever relay looks next then publishes them
(again, where the dead one had).
"""

from __future__ import annotations

from itertools import groupby
from typing import Final

from argosy.database.database import Database, Row
from argosy.messaging.broker import Broker

CLAIM_SECONDS: Final = 10.0
BATCH: Final = 500

_ANY = "SELECT 1 FROM outbox WHERE claimed_until <= :now LIMIT 1"
_CLAIM = """
UPDATE outbox SET claimed_until = :until
WHERE id IN (SELECT id FROM outbox WHERE claimed_until <= :now ORDER BY id LIMIT :batch)
RETURNING id, queue, body"""
_DELETE = "DELETE FROM outbox WHERE id = :id"


def relay(database: Database, broker: Broker) -> int:
    """Publish what is in the outbox; how many rows. Costs one short read where there is nothing."""
    moved = 0
    while rows := _claim(database):
        for queue, group in groupby(rows, key=lambda row: str(row[1])):
            broker.publish(queue, *(str(row[2]).encode() for row in group))
        with database.write() as transaction:
            transaction.execute_many(_DELETE, [{"id": row[0]} for row in rows])
        moved += len(rows)
    return moved


def _claim(database: Database) -> list[Row]:
    with database.read() as transaction:
        if not transaction.execute(_ANY, {"now": transaction.now()}):
            return []
    with database.write() as transaction:
        now = transaction.now()
        return sorted(transaction.execute(_CLAIM, {"now": now, "until": now + CLAIM_SECONDS, "batch": BATCH}))
