"""Predictions older than the retention time are deleted, except those with feedback or drawn for review."""

from argosy.predictions import retention
from argosy.predictions.feedback_log import FeedbackLog
from argosy.predictions.retention import Retention, overdue
from stored.rows import add, column, count

DAY = 86_400.0
NEVER = float("inf")


def logged(writer, log, predict, ages, now, **fields):
    made = [predict(at=now - age, **fields) for age in ages]
    writer.log(made)
    log.drain()
    return [one.id for one in made]


def moment(database):
    with database.read() as transaction:
        return transaction.now()


def all_gone(database, keep):
    """Every step of one round."""
    retention = Retention(database, keep)
    while retention.step(0.0, step_seconds=0.0):
        pass


def test_older_predictions_are_deleted_by_model(database, writer, log, predict):
    now = moment(database)
    old, new = logged(writer, log, predict, [31 * DAY, 29 * DAY], now)
    (other,) = logged(writer, log, predict, [900 * DAY], now, model="news")
    (also,) = logged(writer, log, predict, [8 * DAY], now, model="spam")
    keep = {"topics": 30 * DAY, "spam": 7 * DAY}.get
    assert overdue(database, keep) == {"topics": 1, "spam": 1}
    all_gone(database, keep)
    assert column(database, "predictions", "id") == sorted([new, other])
    assert overdue(database, keep) == {}
    assert {old, also}.isdisjoint(column(database, "predictions", "id"))


def test_without_a_limit_nothing_is_deleted(database, writer, log, predict):
    logged(writer, log, predict, [9000 * DAY], moment(database))
    all_gone(database, lambda _: None)
    assert count(database, "predictions") == 1


def test_what_has_feedback_or_is_out_for_review_stays(database, vault, writer, log, predict):
    now = moment(database)
    corrected, drawn, drawn_long_ago, plain = logged(writer, log, predict, [50 * DAY] * 4, now)
    FeedbackLog(database, vault).add(corrected, "correction", "law", "desk")
    add(database, "review_draws", prediction_id=drawn, probability=0.5, drawn_at=now - DAY)
    add(database, "review_draws", prediction_id=drawn_long_ago, probability=0.5, drawn_at=now - 40 * DAY)
    add(database, "review_draws", prediction_id=corrected, probability=0.5, drawn_at=now - 40 * DAY)
    keep = {"topics": 30 * DAY}.get
    assert overdue(database, keep) == {"topics": 2}
    all_gone(database, keep)
    assert column(database, "predictions", "id") == sorted([corrected, drawn])
    assert column(database, "review_draws", "prediction_id") == sorted([corrected, drawn])
    assert count(database, "feedback") == 1
    assert plain not in column(database, "predictions", "id")


def test_many_go_in_batches_past_those_that_stay(database, vault, writer, log, predict, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 7)
    now = moment(database)
    ids = logged(writer, log, predict, [40 * DAY + n for n in range(40)], now)
    feedback = FeedbackLog(database, vault)
    for one in ids[:20]:
        feedback.add(one, "outcome", "law", "desk")
    steps = Retention(database, lambda _: 30 * DAY)
    taken = 0
    while steps.step(0.0, step_seconds=0.0):
        taken += 1
    assert taken >= 40 // 7
    assert column(database, "predictions", "id") == sorted(ids[:20])


def test_a_round_is_due_again_after_a_while(database, writer, log, predict):
    now = moment(database)
    steps = Retention(database, lambda _: 30 * DAY, every_seconds=100.0)
    assert not steps.step(0.0, NEVER)
    logged(writer, log, predict, [40 * DAY], now)
    assert not steps.step(99.0, NEVER)
    assert count(database, "predictions") == 1
    assert not steps.step(100.0, NEVER)
    assert count(database, "predictions") == 0
