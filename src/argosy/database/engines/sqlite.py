"""SQLite in WAL mode: readers never wait, writers take turns through BEGIN IMMEDIATE, so that each has every lock.

`synchronous=NORMAL` keeps every commit through `kill -9` of any process; a power cut may lose the last commits but
never corrupts. One connection a thread, since a connection is one transaction. A file that is made here is its owner's
alone, and SQLite makes those next to it alike.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from argosy.database import migrations
from argosy.database.database import ConstraintViolated, Parameters, Row, Transaction, check_texts
from argosy.database.dialect import names, numbered, with_lists
from argosy.errors import DatabaseOutage, DatabaseUnavailable, DefinitionInvalid, TransactionConflict
from argosy.paths import make_private_file

WAIT_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.05
"""Between two looks for others' commits, each of which costs microseconds."""
_FULL = sqlite3.SQLITE_FULL
_PASSING = frozenset(
    (
        _FULL,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PROTOCOL,
    )
)
"""What may be over later without anybody changing the statement."""
_PRAGMAS = (
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "cache_size=-16000",  # 16 MB: a large import's index is written in random order
    "secure_delete=ON",  # an erased row's bytes are overwritten
)
_PRAGMAS_OF_SCRATCH = ("journal_mode=OFF", "synchronous=OFF")
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
_NOW = "SELECT (julianday('now') - 2440587.5) * 86400.0"


class SqliteTransaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        with _translated():
            return self._connection.execute(*_bound(sql, parameters or {})).fetchall()

    def stream(self, sql: str, parameters: Parameters | None = None) -> Iterator[Row]:
        with _translated():
            yield from self._connection.execute(*_bound(sql, parameters or {}))

    def execute_many(self, sql: str, rows: Iterable[Any]) -> int:
        given = iter(rows)
        first = next(given, None)
        if first is None:
            return 0
        are_tuples = isinstance(first, tuple)
        all_rows = chain((first,), given)
        with _translated():
            found = self._connection.executemany(
                numbered(sql) if are_tuples else sql, all_rows if are_tuples else map(_checked, all_rows)
            )
        return found.rowcount

    def load(
        self,
        table: str,
        columns: Sequence[str],
        scratch: Transaction,  # noqa: ARG002  # which is on this connection
        query: str,
        parameters: Parameters | None = None,
    ) -> int:
        insert = f"INSERT INTO {table} ({', '.join(columns)}) "
        with _translated():
            return self._connection.execute(insert + query, parameters or {}).rowcount

    def define(self, sql: str) -> None:
        self.execute(sql)

    def now(self) -> float:
        return float(self.execute(_NOW)[0][0])

    def lock(self, name: str) -> None:
        """Every writer has them all."""

    def announce(self) -> None:
        """Every commit is noticed."""

    def has_table(self, name: str) -> bool:
        return bool(self.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name", {"name": name}))

    def tables(self) -> dict[str, list[str]]:
        found = [row[0] for row in self.execute(_TABLES)]
        return {name: [row[1] for row in self.execute(f'PRAGMA table_info("{name}")')] for name in found}

    def numbers(self) -> dict[str, int]:
        return dict(self.execute("SELECT name, seq FROM sqlite_sequence"))

    def set_numbers(self, numbers: Mapping[str, int]) -> None:
        for name, number in numbers.items():
            values = {"name": name, "number": max(number, self.numbers().get(name, 0))}
            if self.execute("SELECT 1 FROM sqlite_master WHERE name = :name AND sql LIKE '%AUTOINCREMENT%'", values):
                self.execute("DELETE FROM sqlite_sequence WHERE name = :name", values)
                self.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :number)", values)


class _Scratch(SqliteTransaction):
    """Outside of the database's own transactions, many rows are written in one of the scratch store's."""

    def execute_many(self, sql: str, rows: Iterable[Any]) -> int:
        if self._connection.in_transaction:
            return super().execute_many(sql, rows)
        with self._connection:
            self._connection.execute("BEGIN")
            return super().execute_many(sql, rows)


def attach_scratch(connection: sqlite3.Connection) -> _Scratch:
    """For every engine's `Database.scratch`: a file without a name, which goes with its connection."""
    connection.execute("ATTACH '' AS scratch")
    for pragma in _PRAGMAS_OF_SCRATCH:
        connection.execute(f"PRAGMA scratch.{pragma}")
    return _Scratch(connection)


def _bound(sql: str, parameters: Parameters) -> tuple[str, Parameters | Row]:
    """With lists spelled out, and by number then: SQLite looks for each name among all the others."""
    statement, given = with_lists(sql, parameters)
    check_texts(given)
    if given is parameters:
        return sql, parameters
    return numbered(statement), tuple([given[name] for name in names(statement)])


def _checked(row: Parameters) -> Parameters:
    check_texts(row)
    return row


class SqliteDatabase:
    """`sqlite:///relative/or//absolute/path`."""

    def __init__(self, url: str) -> None:
        self.url = url
        path = url.removeprefix("sqlite:///")
        if path == url or not path:
            raise DefinitionInvalid(f"'{url}' names no file: write sqlite:///PATH", "database")
        self.path = Path(path)
        self._local = threading.local()
        self._opened: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._opening = threading.Lock()
        self._process = os.getpid()
        self._is_migrated = False

    @contextmanager
    def read(self) -> Iterator[SqliteTransaction]:
        connection = self._connection()
        with _translated():
            connection.execute("BEGIN")
        try:
            self._check_schema(connection)
            yield SqliteTransaction(connection)
        finally:
            if connection.in_transaction:  # a failing disk may have ended it already
                connection.execute("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[SqliteTransaction]:
        connection = self._connection()
        with _translated():
            connection.execute("BEGIN IMMEDIATE")
        try:
            self._check_schema(connection)
            yield SqliteTransaction(connection)
            with _translated():
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _check_schema(self, connection: sqlite3.Connection) -> None:
        """Raises SchemaNewer where a newer Argosy has changed the schema since this one has opened the database."""
        if not self._is_migrated:
            return
        try:
            required = connection.execute(migrations.REQUIRED).fetchone()[0]
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                with _translated():
                    raise
            return  # it was emptied, to be filled
        migrations.check_not_newer(required, self.url)

    @contextmanager
    def scratch(self) -> Iterator[SqliteTransaction]:
        """On this thread's connection meanwhile, so that `load` copies within SQLite."""
        usual = getattr(self._local, "connection", None)
        with closing(self._connect()) as connection:
            self._local.connection = connection
            try:
                yield attach_scratch(connection)
            finally:
                self._local.connection = usual

    def wait_for_change(self, timeout: float) -> bool:
        connection, deadline = self._connection(), time.monotonic() + timeout
        while True:
            with _translated():
                version = connection.execute("PRAGMA data_version").fetchone()[0]
            if version != getattr(self._local, "seen", None):
                self._local.seen, self._local.pause = version, FIRST_PAUSE
                return True
            if (left := deadline - time.monotonic()) <= 0:
                return False
            time.sleep(min(self._local.pause, left))  # the pause grows from one wait to the next, until there is news
            self._local.pause = min(self._local.pause * 2, LONGEST_PAUSE)

    def migrate(self) -> int:
        number = migrations.migrate(self.read, self.write, self.url)
        self._is_migrated = True
        return number

    def purge(self) -> None:
        connection = self._connection()
        with _translated():
            connection.execute("VACUUM")  # secure_delete alone leaves what a page's rebuilding moved
            deadline = time.monotonic() + WAIT_SECONDS
            while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > deadline:
                    raise DatabaseUnavailable(
                        f"{self.path}: what was deleted is still in the write-ahead log, which another process reads:"
                        " stop it and repeat"
                    )
                time.sleep(0.05)

    @contextmanager
    def snapshot(self, meanwhile: Callable[[], None]) -> Iterator[SqliteTransaction]:
        with closing(self._connect()) as reader:
            with self.write(), _translated():
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it sees this state alone
                meanwhile()
            yield SqliteTransaction(reader)

    def close(self) -> None:
        with self._opening:
            for _, connection in self._opened:
                connection.close()
            self._opened.clear()
            self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        if os.getpid() != self._process:  # a connection must not cross a fork
            self._local, self._opened, self._process = threading.local(), [], os.getpid()
            self._opening = threading.Lock()
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._keep(connection)
        return connection

    def _keep(self, connection: sqlite3.Connection) -> None:
        """Until `close`, or until its thread has ended and another one connects."""
        with self._opening:
            ended = [one for one in self._opened if not one[0].is_alive()]
            for one in ended:
                one[1].close()
                self._opened.remove(one)
            self._opened.append((threading.current_thread(), connection))

    def _connect(self) -> sqlite3.Connection:
        if not self.path.parent.is_dir():
            raise DatabaseUnavailable(f"{self.path}: its folder does not exist; run 'argosy init' there first")
        with suppress(OSError):  # SQLite says what is wrong with the place
            make_private_file(self.path)
        with _translated(str(self.path)):
            connection = sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                _write_ahead(connection)
                for pragma in _PRAGMAS:
                    connection.execute(f"PRAGMA {pragma}")
            except BaseException:
                connection.close()
                raise
        return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """SQLite does not wait by itself for another process that opens the same new file."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(FIRST_PAUSE)
        else:
            return


@contextmanager
def _translated(where: str = "the database") -> Iterator[None]:
    """SQLite's errors as the port's."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise ConstraintViolated(str(error)) from error
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == _FULL:
            raise DatabaseOutage(f"{where}: {error}; nothing of this was written: make room and repeat") from error
        raise _kind(code)(f"{where}: {error}") from error


def _kind(code: int) -> type[DatabaseUnavailable]:
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return TransactionConflict
    return DatabaseOutage if code in _PASSING else DatabaseUnavailable
