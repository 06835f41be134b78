"""What is known of each source: how far it was read, what became of its rows, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final, Self

import msgspec

from argosy.database import Database, Transaction
from argosy.feedback.outcomes import statements as sql

FORGET_SECONDS: Final = 30 * 86_400.0
"""Other machines may have a source's file still: what they look at is not removed."""


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `outcome_sources`."""

    name: str
    position: dict[str, Any] = {}
    newest: float | None = None
    read_up_to: float | None = None
    """The source's own watermark: the latest time in it, when it was last read up to its end."""
    swept: dict[str, tuple[float, str]] = {}
    """By model, time and id of the last prediction whose window was closed; under '', `read_up_to` of a whole sweep."""
    passed: dict[str, dict[str, tuple[float, str]]] = {}
    """By a silent server's spool, `swept` as it was when the server fell silent."""
    taken: int = 0
    """Rows: those with a prediction are `matched`, the others `unmatched`."""
    matched: int = 0
    unmatched: int = 0
    joined: int = 0
    """Pairs of a row and a prediction."""
    otherwise: int = 0
    """Predictions after which nothing happened."""
    poison: dict[str, int] = {}
    """Rows that cannot be outcomes, by the reason."""
    problem: str = ""
    looked_at: float | None = None

    @classmethod
    def of(cls, transaction: Transaction, name: str) -> Self:
        """As it is; one that was never looked at is empty."""
        rows = transaction.execute(sql.SOURCES_ROW, {"name": name})
        return cls.of_row(rows[0]) if rows else cls(name=name)

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> Self:
        values = dict(zip(cls.__struct_fields__, row, strict=True))
        for name in ("position", "swept", "passed", "poison"):
            values[name] = msgspec.json.decode(values[name])
        return msgspec.convert(values, cls)

    def put(self, transaction: Transaction) -> None:
        """In place of what is there; the caller holds the lock of `lock_of`."""
        values = msgspec.structs.asdict(self)
        for name in ("position", "swept", "passed", "poison"):
            values[name] = msgspec.json.encode(values[name]).decode()
        transaction.execute(sql.PUT_SOURCE, values)


def lock_of(name: str) -> str:
    """Of those who change a source's row."""
    return f"outcomes {name}"


def removed_sources(transaction: Transaction, names: Collection[str]) -> list[str]:
    """Sources that are none of these, and that nobody has looked at for `FORGET_SECONDS`."""
    before = transaction.now() - FORGET_SECONDS
    found = [SourceState.of_row(row) for row in transaction.execute(sql.ALL_SOURCES)]
    return [one.name for one in found if one.name not in names and (one.looked_at or 0.0) < before]


def forget_source(transaction: Transaction, name: str) -> None:
    """Remove all that is known of a source. Were it defined again, its rows would be recognised by the feedback."""
    transaction.lock(lock_of(name))
    for statement in sql.REMOVE_SOURCE:
        transaction.execute(statement, {"source": name})


def all_states(database: Database) -> dict[str, tuple[SourceState, int]]:
    """By name, each source that was ever looked at, and how many of its rows are yet to become examples."""
    with database.read() as transaction:
        found = [SourceState.of_row(row) for row in transaction.execute(sql.ALL_SOURCES)]
        counts = {one.name: transaction.execute(sql.COUNT_UNASKED, {"source": one.name})[0][0] for one in found}
    return {one.name: (one, int(counts[one.name])) for one in found}
