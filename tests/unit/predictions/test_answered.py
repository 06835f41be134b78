"""Answers by day and feedback by kind, of one version."""

from argosy.predictions.answered import Said, answers_by_day, feedback_said
from argosy.predictions.feedback_log import FeedbackLog
from argosy.predictions.retention import Retention
from stored.rows import column

DAY = 86_400.0


def test_answers_are_counted_by_the_day_of_utc_they_were_given_on(database, writer, log, predict):
    moments = [DAY - 0.001, DAY, 2 * DAY - 0.001, 400 * DAY + 5]
    writer.log([predict(at=moment) for moment in moments])
    writer.log([predict(at=DAY, version=2), predict(at=DAY, model="other")])
    log.drain()
    for _ in range(2):  # counted, then kept
        assert answers_by_day(database, "topics") == {
            1: {"1970-01-01": 1, "1970-01-02": 2, "1971-02-05": 1},
            2: {"1970-01-02": 1},
        }
    assert answers_by_day(database, "other") == {1: {"1970-01-02": 1}}
    assert answers_by_day(database, "none") == {}


def test_only_days_that_are_over_are_kept(database, log, predict):
    with database.read() as transaction:
        now = transaction.now()
    today = now // DAY * DAY
    log.add([predict(at=moment) for moment in (now, today - DAY, today - 2 * DAY, today - 3 * DAY, now + 5 * DAY)])
    assert len(answers_by_day(database, "topics")[1]) == 5
    assert column(database, "answer_days", "day") == [today - 3 * DAY]


def test_a_day_whose_answers_changed_is_counted_again(database, log, predict):
    log.add([predict(at=DAY), predict(at=DAY), predict(at=5 * DAY, subject="ana"), predict(at=5 * DAY)])
    assert answers_by_day(database, "topics") == {1: {"1970-01-02": 2, "1970-01-06": 2}}
    log.add([predict(at=DAY + 9.0, version=2), predict(at=DAY, model="other")])
    assert answers_by_day(database, "topics") == {1: {"1970-01-02": 2, "1970-01-06": 2}, 2: {"1970-01-02": 1}}
    log.erase("ana")
    assert answers_by_day(database, "topics") == {1: {"1970-01-02": 2, "1970-01-06": 1}, 2: {"1970-01-02": 1}}
    old = Retention(database, lambda model: 1.0 if model == "topics" else None)
    while old.step(0.0):
        pass
    assert answers_by_day(database, "topics") == {}
    assert column(database, "answer_days", "model") == []


def test_an_id_that_comes_twice_is_counted_once(database, writer, log, predict):
    made = predict(at=DAY)
    log.add([made])
    assert answers_by_day(database, "topics") == {1: {"1970-01-02": 1}}
    writer.log([made])
    log.drain()
    assert answers_by_day(database, "topics") == {1: {"1970-01-02": 1}}


def test_feedback_is_counted_by_kind_and_whether_it_disagrees(database, vault, writer, log, predict):
    given = [predict(answer="sport") for _ in range(3)]
    writer.log(given)
    log.drain()
    feedback = FeedbackLog(database, vault)
    for one, kind, label in ((0, "correction", "law"), (1, "correction", "sport"), (2, "outcome", "law")):
        feedback.add(given[one].id, kind, label, "desk")
    with database.read() as transaction:
        assert feedback_said(transaction, "topics", 1) == {"correction": Said(2, 1), "outcome": Said(1, 1)}
        assert feedback_said(transaction, "topics", 2) == {}


def test_a_sealed_prediction_shows_what_is_stored_in_the_clear(writer, log, predict):
    made = predict("a secret text", at=5.0, answer="law", token="shop")
    writer.log([made])
    row = log.sealed(made.id.upper())
    assert (row.id, row.model, row.version, row.made_at, row.answer, row.token) == (
        made.id, "topics", 1, 5.0, "law", "shop"
    )  # fmt: skip
    assert b"secret" not in row.sealed
