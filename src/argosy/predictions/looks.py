"""Looks at drift: what was found when a version's live answers were compared with its test part, and where it is kept.

A look holds figures and names of classes and fields, never a text. Whoever has a key makes them (`feedback.drifting`);
reading them needs none, so that a server can tell of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from argosy.database import Database, Transaction
from argosy.statistics.shifts import Shift

FORMAT = 1
LIVE, CLOSED = "live", "closed"
"""The newest window, which goes on, and the last one of the fixed windows that is over."""

FORGET = "DELETE FROM drift_looks WHERE model = :model"
KEEP = """
INSERT INTO drift_looks (model, version, name, started_at, ended_at, looked_at, format, found)
VALUES (:model, :version, :name, :started_at, :ended_at, :looked_at, :format, :found)
"""
FIND = """
SELECT model, version, name, started_at, ended_at, looked_at, found FROM drift_looks
WHERE (:model = '' OR model = :model) AND name = :name AND format = :format ORDER BY model, version
"""


class Drift(msgspec.Struct, frozen=True):
    """What of a version's live answers is not as it was on its test part; what cannot be decided is not in `shifts`."""

    reference_rows: int
    live_rows: int
    shifts: dict[str, Shift]

    def shown(self, confidence: float = 0.95, at_least: float = 0.0) -> list[str]:
        """The names of the shifts that chance alone hardly explains, and that are of some size.

        Several things are looked at, so that each is tested at a level divided by their number (Bonferroni).
        """
        each = (1 - confidence) / max(len(self.shifts), 1)
        return [name for name, shift in self.shifts.items() if shift.p_value <= each and shift.least_size >= at_least]


class Look(msgspec.Struct, frozen=True):
    """The answers of a version from `started_at` to `ended_at`; `name` is LIVE or CLOSED."""

    model: str
    version: int
    name: str
    started_at: float
    ended_at: float
    looked_at: float
    found: Drift


def replace(transaction: Transaction, model: str, looks: Iterable[Look]) -> None:
    """Keep these and no others of the model."""
    transaction.lock(f"looks of {model}")
    transaction.execute(FORGET, {"model": model})
    for look in looks:
        found = msgspec.json.encode(look.found).decode()
        transaction.execute(KEEP, {**msgspec.structs.asdict(look), "format": FORMAT, "found": found})


def newest(database: Database, name: str, model: str = "") -> list[Look]:
    """The looks of that name, of one model or of all."""
    with database.read() as transaction:
        rows = transaction.execute(FIND, {"model": model, "name": name, "format": FORMAT})
    return [_look(*row) for row in rows]


def _look(
    model: str, version: int, name: str, started_at: float, ended_at: float, looked_at: float, found: str
) -> Look:
    return Look(model, version, name, started_at, ended_at, looked_at, msgspec.json.decode(found, type=Drift))
