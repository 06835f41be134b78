"""What a version answered, counted by day, and what was said of it; opens no seal and drains nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from argosy.database import Transaction

DAY: Final = 86_400.0
NEXT = """
SELECT made_at FROM predictions WHERE model = :model AND version = :version AND made_at >= :start
ORDER BY made_at LIMIT 1"""
COUNT = """
SELECT count(*) FROM predictions
WHERE model = :model AND version = :version AND made_at >= :start AND made_at < :end"""
# CROSS JOIN: SQLite then begins with feedback, of which there is little
SAID = """
SELECT feedback.kind, count(*), sum(CASE WHEN feedback.label <> predictions.answer THEN 1 ELSE 0 END)
FROM feedback CROSS JOIN predictions
WHERE predictions.id = feedback.prediction_id AND predictions.model = :model AND predictions.version = :version
GROUP BY feedback.kind ORDER BY feedback.kind"""


@dataclass(frozen=True, slots=True)
class Said:
    """How much feedback there is of a kind, and how much of it gives another label than the answer."""

    count: int
    disagreed: int


def answers_by_day(transaction: Transaction, model: str, version: int) -> dict[str, int]:
    """How many answers a version gave on each day (of UTC, as 2026-11-28) on which it gave any."""
    found: dict[str, int] = {}
    wanted = {"model": model, "version": version}
    start = 0.0
    while rows := transaction.execute(NEXT, {**wanted, "start": start}):
        day = rows[0][0] // DAY * DAY
        start = day + DAY
        counted = transaction.execute(COUNT, {**wanted, "start": day, "end": start})
        found[datetime.fromtimestamp(day, UTC).date().isoformat()] = int(counted[0][0])
    return found


def feedback_said(transaction: Transaction, model: str, version: int) -> Mapping[str, Said]:
    """By kind, the feedback on a version's answers."""
    rows = transaction.execute(SAID, {"model": model, "version": version})
    return {kind: Said(int(count), int(disagreed)) for kind, count, disagreed in rows}
