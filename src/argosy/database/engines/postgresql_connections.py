"""Connections to PostgreSQL: what a URL says of them, how one is opened, who has one, and its errors as the port's.

A pool lends each connection for one transaction. By a pooler in transaction mode nothing is set on a session, prepared
or listened for in it: it may serve another process next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from typing import Any, Final
from urllib.parse import urlsplit

from argosy.database.database import ConstraintViolated, Parameters, Row, check_texts
from argosy.errors import DatabaseOutage, DatabaseUnavailable, DefinitionInvalid, ExtraMissing, TransactionConflict

try:
    import psycopg
    from psycopg.pq import TransactionStatus
    from psycopg.types.numeric import Int8Dumper
    from psycopg.types.string import StrDumper
except ImportError as error:
    raise ExtraMissing("psycopg", "postgresql", "a database on PostgreSQL") from error

OLDEST: Final = 150000
IDLE_SECONDS: Final = 300.0
"""A connection that was unused for this long is closed when another is given back."""
WRITER_IDLE_SECONDS: Final = 15.0
"""A process that is stopped in a transaction that writes gives up its locks, before those who wait for them give up."""
_DEFAULTS: Final = {
    "application_name": "argosy",
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,  # a server whose machine has vanished is noticed within a minute
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds: as soon where something was sent to it
}
"""Of libpq's parameters, where the URL gives none."""
_SERVER_SIDE: Final = ("tcp_keepalives_idle = 10", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")
"""What a session sets on the server: one whose process vanished in a transaction gives up its locks as soon."""
_CONFLICTS: Final = ("40001", "40P01", "55P03")
"""A serialisation failure, a dead-lock, a lock that was not available for too long."""
_CANCELLED: Final = "57014"
_TO_DO: Final = {
    _CANCELLED: " (statement_timeout in its URL)",
    "42501": ": make the URL's user the owner of a database of Argosy's own, or grant it what is said here",
}
_PASSING: Final = ("08", "25", "40", "53", "55", "57")
"""Classes of errors that may be over later without anybody changing the statement."""

Connection = psycopg.Connection[Row]


@dataclass(frozen=True)
class Limits:
    """Argosy's own parameters of a URL; times in seconds."""

    statement_timeout: float = 600.0
    """Of one statement, but those that load rows or change the schema."""
    lock_timeout: float = 30.0
    idle_timeout: float = 300.0
    """Of a transaction whose process does nothing, as one that is stopped: it ends; one that writes sooner."""
    pool_size: int = 8
    """Transactions at once in one process; more wait."""
    pool_timeout: float = 30.0
    pooler: str = ""
    """'transaction': sessions change under us, so nothing is prepared and nothing listened for."""

    @property
    def is_pooled(self) -> bool:
        return self.pooler == "transaction"

    @property
    def settings(self) -> list[str]:
        """What a session is set to or, by a pooler, each transaction: the server's name and its value."""
        times = (("statement_timeout", self.statement_timeout), ("lock_timeout", self.lock_timeout))
        limits = (*times, ("idle_in_transaction_session_timeout", self.idle_timeout))
        return [*(f"{name} = {round(seconds * 1000)}" for name, seconds in limits), "synchronous_commit = on"]

    @property
    def writing(self) -> str:
        """What a transaction that writes is set to."""
        seconds = min(self.idle_timeout, WRITER_IDLE_SECONDS)
        return f"SET LOCAL idle_in_transaction_session_timeout = {round(seconds * 1000)}"

    def beginning(self, begin: str) -> str:
        """A transaction's first statement, followed by what a session cannot be trusted to have been set to."""
        return "; SET LOCAL ".join([begin, *(self.settings if self.is_pooled else ())])


_OWN: Final = frozenset(field.name for field in fields(Limits))
_MOST: Final = 1_000_000


@dataclass(frozen=True)
class PostgresqlUrl:
    """Where a database is, as its URL says."""

    shown: str
    """The URL without a password."""
    libpq: dict[str, Any]
    limits: Limits


def read_address(url: str) -> PostgresqlUrl:
    """Raises DefinitionInvalid if it is not a valid URL; the message quotes none of it: it may hold a password."""
    place, _, query = url.partition("?")
    given = [one for one in query.split("&") if one]
    own = {one for one in given if one.partition("=")[0] in _OWN}
    try:
        parts = urlsplit(place)
        _ = parts.port  # checked when it is read
        libpq = psycopg.conninfo.conninfo_to_dict(f"{place}?{'&'.join(one for one in given if one not in own)}")
    except (ValueError, psycopg.ProgrammingError):
        hint = "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, other characters as %XX"
        raise DefinitionInvalid(f"it is not the address of a PostgreSQL database: {hint}", "database") from None
    netloc = parts.netloc.rpartition("@")
    user = netloc[0].partition(":")[0] + netloc[1]
    shown = "&".join(one for one in given if not one.startswith("password="))
    address = parts._replace(netloc=user + netloc[2], query=shown).geturl()
    return PostgresqlUrl(address, {**_DEFAULTS, **libpq}, Limits(**dict(map(_limit, own))))


def _limit(given: str) -> tuple[str, Any]:
    """From `name=value` of Argosy's own parameters."""
    name, _, text = given.partition("=")
    if name == "pooler":
        if text == "transaction":
            return name, text
        raise DefinitionInvalid(f"'{given}': leave it out, or write pooler=transaction", "database")
    is_count = name == "pool_size"
    with suppress(ValueError):
        number = int(text) if is_count else float(text)
        if 0.001 <= number <= _MOST:
            return name, number
    what = "a whole number from 1" if is_count else "seconds, such as 30 or 0.5"
    raise DefinitionInvalid(f"'{given}': write {what}, {_MOST:,} at most", "database")


def connect(address: PostgresqlUrl) -> Connection:
    """A new connection; raises DatabaseOutage, or DatabaseUnavailable if the server cannot be used."""
    with translated(address.shown):
        connection: Connection = psycopg.connect(
            **address.libpq,
            client_encoding="UTF8",
            autocommit=True,
            prepare_threshold=None if address.limits.is_pooled else 5,
        )
    try:
        _check_server(connection, address.shown)
        connection.adapters.register_dumper(bool, Int8Dumper)  # a flag is 0 or 1
        connection.adapters.register_dumper(str, StrDumper)  # text, also where nothing else says so
        if not address.limits.is_pooled:
            run_statement(connection, "; ".join(f"SET {one}" for one in (*address.limits.settings, *_SERVER_SIDE)))
    except BaseException:
        connection.close()
        raise
    return connection


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


class ConnectionPool:
    """Connections of this process, at most `limits.pool_size` at once; any thread.

    It has no thread of its own, and a connection is opened by the thread that needs it, which receives the error
    where that fails. The one given back last is lent first, and what was idle for IDLE_SECONDS is closed.
    """

    def __init__(self, address: PostgresqlUrl) -> None:
        self._address = address
        self._places = threading.BoundedSemaphore(address.limits.pool_size)
        self._changing = threading.Lock()
        self._idle: list[tuple[float, Connection]] = []
        self._lent: set[Connection] = set()

    def begun(self, statements: str) -> tuple[Connection, list[Row]]:
        """A connection on which the statements were run, and the rows of the last one.

        One that the server has closed meanwhile is replaced.
        """
        limits = self._address.limits
        if not self._places.acquire(timeout=limits.pool_timeout):
            hint = "write a larger pool_size in the URL of the database"
            raise DatabaseOutage(f"{self._address.shown}: all {limits.pool_size} connections are in use: {hint}")
        try:
            connection, rows = self._run_on_any(statements)
        except BaseException:
            self._places.release()
            raise
        with self._changing:
            self._lent.add(connection)
        return connection, rows

    def _run_on_any(self, statements: str) -> tuple[Connection, list[Row]]:
        while True:
            kept = self._kept()
            connection = kept or connect(self._address)
            try:
                rows = run_statement(connection, statements)
            except BaseException as error:
                is_lost = isinstance(error, DatabaseOutage) and connection.closed
                connection.close()
                if not (is_lost and kept):  # else the next may be alive
                    raise
            else:
                return connection, rows

    def give_back(self, connection: Connection) -> None:
        """End what is open on it, and lend it to others."""
        self._end(connection)
        with self._changing:
            is_ours = connection in self._lent  # else `close` came in between
            self._lent.discard(connection)
            if is_ours and not connection.closed:
                self._idle.append((time.monotonic(), connection))
            oldest = time.monotonic() - IDLE_SECONDS
            stale = [one for since, one in self._idle if since < oldest]
            self._idle = [one for one in self._idle if one[0] >= oldest]
        for one in stale if is_ours else [*stale, connection]:
            one.close()
        self._places.release()

    def close(self) -> None:
        """What is lent is closed when it comes back."""
        with self._changing:
            idle, self._idle = self._idle, []
            self._lent.clear()
        for _, connection in idle:
            connection.close()

    def _kept(self) -> Connection | None:
        with self._changing:
            return self._idle.pop()[1] if self._idle else None

    @staticmethod
    def _end(connection: Connection) -> None:
        if connection.closed or connection.info.transaction_status is TransactionStatus.IDLE:
            return
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:  # the server ends it by itself
            connection.close()


def run_statement(connection: Connection, statement: str, parameters: Parameters | None = None) -> list[Row]:
    """Its rows; only without parameters may there be several statements, and the rows are the last one's."""
    with _naming_nuls(parameters or {}), translated(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        while cursor.nextset():
            continue
        return cursor.fetchall() if cursor.description else []


def run_many(cursor: psycopg.Cursor[Row], statement: str, rows: list[Parameters]) -> int:
    """How many rows the statement changed, run once for each of these."""
    if not rows:
        return 0
    with _naming_nuls(*rows), translated():
        cursor.executemany(statement, rows)
        return cursor.rowcount


@contextmanager
def _naming_nuls(*given: Parameters) -> Iterator[None]:
    """psycopg refuses a NUL without saying where."""
    try:
        yield
    except ConstraintViolated:
        for parameters in given:
            check_texts(parameters)
        raise


@contextmanager
def translated(where: str = "the database") -> Iterator[None]:
    """PostgreSQL's errors as the port's."""
    try:
        yield
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        raise ConstraintViolated(_line(error)) from error
    except psycopg.Error as error:
        raise _kind(error)(f"{where}: {_line(error)}") from error


def is_without_table(error: DatabaseUnavailable) -> bool:
    """Whether the statement named a table that is not there."""
    return isinstance(error.__cause__, psycopg.errors.UndefinedTable)


def _kind(error: psycopg.Error) -> type[DatabaseUnavailable]:
    state = error.sqlstate or ""
    if state in _CONFLICTS:
        return TransactionConflict
    is_lost = not state and isinstance(error, psycopg.OperationalError)
    return DatabaseOutage if is_lost or (state.startswith(_PASSING) and state != _CANCELLED) else DatabaseUnavailable


def _line(error: psycopg.Error) -> str:
    line = " ".join((error.diag.message_primary or str(error)).split())
    return line + _TO_DO.get(error.sqlstate or "", "")
