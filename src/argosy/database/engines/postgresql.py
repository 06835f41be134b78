"""PostgreSQL 15 or newer, by psycopg 3: `postgresql://USER:PASSWORD@HOST/DATABASE`, libpq's other parameters after `?`.

Reads are REPEATABLE READ, writes READ COMMITTED with advisory locks, each named within the schema. A transaction has a
connection of the process's pool while it lasts, and a thread that waits for changes (LISTEN) one of its own. A
connection that was lost is replaced by the next transaction.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from typing import Any, Final

from argosy.database import migrations
from argosy.database.database import Parameters, Row, Transaction, check_texts
from argosy.database.dialect import names, postgresql, postgresql_schema, with_lists
from argosy.database.engines.postgresql_connections import (
    Connection,
    ConnectionPool,
    connect,
    is_without_table,
    read_address,
    run_many,
    run_statement,
    translated,
)
from argosy.database.engines.sqlite import attach_scratch
from argosy.errors import DatabaseUnavailable

BATCH_ROWS: Final = 1000
LOOK_SECONDS: Final = 0.5
"""Between two looks for changes, where a pooler keeps us from listening."""
_CHANNEL: Final = "argosy"
_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
_AMONG_WRITERS: Final = "SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema(), 0))"
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), 0))"
"""Had when every writer has ended; those that come later wait at their beginning, and so for nothing they hold."""
_UNLIMITED: Final = "SET LOCAL statement_timeout = 0"
_NOW: Final = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)"
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || :name, 0))"
_TABLES: Final = """
SELECT relname, attname FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_attribute ON attrelid = pg_class.oid
WHERE nspname = current_schema() AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
ORDER BY pg_class.oid, attnum"""
_SEQUENCES: Final = """
SELECT table_name, column_name, last_value FROM information_schema.columns
JOIN pg_sequences ON schemaname = table_schema AND pg_get_serial_sequence(
    quote_ident(table_schema) || '.' || quote_ident(table_name), column_name)
    = quote_ident(schemaname) || '.' || quote_ident(sequencename)
WHERE table_schema = current_schema() AND is_identity = 'YES'"""


class PostgresqlTransaction:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        statement, given = with_lists(sql, parameters or {})
        return run_statement(self._connection, postgresql(statement), given)

    def stream(self, sql: str, parameters: Parameters | None = None) -> Iterator[Row]:
        statement, given = with_lists(sql, parameters or {})
        check_texts(given)
        with translated(), self._connection.cursor("rows") as cursor:
            cursor.itersize = BATCH_ROWS
            cursor.execute(postgresql(statement), given)
            yield from cursor

    def execute_many(self, sql: str, rows: Iterable[Any]) -> int:
        statement, fields, changed = postgresql(sql), names(sql), 0
        batch: list[Parameters] = []
        with self._connection.cursor() as cursor:
            for row in rows:
                batch.append(dict(zip(fields, row, strict=True)) if isinstance(row, tuple) else row)
                if len(batch) == BATCH_ROWS:
                    changed += run_many(cursor, statement, batch)
                    batch = []
            return changed + run_many(cursor, statement, batch)

    def load(
        self, table: str, columns: Sequence[str], scratch: Transaction, query: str, parameters: Parameters | None = None
    ) -> int:
        copy = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        run_statement(self._connection, _UNLIMITED)
        with translated(), self._connection.cursor() as cursor:
            with cursor.copy(copy) as rows:
                for row in scratch.stream(query, parameters):
                    rows.write_row(row)
            return cursor.rowcount

    def define(self, sql: str) -> None:
        run_statement(self._connection, f"{_UNLIMITED}; {postgresql_schema(sql)}")

    def now(self) -> float:
        return float(self.execute(_NOW)[0][0])

    def lock(self, name: str) -> None:
        self.execute(_LOCK, {"name": name})

    def announce(self) -> None:
        self.execute(f"NOTIFY {_CHANNEL}")

    def has_table(self, name: str) -> bool:
        return name in self.tables()

    def tables(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for table, column in self.execute(_TABLES):
            found.setdefault(table, []).append(column)
        return found

    def numbers(self) -> dict[str, int]:
        return {table: last for table, _, last in self._sequences() if last}

    def set_numbers(self, numbers: Mapping[str, int]) -> None:
        for table, column, _ in self._sequences():
            highest = self.execute(f'SELECT coalesce(max("{column}"), 0) FROM "{table}"')[0][0]  # noqa: S608  # its own
            last = max(highest, numbers.get(table, 0))
            if last:
                self.execute(
                    "SELECT setval(pg_get_serial_sequence(quote_ident(:name), :column), :last)",
                    {"name": table, "column": column, "last": last},
                )

    def _sequences(self) -> list[Row]:
        """Of each table that numbers its rows: its name, the column, the last number or None."""
        return self.execute(_SEQUENCES)


class PostgresqlDatabase:
    def __init__(self, url: str) -> None:
        self._address = read_address(url)
        self.url = self._address.shown
        self._is_migrated = False
        self._begin()

    def _begin(self) -> None:
        """Without any connection, as a process begins: one must not cross a fork."""
        self._process = os.getpid()
        self._pool_of_process = ConnectionPool(self._address)
        self._busy: set[int] = set()
        """The threads that have a transaction open."""
        self._local = threading.local()
        self._listening: list[tuple[threading.Thread, Connection]] = []
        self._changing = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[PostgresqlTransaction]:
        with self._lent(_READ) as connection:
            yield PostgresqlTransaction(connection)

    def write(self) -> AbstractContextManager[PostgresqlTransaction]:
        return self._writing(self._address.limits.writing, _AMONG_WRITERS)

    @contextmanager
    def _writing(self, *begin: str) -> Iterator[PostgresqlTransaction]:
        with self._lent(_WRITE, *begin) as connection:
            yield PostgresqlTransaction(connection)
            run_statement(connection, "COMMIT")

    @contextmanager
    def scratch(self) -> Iterator[Transaction]:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            yield attach_scratch(connection)

    def wait_for_change(self, timeout: float) -> bool:
        if self._address.limits.is_pooled:
            time.sleep(min(timeout, LOOK_SECONDS))
            return True
        self._check_process()
        listening: Connection | None = getattr(self._local, "listening", None)
        if listening is None or listening.closed:
            run_statement(self._listener(), f"LISTEN {_CHANNEL}")
            return True
        with translated(self.url):
            is_notified = any(True for _ in listening.notifies(timeout=timeout, stop_after=1))
            for _ in listening.notifies(timeout=0.0):  # what came with it is the same news
                is_notified = True
        return is_notified

    def migrate(self) -> int:
        number = migrations.migrate(self.read, partial(self._writing, _ALONE), self.url)
        self._is_migrated = True
        return number

    def purge(self) -> None:
        """Rewrite every table. The write-ahead log, its archives and backups are left to the operator of the server."""
        with self.read() as transaction:
            tables = transaction.tables()
        with closing(connect(self._address)) as connection:
            run_statement(connection, "SET statement_timeout = 0")
            for table in tables:
                run_statement(connection, f'VACUUM FULL "{table}"')

    @contextmanager
    def snapshot(self, meanwhile: Callable[[], None]) -> Iterator[PostgresqlTransaction]:
        with closing(connect(self._address)) as reader:
            with self._writing(_ALONE):
                run_statement(reader, f"{_READ}; {_UNLIMITED}")
                run_statement(reader, "SELECT 1")  # from here on it sees this state alone
                meanwhile()
            yield PostgresqlTransaction(reader)

    def close(self) -> None:
        self._check_process()
        self._pool_of_process.close()
        with self._changing:
            for _, connection in self._listening:
                connection.close()
            self._listening.clear()

    @contextmanager
    def _lent(self, *begin: str) -> Iterator[Connection]:
        """A connection with a transaction begun on it, which is rolled back unless it was committed."""
        self._check_process()
        thread, pool, busy = threading.get_ident(), self._pool_of_process, self._busy
        if thread in busy:
            raise DatabaseUnavailable(f"{self.url}: a transaction is open on this thread already")
        connection = self._begun(pool, [self._address.limits.beginning(begin[0]), *begin[1:]])
        busy.add(thread)
        try:
            yield connection
        finally:
            busy.discard(thread)
            pool.give_back(connection)

    def _begun(self, pool: ConnectionPool, statements: list[str]) -> Connection:
        """Raises SchemaNewer where a newer Argosy has changed the schema since this one has opened the database.

        The schema is asked for last, when the locks were had that keep others from changing it.
        """
        if not self._is_migrated:
            return pool.begun("; ".join(statements))[0]
        try:
            connection, rows = pool.begun("; ".join([*statements, migrations.REQUIRED]))
        except DatabaseUnavailable as error:
            if not is_without_table(error):
                raise
            return pool.begun("; ".join(statements))[0]  # it was emptied, to be filled
        try:
            migrations.check_not_newer(rows[0][0], self.url)
        except BaseException:
            pool.give_back(connection)
            raise
        return connection

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            self._begin()

    def _listener(self) -> Connection:
        """This thread's, kept until `close`, or until the thread has ended and another one listens."""
        connection = self._local.listening = connect(self._address)
        with self._changing:
            for thread, other in self._listening:
                if not thread.is_alive():
                    other.close()
            self._listening = [one for one in self._listening if not one[1].closed]
            self._listening.append((threading.current_thread(), connection))
        return connection
