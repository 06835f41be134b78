"""Features of SQLite only, for tests of its files."""

import sqlite3
from contextlib import closing, contextmanager

from argosy.database.engines import sqlite


def assert_sound(database):
    """Check that the file is intact, and that no foreign key is violated."""
    with database.read() as transaction:
        assert transaction.execute("PRAGMA integrity_check") == [("ok",)]
        assert transaction.execute("PRAGMA foreign_key_check") == []


class Unchecked:
    """A database without checks of foreign keys, as other programs open its file; for `stored.rows`."""

    def __init__(self, database):
        self._path = database.path

    @contextmanager
    def write(self):
        with closing(sqlite3.connect(self._path)) as connection, connection:
            yield sqlite.SqliteTransaction(connection)


@contextmanager
def refusing(database, table, column, value, why):
    """A table that refuses rows with that value during the block."""
    with database.write() as transaction:
        transaction.execute(
            f"CREATE TRIGGER strict BEFORE INSERT ON {table} WHEN NEW.{column} = '{value}'"
            f" BEGIN SELECT RAISE(ABORT, '{why}'); END"
        )
    try:
        yield
    finally:
        with database.write() as transaction:
            transaction.execute("DROP TRIGGER strict")


def plan_of(database, statement, values):
    """SQLite's query plan of a statement."""
    with database.read() as transaction:
        return [row[3] for row in transaction.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


def nullable_columns(database, table):
    """The columns that may be NULL."""
    with database.read() as transaction:
        found = transaction.execute(f"PRAGMA table_info({table})")
    return {row[1] for row in found if not row[3] and not row[5]}


def wait_at_most(monkeypatch, seconds):
    """The time that SQLite waits for a lock."""
    monkeypatch.setattr(sqlite, "WAIT_SECONDS", seconds)
