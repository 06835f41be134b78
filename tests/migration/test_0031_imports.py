"""Examples from before imports were recorded: they stay, and name no import."""

import pytest

from argosy.database import migrations
from argosy.database.engines.sqlite import SqliteDatabase

EXAMPLE = """
INSERT INTO examples
    (collection, example_id, revision, is_current, content_hash, label, seen_at, source, sealed, added_at)
VALUES ('news', x'01', 1, 1, x'02', 'red', 1.0, 'old.csv', x'03', 2.0)"""


@pytest.fixture
def before(tmp_path):
    """A database of the schema before that step, with an example."""
    database = SqliteDatabase(f"sqlite:///{tmp_path}/argosy.db")
    with database.write() as transaction:
        transaction.execute("CREATE TABLE schema_steps (number INTEGER PRIMARY KEY, applied_at REAL NOT NULL)")
        for number, step in migrations.steps().items():
            if number < 31:
                for statement in migrations.statements(step):
                    transaction.execute(statement)
                transaction.execute("INSERT INTO schema_steps VALUES (:number, 0)", {"number": number})
        transaction.execute(EXAMPLE)
    yield database
    database.close()


def test_old_examples_name_no_import(before):
    before.migrate()
    with before.read() as transaction:
        assert transaction.execute("SELECT source, added_at, import_id FROM examples") == [("old.csv", 2.0, None)]
        assert transaction.execute("SELECT count(*) FROM imports") == [(0,)]
