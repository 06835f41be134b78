"""Answers by day and feedback by kind, of one version."""

from argosy.predictions.answered import Said, answers_by_day, feedback_said
from argosy.predictions.feedback_log import FeedbackLog

DAY = 86_400.0


def test_answers_are_counted_by_the_day_of_utc_they_were_given_on(database, writer, log, predict):
    moments = [DAY - 0.001, DAY, 2 * DAY - 0.001, 400 * DAY + 5]
    writer.write([predict(at=moment) for moment in moments])
    writer.write([predict(at=DAY, version=2), predict(at=DAY, model="other")])
    log.drain()
    with database.read() as transaction:
        assert answers_by_day(transaction, "topics", 1) == {"1970-01-01": 1, "1970-01-02": 2, "1971-02-05": 1}
        assert answers_by_day(transaction, "topics", 2) == {"1970-01-02": 1}
        assert answers_by_day(transaction, "topics", 3) == {}


def test_feedback_is_counted_by_kind_and_whether_it_disagrees(database, vault, writer, log, predict):
    given = [predict(answer="sport") for _ in range(3)]
    writer.write(given)
    log.drain()
    feedback = FeedbackLog(database, vault)
    for one, kind, label in ((0, "correction", "law"), (1, "correction", "sport"), (2, "outcome", "law")):
        feedback.add(given[one].id, kind, label, "desk")
    with database.read() as transaction:
        assert feedback_said(transaction, "topics", 1) == {"correction": Said(2, 1), "outcome": Said(1, 1)}
        assert feedback_said(transaction, "topics", 2) == {}


def test_a_sealed_prediction_shows_what_is_stored_in_the_clear(writer, log, predict):
    made = predict("a secret text", at=5.0, answer="law", token="shop")
    writer.write([made])
    row = log.sealed(made.id.upper())
    assert (row.id, row.model, row.version, row.made_at, row.answer, row.token) == (
        made.id, "topics", 1, 5.0, "law", "shop"
    )  # fmt: skip
    assert b"secret" not in row.sealed
