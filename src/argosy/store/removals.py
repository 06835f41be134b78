"""Deleting artifacts while results are recorded, with no call of the artifact store inside a transaction.

A removal is a row that is committed before its artifact is deleted, and is over afterwards. A process that puts an
artifact first asks for the `mark`, the last removal up to which all are over, and records the result in a transaction
that has found no later removal of that artifact: so what is recorded was put after the last deletion of it. Both
transactions hold one lock. A removal whose process died is ended by a later collection; one that took that long is
given up.
"""

from __future__ import annotations

from typing import Final

from argosy.database.database import Transaction
from argosy.errors import ArtifactCollected

PATIENCE: Final = 600.0
"""Seconds until a removal that is not over is taken to be a dead process's."""
KEPT_SECONDS: Final = 86_400.0

_MARK = """
SELECT coalesce((SELECT min(id) - 1 FROM artifact_removals WHERE is_over = 0), max(id), 0) FROM artifact_removals"""
_BEGIN = "INSERT INTO artifact_removals (artifact, begun_at) VALUES (:artifact, :now) RETURNING id"
_END = "UPDATE artifact_removals SET is_over = 1 WHERE id = :id"
_LATER = "SELECT 1 FROM artifact_removals WHERE artifact = :artifact AND id > :mark LIMIT 1"
_LEFT = "SELECT id, artifact FROM artifact_removals WHERE is_over = 0 AND begun_at < :before ORDER BY id"
_FORGET = "DELETE FROM artifact_removals WHERE is_over = 1 AND begun_at < :before"


def last_finished_removal(transaction: Transaction) -> int:
    """The last removal up to which all are over; asked for before an artifact is put."""
    return int(transaction.execute(_MARK)[0][0])


def hold_removals(transaction: Transaction) -> None:
    """No other transaction begins a removal, or records an artifact, until this one ends."""
    transaction.lock("artifacts")


def begin_removal(transaction: Transaction, artifact: str) -> int:
    """The number of a removal, whose artifact is to be deleted once this has committed. Call `hold_removals` before."""
    return int(transaction.execute(_BEGIN, {"artifact": artifact, "now": transaction.now()})[0][0])


def end_removal(transaction: Transaction, number: int) -> None:
    """The artifact was deleted."""
    transaction.execute(_END, {"id": number})


def unfinished_removals(transaction: Transaction) -> list[tuple[int, str]]:
    """The removals that dead processes began, and their artifacts; those that are long over are forgotten."""
    now = transaction.now()
    transaction.execute(_FORGET, {"before": now - KEPT_SECONDS})
    return [(row[0], row[1]) for row in transaction.execute(_LEFT, {"before": now - PATIENCE})]


def check_kept(transaction: Transaction, artifact: str, since: int) -> None:
    """Raise ArtifactCollected where the artifact was, or is about to be, deleted since that mark."""
    hold_removals(transaction)
    if transaction.execute(_LATER, {"artifact": artifact, "mark": since}):
        raise ArtifactCollected("its artifact was collected before its result was recorded")
