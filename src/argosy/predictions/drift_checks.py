"""Drift checks: what was found when a version's live answers were compared with its test part, and where it is kept.

A check holds figures and names of classes and fields, never a text. Anyone who has a key makes them
(`feedback.drifting`); reading them needs none, so that a server can show them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from argosy.database import Database, Transaction
from argosy.statistics.shifts import Shift

FORMAT = 1
LIVE, CLOSED = "live", "closed"
"""The newest window, which goes on, and the last one of the fixed windows that is over."""

FORGET = "DELETE FROM drift_looks WHERE model = :model AND name IN (:names)"
KEEP = """
INSERT INTO drift_looks (model, version, name, started_at, ended_at, looked_at, format, found)
VALUES (:model, :version, :name, :started_at, :ended_at, :checked_at, :format, :found)
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

        Several things are compared, so that each is tested at a level divided by their number (Bonferroni).
        """
        each = (1 - confidence) / max(len(self.shifts), 1)
        return [name for name, shift in self.shifts.items() if shift.p_value <= each and shift.least_size >= at_least]


class DriftCheck(msgspec.Struct, frozen=True):
    """The answers of a version from `started_at` to `ended_at`; `name` is LIVE or CLOSED."""

    model: str
    version: int
    name: str
    started_at: float
    ended_at: float
    checked_at: float
    found: Drift


def replace_drift_checks(
    transaction: Transaction, model: str, checks: Iterable[DriftCheck], names: Collection[str] = (LIVE, CLOSED)
) -> None:
    """Keep these and no others of the model that have one of those names."""
    transaction.lock(f"drift checks of {model}")
    transaction.execute(FORGET, {"model": model, "names": list(names)})
    for check in checks:
        found = msgspec.json.encode(check.found).decode()
        transaction.execute(KEEP, {**msgspec.structs.asdict(check), "format": FORMAT, "found": found})


def newest_drift_checks(database: Database, name: str, model: str = "") -> list[DriftCheck]:
    """The checks of that name, of one model or of all."""
    with database.read() as transaction:
        rows = transaction.execute(FIND, {"model": model, "name": name, "format": FORMAT})
    return [
        DriftCheck(model, version, name, started_at, ended_at, checked_at, msgspec.json.decode(found, type=Drift))
        for model, version, name, started_at, ended_at, checked_at, found in rows
    ]
