"""PostgreSQL 15 or newer, by psycopg 3: `postgresql://USER:PASSWORD@HOST/DATABASE`, libpq's other parameters after `?`.

Reads are REPEATABLE READ, writes READ COMMITTED with advisory locks, each named within the schema. One connection a
thread, since a connection is one transaction, and one more for a thread that waits for changes (LISTEN). So the server
must be reached directly or by a pool that keeps sessions whole. A connection that was lost is replaced by the next
transaction.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit

from argosy.database import migrations
from argosy.database.database import ConstraintViolated, Parameters, Row, Transaction
from argosy.database.dialect import names, postgresql, postgresql_schema, with_lists
from argosy.database.engines.sqlite import attach_scratch
from argosy.errors import DatabaseOutage, DatabaseUnavailable, DefinitionInvalid, ExtraMissing

try:
    import psycopg
    from psycopg.pq import TransactionStatus
    from psycopg.types.numeric import Int8Dumper
    from psycopg.types.string import StrDumper
except ImportError as error:
    raise ExtraMissing("psycopg", "postgresql", "a database on PostgreSQL") from error

OLDEST: Final = 150000
WAIT_SECONDS: Final = 60
CONNECT_SECONDS: Final = 10
BATCH_ROWS: Final = 1000
_SESSION: Final = (
    f"SET lock_timeout = '{WAIT_SECONDS}s'",
    f"SET idle_in_transaction_session_timeout = '{5 * WAIT_SECONDS}s'",  # a process that is stopped keeps its locks
    "SET client_encoding = 'UTF8'",
    "SET synchronous_commit = on",
)
_CHANNEL: Final = "argosy"
_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE: Final = """
BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema(), 0))"""
_ALONE: Final = """
BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), 0))"""
"""Begun when every writer has ended; those that come later wait at their beginning, and so for nothing they hold."""
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
_PASSING: Final = ("08", "25", "40", "53", "55", "57")
"""Classes of errors that may be over later without anybody changing the statement."""

Connection = psycopg.Connection[Row]


class PostgresqlTransaction:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        statement, given = with_lists(sql, parameters or {})
        return _run(self._connection, postgresql(statement), given)

    def stream(self, sql: str, parameters: Parameters | None = None) -> Iterator[Row]:
        statement, given = with_lists(sql, parameters or {})
        with _translated(), self._connection.cursor("rows") as cursor:
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
                    changed += _run_many(cursor, statement, batch)
                    batch = []
            return changed + _run_many(cursor, statement, batch)

    def load(
        self, table: str, columns: Sequence[str], scratch: Transaction, query: str, parameters: Parameters | None = None
    ) -> int:
        copy = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with _translated(), self._connection.cursor() as cursor:
            with cursor.copy(copy) as rows:
                for row in scratch.stream(query, parameters):
                    rows.write_row(row)
            return cursor.rowcount

    def define(self, sql: str) -> None:
        _run(self._connection, postgresql_schema(sql))

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
        self.url = without_password(url)
        self._address = url
        self._local = threading.local()
        self._opened: list[tuple[threading.Thread, Connection]] = []
        self._opening = threading.Lock()
        self._process = os.getpid()

    @contextmanager
    def read(self) -> Iterator[PostgresqlTransaction]:
        connection = self._begun(_READ)
        try:
            yield PostgresqlTransaction(connection)
        finally:
            _roll_back(connection)

    def write(self) -> AbstractContextManager[PostgresqlTransaction]:
        return self._writing(_WRITE)

    @contextmanager
    def _writing(self, statement: str) -> Iterator[PostgresqlTransaction]:
        connection = self._begun(statement)
        try:
            yield PostgresqlTransaction(connection)
            _run(connection, "COMMIT")
        except BaseException:
            _roll_back(connection)
            raise

    @contextmanager
    def scratch(self) -> Iterator[Transaction]:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            yield attach_scratch(connection)

    def wait_for_change(self, timeout: float) -> bool:
        listening = self._kept("listening")
        if listening is None:
            _run(self._connect("listening"), f"LISTEN {_CHANNEL}")
            return True
        with _translated(self.url):
            is_notified = any(True for _ in listening.notifies(timeout=timeout, stop_after=1))
            for _ in listening.notifies(timeout=0.0):  # what came with it is the same news
                is_notified = True
        return is_notified

    def migrate(self) -> int:
        return migrations.migrate(self, self.url)

    def purge(self) -> None:
        """Write every table anew. The write-ahead log, archives of it and backups are the server's operator's."""
        with self.read() as transaction:
            tables = transaction.tables()
        for table in tables:
            _run(self._idle(), f'VACUUM FULL "{table}"')

    @contextmanager
    def snapshot(self, meanwhile: Callable[[], None]) -> Iterator[PostgresqlTransaction]:
        reader = self._connect("reading")
        try:
            with self._writing(_ALONE):
                _run(reader, _READ)
                _run(reader, "SELECT 1")  # from here on it sees this state alone
                meanwhile()
            yield PostgresqlTransaction(reader)
        finally:
            reader.close()

    def close(self) -> None:
        with self._opening:
            for _, connection in self._opened:
                connection.close()
            self._opened.clear()
            self._local = threading.local()

    def _begun(self, statement: str) -> Connection:
        """This thread's connection with a transaction begun on it, or a new one where the server has closed it."""
        connection = self._idle()
        try:
            _run(connection, statement)
        except DatabaseOutage:
            if not connection.closed:
                raise
            connection = self._idle()
            _run(connection, statement)
        return connection

    def _idle(self) -> Connection:
        connection = self._kept("working") or self._connect("working")
        if connection.info.transaction_status is not TransactionStatus.IDLE:
            raise DatabaseUnavailable(f"{self.url}: a transaction is open on this thread already")
        return connection

    def _kept(self, use: str) -> Connection | None:
        if os.getpid() != self._process:  # a connection must not cross a fork
            self._local, self._opened, self._process = threading.local(), [], os.getpid()
            self._opening = threading.Lock()
        connection: Connection | None = getattr(self._local, use, None)
        return None if connection is None or connection.closed else connection

    def _connect(self, use: str) -> Connection:
        with _translated(self.url):
            connection: Connection = psycopg.connect(
                self._address, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="argosy"
            )
        try:
            _check_server(connection, self.url)
            connection.adapters.register_dumper(bool, Int8Dumper)  # a flag is 0 or 1
            connection.adapters.register_dumper(str, StrDumper)  # text, also where nothing else says so
            for statement in _SESSION:
                _run(connection, statement)
        except BaseException:
            connection.close()
            raise
        setattr(self._local, use, connection)
        with self._opening:  # kept until `close`, or until its thread has ended and another one connects
            for thread, other in self._opened:
                if not thread.is_alive():
                    other.close()
            self._opened = [one for one in self._opened if not one[1].closed]
            self._opened.append((threading.current_thread(), connection))
        return connection


def without_password(url: str) -> str:
    """The URL as it may be shown; raises DefinitionInvalid where it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked when it is read
        psycopg.conninfo.conninfo_to_dict(url)
    except (ValueError, psycopg.ProgrammingError):
        hint = "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, other characters as %XX"
        raise DefinitionInvalid(f"it is not the address of a PostgreSQL database: {hint}", "database") from None
    query = "&".join(one for one in parts.query.split("&") if one and not one.startswith("password="))
    netloc = parts.netloc.rpartition("@")
    user = netloc[0].partition(":")[0] + netloc[1]
    return parts._replace(netloc=user + netloc[2], query=query).geturl()


def _check_server(connection: Connection, url: str) -> None:
    if connection.info.server_version < OLDEST:
        raise DatabaseUnavailable(
            f"{url} is PostgreSQL {connection.info.server_version // 10000}: 15 or newer is needed"
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseUnavailable(
            f"{url} keeps text as {encoding}: create a database for Argosy by"
            " CREATE DATABASE argosy ENCODING 'UTF8' TEMPLATE template0"
        )


def _run(connection: Connection, statement: str, parameters: Parameters | None = None) -> list[Row]:
    """Its rows; only without parameters may there be several statements."""
    with _translated(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def _run_many(cursor: psycopg.Cursor[Row], statement: str, rows: list[Parameters]) -> int:
    if not rows:
        return 0
    with _translated():
        cursor.executemany(statement, rows)
        return cursor.rowcount


def _roll_back(connection: Connection) -> None:
    if connection.closed or connection.info.transaction_status is TransactionStatus.IDLE:
        return
    with suppress(psycopg.Error):  # the server ends it by itself
        connection.execute("ROLLBACK")


@contextmanager
def _translated(where: str = "the database") -> Iterator[None]:
    """PostgreSQL's errors as the port's."""
    try:
        yield
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        raise ConstraintViolated(_line(error)) from error
    except psycopg.Error as error:
        is_lost = error.sqlstate is None and isinstance(error, psycopg.OperationalError)
        kind = DatabaseOutage if is_lost or (error.sqlstate or "").startswith(_PASSING) else DatabaseUnavailable
        raise kind(f"{where}: {_line(error)}") from error


def _line(error: psycopg.Error) -> str:
    return " ".join((error.diag.message_primary or str(error)).split())
