"""The outbox: a message that is published if, and only if, the transaction that wrote it commits.

`emit` writes a row; a relay publishes it afterwards, at least once.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from argosy.database.database import Transaction
from argosy.messaging.codec import JsonCodec
from argosy.messaging.message import check_name

_EMIT: Final = "INSERT INTO outbox (topic, body, created_at, message_id) VALUES (:topic, :body, :now, :id)"
_CODEC: Final = JsonCodec[Any](Any)


def emit(transaction: Transaction, topic: str, value: Any) -> None:
    """Publish `value`, as JSON, once the transaction has committed; raises MessageInvalid where no broker takes it."""
    check_name("topic", topic)
    body, now = _CODEC.encode(value).decode(), transaction.now()
    transaction.execute(_EMIT, {"topic": topic, "body": body, "now": now, "id": uuid.uuid4().hex})
    transaction.announce()
