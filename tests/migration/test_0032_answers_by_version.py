"""Answers of one version are counted by an index, without reading their rows."""

from argosy.database.engines.sqlite import SqliteDatabase
from argosy.predictions import answered, statements


def test_the_index_covers_the_count(tmp_path):
    database = SqliteDatabase(f"sqlite:///{tmp_path}/argosy.db")
    database.migrate()
    wanted = {"model": "topics", "version": 1, "start": 0.0, "end": 1.0}
    with database.read() as transaction:
        for statement in (answered.NEXT, answered.COUNT):
            plan = transaction.execute(f"EXPLAIN QUERY PLAN {statement}", wanted)
            assert "COVERING INDEX predictions_by_time" in plan[0][-1]
            assert not any("SCAN" in row[-1] for row in plan)
        first = transaction.execute(f"EXPLAIN QUERY PLAN {answered.SAID}", wanted)[0]
    assert "feedback" in first[-1]
    database.close()


def test_feedback_without_a_prediction_is_found_by_looking_for_each(database):
    with database.read() as transaction:
        plan = transaction.execute(f"EXPLAIN QUERY PLAN {statements.UNMATCHED}")
    assert not any("SCAN predictions" in row[-1] for row in plan)
