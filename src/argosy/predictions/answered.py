"""What a version answered, counted by day, and what was said of it; opens no seal and drains nothing.

A day that ended two days ago is counted once, when it is first needed, and its figures are stored. A transaction that
adds answers to such a day, or deletes some, removes the figures by `forget_days`, and the day is counted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from argosy import clock
from argosy.database import Database, Transaction

DAY: Final = 86_400.0
KEPT_AFTER: Final = 3 * DAY
"""The figures of a day are stored once it began this long ago, by the database's clock."""
LATE_AFTER: Final = 1.5 * DAY
"""An answer of a day that began this long ago, by the clock of the process that adds it, may be of a kept day. Clocks
may differ by the difference of these two times."""
_LOCK: Final = "answer days"

NEXT = "SELECT min(made_at) FROM predictions WHERE model = :model AND made_at >= :start"
COUNT = """
SELECT version, count(*) FROM predictions
WHERE model = :model AND made_at >= :start AND made_at < :end GROUP BY version"""
KEPT = "SELECT day, version, answers FROM answer_days WHERE model = :model"
KEEP = """
INSERT INTO answer_days (model, day, version, answers) VALUES (:model, :day, :version, :answers)
ON CONFLICT (model, day, version) DO UPDATE SET answers = excluded.answers"""
FORGET = "DELETE FROM answer_days WHERE model = :model AND day = :day"
# CROSS JOIN: SQLite then begins with feedback, of which there is little
SAID = """
SELECT feedback.kind, count(*), sum(CASE WHEN feedback.label <> predictions.answer THEN 1 ELSE 0 END)
FROM feedback CROSS JOIN predictions
WHERE predictions.id = feedback.prediction_id AND predictions.model = :model AND predictions.version = :version
GROUP BY feedback.kind ORDER BY feedback.kind"""

Days = Mapping[float, Mapping[int, int]]
"""By the beginning of a day: by version, how many answers it gave."""


@dataclass(frozen=True, slots=True)
class Said:
    """How much feedback there is of a kind, and how much of it gives another label than the answer."""

    count: int
    disagreed: int


def answers_by_day(database: Database, model: str) -> dict[int, dict[str, int]]:
    """By version, how many answers it gave on each day (of UTC, as 2026-11-28) on which it gave any."""
    found: dict[int, dict[str, int]] = {}
    for day, by_version in sorted(_days(database, model)):
        shown = datetime.fromtimestamp(day, UTC).date().isoformat()
        for version, answers in by_version.items():
            found.setdefault(version, {})[shown] = answers
    return found


def _days(database: Database, model: str) -> Iterator[tuple[float, Mapping[int, int]]]:
    """Every day on which the model answered; stores the figures of the days for which that is due."""
    with database.read() as transaction:
        kept, now = _kept(transaction, model), transaction.now()
    start = 0.0
    while (day := _next_day(database, model, start)) is not None:
        start = day + DAY
        if day in kept:
            yield day, kept[day]
        elif day <= now - KEPT_AFTER:
            yield day, _count_and_keep(database, model, day)
        else:
            with database.read() as transaction:
                yield day, _counted(transaction, model, day)


def _kept(transaction: Transaction, model: str) -> Days:
    found: dict[float, dict[int, int]] = {}
    for day, version, answers in transaction.execute(KEPT, {"model": model}):
        found.setdefault(day, {})[version] = answers
    return found


def _next_day(database: Database, model: str, start: float) -> float | None:
    """The beginning of the first day on which there are answers from `start` on."""
    with database.read() as transaction:
        first: float | None = transaction.execute(NEXT, {"model": model, "start": start})[0][0]
    return None if first is None else first // DAY * DAY


def _counted(transaction: Transaction, model: str, day: float) -> dict[int, int]:
    return dict(transaction.execute(COUNT, {"model": model, "start": day, "end": day + DAY}))


def _count_and_keep(database: Database, model: str, day: float) -> Mapping[int, int]:
    with database.write() as transaction:
        transaction.lock(
            _LOCK
        )  # before the count: a transaction that changes the day now removes these figures after the commit
        found = _counted(transaction, model, day)
        rows = [{"model": model, "day": day, "version": one, "answers": answers} for one, answers in found.items()]
        transaction.execute_many(KEEP, rows)
    return found


def forget_days(transaction: Transaction, changed: Iterable[tuple[str, float]]) -> None:
    """Remove the stored figures of the days that contain these times, by model.

    Every transaction that deletes answers calls this, and one that adds `late_answers`. For newer answers it is not
    needed, and drainers would wait for each other's lock.
    """
    days = sorted({(model, made_at // DAY * DAY) for model, made_at in changed})
    if days:
        transaction.lock(_LOCK)
        transaction.execute_many(FORGET, [{"model": model, "day": day} for model, day in days])


def late_answers(added: Iterable[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """Those of the added answers, as model and time, whose day may have stored figures."""
    oldest = clock.now() - LATE_AFTER
    return (one for one in added if one[1] // DAY * DAY < oldest)


def feedback_said(transaction: Transaction, model: str, version: int) -> Mapping[str, Said]:
    """By kind, the feedback on a version's answers."""
    rows = transaction.execute(SAID, {"model": model, "version": version})
    return {kind: Said(int(count), int(disagreed)) for kind, count, disagreed in rows}
