"""Notifications: events of a project, published to the topic `notifications`.

They go through the outbox, in the transaction that makes them true: sent if, and only if, it has happened, and at
least once.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec

from argosy.database.database import Transaction
from argosy.messaging.codec import JsonCodec
from argosy.messaging.outbox import emit

TOPIC: Final = "notifications"


class Notification(msgspec.Struct, frozen=True):
    """One event; what an event has not is empty. The `id` distinguishes a repeated delivery from a second event.

    `definition_finished` has a `label`; `definition_failed` and `job_failed` a `label`, a `kind` and an `error`;
    `alias_moved` a `model`, an `alias`, `from_number`, `to_number` and an `action` (`promote`, `rollback`, `remove`).
    """

    event: str
    id: str
    at: float
    label: str = ""
    kind: str = ""
    error: str = ""
    model: str = ""
    alias: str = ""
    from_number: int | None = None
    to_number: int | None = None
    action: str = ""


CODEC: Final = JsonCodec[Notification](Notification)


def notify(transaction: Transaction, event: str, **data: Any) -> None:
    """Send a notification such as `alias_moved` once the transaction has committed."""
    emit(transaction, TOPIC, {"event": event, "id": uuid.uuid4().hex, "at": transaction.now(), **data})
