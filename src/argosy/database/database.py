"""The SQL port.

Guarantees, for every engine:

- A `Database` may be used from any thread and by any number of processes; after a fork it must be opened again.
- `read()` gives a snapshot: all its queries see one committed state. It never waits for writers.
- `write()` is one transaction: it commits on leaving the block, or leaves nothing on an exception. Committed means
  durable against `kill -9`. Each of its statements sees what others had committed before that statement began.
- `Transaction.lock(name)` makes those that lock the same name take turns: the one that has the lock sees all that
  earlier holders committed, and keeps it until its transaction ends. A transaction that writes what it concludes from
  what it read locks a name for it first; without a lock, two of them may read the same and both write.
- `Transaction.now()` is the database's clock, the only one that leases may use, in seconds since 1970.
- A transaction begins by SchemaNewer where a newer Argosy has changed the schema since `migrate` in a way that this one
  must know. Writers wait while the schema is changed.
- `wait_for_change` returns when another transaction that called `announce()` was committed, in any process.

Rules for SQL outside of `engines/`; what they do not name must be in both SQLite 3.35 and PostgreSQL 15:

- Parameters are named (`:name`). A list stands for as many values: `label IN (:labels)`; keep it below `LIST_VALUES`.
- Columns are TEXT, INTEGER (64 bits; a flag is 0 or 1), REAL (double precision; times too) or BLOB. A REAL may be
  infinite. A flag that a query computes (`x IS NULL`) comes back as a truth value: use it as one.
- Text is compared and ordered by its bytes. NULL has no agreed place in an order: write `NULLS FIRST` or `NULLS LAST`
  where a column that is ordered by may be NULL.
- A parameter that may be None needs a type where nothing else gives it one: `CAST(:token AS TEXT) IS NULL`.
- `max(a, b)` is `CASE WHEN a > b THEN a ELSE b END`; `max` and `min` are of a column alone.
- Rows that a transaction takes for itself (`UPDATE … WHERE id = (SELECT …)`) are selected with `/* FOR UPDATE SKIP
  LOCKED */`, which is a comment to SQLite, whose writers take turns anyway, and a clause to PostgreSQL; so is
  `/* FOR UPDATE */`. A single statement that checks what it changes (`UPDATE … WHERE token = :token`) needs no lock.
- Numbers that the database gives are in the order of commits only among transactions that hold one lock.
- No temporary tables: rows on their way wait in `Database.scratch`. No statement that fails may be gone on from.
- No artifact store, broker or other network call inside a transaction. Statements of the schema's steps are translated
  by `dialect.py`, see there.

Raises DatabaseUnavailable when the database cannot be reached or stays locked for longer than it waits, and its kind
DatabaseOutage where the same transaction may succeed later (two that waited for each other, a full disk); SchemaNewer
when a newer Argosy wrote it. A violated constraint, or a value that the engine cannot keep, raises ConstraintViolated.
A named text with a NUL raises TextRefused, its kind; an engine need not look for one in rows that are tuples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

from argosy.errors import ArgosyError, UserMistake
from argosy.storable_text import NUL_PROBLEM

LIST_VALUES: Final = 10_000
"""The most values of a list parameter that every engine takes."""

T = TypeVar("T")
Row = tuple[Any, ...]
Parameters = Mapping[str, Any]


def in_lists(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists that a statement takes as one parameter each; no list where there is none."""
    given = iter(values)
    while part := list(islice(given, LIST_VALUES)):
        yield part


class ConstraintViolated(ArgosyError):
    """A uniqueness or reference rule of the schema refused the statement."""


class TextRefused(ConstraintViolated, UserMistake):
    """A text with a NUL, which PostgreSQL keeps in no text, nor takes in a query."""


def check_texts(parameters: Parameters) -> None:
    """Raises TextRefused, which names the parameter, where one has a NUL."""
    for name, value in parameters.items():
        if type(value) is str and "\0" in value:
            raise TextRefused(f"{name} {NUL_PROBLEM}")


class Transaction(Protocol):
    """What runs inside `read()` or `write()`."""

    def execute(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Run one statement; its rows (also those of RETURNING), or an empty list."""

    def stream(self, sql: str, parameters: Parameters | None = None) -> Iterator[Row]:
        """Run one query without holding all its rows."""

    def execute_many(self, sql: str, rows: Iterable[Parameters] | Iterable[Row]) -> int:
        """Run one statement for each row, without holding them all; how many rows it changed.

        A row is a mapping, or a tuple in the order in which the statement first names its parameters.
        """

    def load(
        self, table: str, columns: Sequence[str], scratch: Transaction, query: str, parameters: Parameters | None = None
    ) -> int:
        """Append to a table what a query of the scratch store gives, one value for each column; how many rows."""

    def define(self, sql: str) -> None:
        """Run one statement of the schema, written as in its steps."""

    def now(self) -> float:
        """The database's clock."""

    def lock(self, name: str) -> None:
        """Wait for that lock, and hold it until the transaction ends; only in `write()`."""

    def announce(self) -> None:
        """Wake those who wait for a change, once this has committed."""

    def has_table(self, name: str) -> bool:
        """Whether the schema has that table."""

    def tables(self) -> dict[str, list[str]]:
        """The columns of every table, in the order in which the tables were made."""

    def numbers(self) -> dict[str, int]:
        """Of each table that numbers its rows and uses no number twice, the last one given."""

    def set_numbers(self, numbers: Mapping[str, int]) -> None:
        """Go on after these numbers, and after those in the tables, in a database that was just filled."""


class Database(Protocol):
    """See the module's guarantees."""

    url: str

    def read(self) -> AbstractContextManager[Transaction]:
        """A snapshot."""

    def write(self) -> AbstractContextManager[Transaction]:
        """A durable transaction."""

    def scratch(self) -> AbstractContextManager[Transaction]:
        """An empty store of this thread, in a temporary file that is gone afterwards; its SQL is SQLite's.

        For rows on their way into the database, which `load` moves there. Its tables are made as `scratch.NAME`, by
        names that no table of the database has. Once a transaction of the database failed meanwhile, what is here is
        undefined.
        """

    def wait_for_change(self, timeout: float) -> bool:
        """Wait until a change was announced since this thread last asked, for `timeout` seconds at most.

        Whether one was; it may be none, and is said to be one the first time. So look for work, and where there is
        none wait, and look again: nothing that was committed in between is missed. 0 asks without waiting.
        """

    def migrate(self) -> int:
        """Bring the schema up to date, in one transaction; the schema's number afterwards. Idempotent."""

    def purge(self) -> None:
        """Make what was deleted before this call unreadable in every file the engine keeps; call it outside of a
        transaction. Raises DatabaseUnavailable where other processes keep it from doing so for longer than it waits."""

    def snapshot(self, meanwhile: Callable[[], None]) -> AbstractContextManager[Transaction]:
        """One committed state to read, as `read()` gives it, that `meanwhile` was called at.

        No transaction commits until that returns, so keep it short; afterwards others write on.
        """

    def close(self) -> None:
        """Close every connection this object opened."""
