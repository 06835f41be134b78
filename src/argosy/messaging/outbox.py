"""The outbox: a message that is published if, and only if, the transaction that wrote it commits.

`emit` writes a row; a relay publishes it afterwards, at least once.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec

from argosy.database.database import Transaction

NOTIFICATIONS: Final = "notifications"

_EMIT = "INSERT INTO outbox (queue, body, created_at) VALUES (:queue, :body, :now)"


def emit(transaction: Transaction, queue: str, body: Any) -> None:
    """Publish `body`, a JSON value, once the transaction has committed."""
    text = msgspec.json.encode(body).decode()
    transaction.execute(_EMIT, {"queue": queue, "body": text, "now": transaction.now()})


def notify(transaction: Transaction, event: str, **data: Any) -> None:
    """Emit a notification such as `alias_moved`; its `id` tells a repeated delivery from a second event."""
    emit(transaction, NOTIFICATIONS, {"event": event, "id": uuid.uuid4().hex, "at": transaction.now(), **data})
