"""Imports from before triggers existed: a person requested each."""

import pytest

from argosy.database import migrations
from argosy.database.engines.sqlite import SqliteDatabase

IMPORT = """
INSERT INTO imports (collection, kind, name, digest, imported_by, imported_at, rows_read, added, revised)
VALUES ('news', 'file', 'old.csv', 'abc', 'ada@host', 1.0, 2, 2, 0)"""


@pytest.fixture
def before(tmp_path):
    """A database of the schema before that step, with an import."""
    database = SqliteDatabase(f"sqlite:///{tmp_path}/argosy.db")
    with database.write() as transaction:
        transaction.execute("CREATE TABLE schema_steps (number INTEGER PRIMARY KEY, applied_at REAL NOT NULL)")
        for number, step in migrations.steps().items():
            if number < 33:
                for statement in migrations.statements(step):
                    transaction.execute(statement)
                transaction.execute("INSERT INTO schema_steps VALUES (:number, 0)", {"number": number})
        transaction.execute(IMPORT)
    yield database
    database.close()


def test_old_imports_are_nobodys_but_their_users(before):
    before.migrate()
    with before.read() as transaction:
        assert transaction.execute("SELECT name, imported_by, asked_by FROM imports") == [("old.csv", "ada@host", "")]
        assert transaction.execute("SELECT count(*) FROM plan_triggers") == [(0,)]
