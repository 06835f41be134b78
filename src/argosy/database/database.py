"""The SQL port.

Guarantees, for every engine:

- A `Database` may be used from any thread and by any number of processes; after a fork it must be opened again.
- `read()` gives a snapshot: all its queries see one committed state. It never waits for writers.
- `write()` is one serialised transaction: writers take turns, it sees all that was committed before it, and it
  commits on leaving the block, or leaves nothing on an exception. Committed means durable against `kill -9`.
- Statements name their parameters (`:name`), return rows as tuples, and use the SQL that SQLite 3.35 and PostgreSQL
  15 share. Times are seconds since 1970 (REAL).
- `Transaction.now()` is the database's clock, the only one that leases may use.

Raises DatabaseUnavailable when the database cannot be reached or stays locked for longer than it waits, SchemaNewer
when a newer Argosy wrote it. A violated constraint raises `ConstraintViolated`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from argosy.errors import ArgosyError

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]


class ConstraintViolated(ArgosyError):
    """A uniqueness or reference rule of the schema refused the statement."""


class Transaction(Protocol):
    """What runs inside `read()` or `write()`."""

    def execute(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Run one statement; its rows (also those of RETURNING), or an empty list."""

    def stream(self, sql: str, parameters: Parameters | None = None) -> Iterator[Row]:
        """Run one query without holding all its rows."""

    def execute_many(self, sql: str, parameters: Iterable[Parameters] | Iterable[Row]) -> int:
        """Run one statement for each (mappings for `:name`, tuples for `?`); how many rows it changed."""

    def now(self) -> float:
        """The database's clock."""

    def has_table(self, name: str) -> bool:
        """Whether the schema has that table."""


class Database(Protocol):
    """See the module's guarantees."""

    url: str

    def read(self) -> AbstractContextManager[Transaction]:
        """A snapshot."""

    def write(self) -> AbstractContextManager[Transaction]:
        """A serialised, durable transaction."""

    def changed(self) -> int:
        """A number that differs whenever another connection committed: cheap enough to poll."""

    def migrate(self) -> int:
        """Bring the schema up to date, in one transaction; the schema's number afterwards. Idempotent."""

    def purge(self) -> None:
        """Make what was deleted before this call unreadable in every file the engine keeps; call it outside of a
        transaction. Raises DatabaseUnavailable where other processes keep it from doing so for longer than it waits."""

    def snapshot(self, target: Path, beside: Callable[[], None]) -> None:
        """Write one committed state into a new file, in the engine's own format, while others read and write.

        `beside` runs at that very state: no transaction commits until it returns, so keep it short.
        """

    def close(self) -> None:
        """Close every connection this object opened."""
