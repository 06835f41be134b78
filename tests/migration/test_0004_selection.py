"""Results from before `trained.rows_right` stay on the leaderboard, next to new ones."""

from dataclasses import replace

import numpy as np
import pytest

from argosy.database import migrations
from argosy.database.engines.sqlite import SqliteDatabase
from argosy.models.rows_right import pack_right
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.store.trained import Trained

OLD = """
INSERT INTO trained (label, definition, dataset_digest, artifact, size_bytes, metrics, confusion, fit_seconds,
    predict_us, form, environment, parent, log, trained_at)
VALUES ('old', '{}', 'd', 'a', 1, :metrics, '{}', 1.0, 1.0, '{}', '{}', NULL, '', 1.0)"""


@pytest.fixture
def first_schema(tmp_path):
    """A database of schema 1 with a result in it."""
    database = SqliteDatabase(f"sqlite:///{tmp_path}/argosy.db")
    with database.write() as transaction:
        transaction.execute("CREATE TABLE schema_steps (number INTEGER PRIMARY KEY, applied_at REAL NOT NULL)")
        for statement in migrations.statements(migrations.steps()[1]):
            transaction.execute(statement)
        transaction.execute("INSERT INTO schema_steps VALUES (1, 0)")
        transaction.execute(OLD, {"metrics": '{"validation":{"accuracy":{"value":0.8,"low":0.7,"high":0.9}}}'})
    yield database
    database.close()


def test_old_results_are_ranked_with_new_ones(first_schema, tmp_path):
    first_schema.migrate()
    store = Store(first_schema, LocalArtifacts(f"file:{tmp_path}/artifacts"))
    metrics = {"validation": {"accuracy": {"value": 0.75, "low": 0.6, "high": 0.85}}}
    new = Trained("new", {}, "d", "b", 1, metrics, {}, 1.0, 1.0, {}, {}, rows_right=pack_right([np.arange(4) > 0]))
    with first_schema.write() as transaction:
        assert store.record(transaction, new)
    assert [(row.trained.label, row.tied, row.p_value) for row in store.leaderboard()] == [
        ("old", True, None),  # by the interval: the old result has no rows
        ("new", True, None),
    ]
    assert store.trained("old").rows_right is None
    assert replace(store.trained("new"), trained_at=0.0) == new
