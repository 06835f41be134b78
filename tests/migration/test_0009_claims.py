"""Feedback and tokens from before claims: evidence stays evidence, and no token may claim anything."""

import pytest

from argosy.database import migrations
from argosy.database.engines.sqlite import SqliteDatabase

GIVEN = """
INSERT INTO feedback (prediction_id, kind, label, source, is_uniform, idempotency_key, given_at)
VALUES (:id, :kind, 'red', 'desk', :is_uniform, :id, 1.0)"""
TOKEN = "INSERT INTO tokens (name, id, token_hash, scopes, created_at) VALUES ('shop', '1', x'00', '[]', 1.0)"


@pytest.fixture
def before(tmp_path):
    """A database of schema 8 with feedback of every kind, and a token."""
    database = SqliteDatabase(f"sqlite:///{tmp_path}/argosy.db")
    with database.write() as transaction:
        transaction.execute("CREATE TABLE schema_steps (number INTEGER PRIMARY KEY, applied_at REAL NOT NULL)")
        for number in range(1, 9):
            for statement in migrations.statements(migrations.steps()[number]):
                transaction.execute(statement)
            transaction.execute("INSERT INTO schema_steps VALUES (:number, 0)", {"number": number})
        for kind in ("correction", "outcome"):
            for is_uniform in (0, 1):
                transaction.execute(GIVEN, {"id": f"{kind} {is_uniform}", "kind": kind, "is_uniform": is_uniform})
        transaction.execute(TOKEN)
    yield database
    database.close()


def test_old_feedback_measures_as_it_did(before):
    before.migrate()
    with before.read() as transaction:
        found = transaction.execute("SELECT prediction_id, measures, token FROM feedback ORDER BY prediction_id")
        tokens = transaction.execute("SELECT source, claims FROM tokens")
    assert found == [("correction 0", 0, ""), ("correction 1", 1, ""), ("outcome 0", 1, ""), ("outcome 1", 1, "")]
    assert tokens == [("", "[]")]
