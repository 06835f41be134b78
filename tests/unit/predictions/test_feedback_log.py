import pytest

from argosy.errors import FeedbackInvalid, PredictionNotFound
from argosy.predictions.drain import drain_once
from argosy.predictions.feedback_log import Feedback, FeedbackLog


@pytest.fixture
def feedback(database, vault):
    return FeedbackLog(database, vault, lambda: 5.0)


def test_the_same_feedback_twice_is_kept_once(feedback, predict):
    prediction_id = predict().id
    assert feedback.add(prediction_id, "correction", "money", "analyst")
    assert not feedback.add(prediction_id, "correction", "money", "analyst")
    assert len(feedback.of(prediction_id)) == 1


def test_the_newest_comes_first_with_what_was_answered(feedback, predict, writer, spool, database):
    made = [predict(model="topics"), predict(model="tone")]
    writer.write(made)
    drain_once(spool, database)
    for one in (*made, predict()):
        feedback.add(one.id, "correction", "money", "analyst")
    found = [(given.prediction_id, model, answer) for given, model, answer in feedback.newest(2)]
    assert found[0][1:] == ("", "")
    assert found[1] == (made[1].id, "tone", "sport")
    assert [given.prediction_id for given, _, _ in feedback.newest(9, "topics")] == [made[0].id]


def test_contradictory_feedback_is_all_kept_in_order(feedback, predict):
    prediction_id = predict().id
    for label in ("money", "sport"):
        assert feedback.add(prediction_id, "correction", label, "analyst")
    assert [one.label for one in feedback.of(prediction_id)] == ["money", "sport"]


def test_a_key_says_what_is_the_same(feedback, predict):
    one, other = predict().id, predict().id
    assert feedback.add(one, "outcome", "money", "shop", "key 1")
    assert not feedback.add(one, "outcome", "money", "shop", "key 1")
    assert feedback.add(one, "outcome", "money", "shop", "key 2")
    with pytest.raises(FeedbackInvalid, match="idempotency key"):
        feedback.add(other, "outcome", "money", "shop", "key 1")


def test_keys_are_not_kept_in_the_clear(feedback, predict, database, tmp_path):
    feedback.add(predict().id, "outcome", "money", "shop", "canary-key")
    assert all(b"canary" not in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_an_unknown_prediction_takes_no_feedback(feedback, predict):
    given = [Feedback(predict().id, "outcome", "money", "shop"), Feedback("00" * 22, "outcome", "money", "shop")]
    with pytest.raises(PredictionNotFound):
        feedback.add_many(given)
    assert feedback.of(given[0].prediction_id) == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("kind", "guess", "outcome, correction"),
        ("label", " ", "label"),
        ("source", "", "source"),
        ("label", "x" * 2000, "1000"),
    ],
)
def test_feedback_that_says_nothing_is_refused(feedback, predict, field, value, said):
    fields = {"kind": "outcome", "label": "money", "source": "shop", field: value}
    with pytest.raises(FeedbackInvalid, match=said):
        feedback.add(predict().id, **fields)


def test_feedback_for_an_entity_reaches_each_prediction_of_its_window(feedback, log, writer, predict):
    made = [predict(at=at, entity="order 7") for at in (1.0, 2.0, 3.0)]
    writer.write(made)
    given = Feedback("", "outcome", "money", "shop", idempotency_key="sale 1")
    ids, added = feedback.add_to_entity(log, "order 7", 0.0, 3.0, given)
    assert (ids, added) == ([made[0].id, made[1].id], 2)
    assert feedback.add_to_entity(log, "order 7", 0.0, 9.0, given)[1] == 1
    with pytest.raises(PredictionNotFound, match="nothing was predicted"):
        feedback.add_to_entity(log, "order 8", 0.0, 9.0, given)


def test_a_models_feedback_is_counted_from_a_time_on(feedback, log, writer, predict):
    made = predict()
    writer.write([made])
    log.count()
    feedback.add(made.id, "correction", "money", "analyst")
    assert [one.prediction_id for one in feedback.of_model("topics")] == [made.id]
    assert (feedback.count_since("topics", 4.0), feedback.count_since("topics", 5.0)) == (1, 0)
    assert feedback.count_since("tone", 0.0) == 0


def test_a_change_of_mind_is_news_also_back_to_an_earlier_word(feedback, predict):
    prediction_id = predict().id
    for label in ("money", "sport", "money"):
        assert feedback.add(prediction_id, "correction", label, "analyst")
    assert not feedback.add(prediction_id, "correction", "money", "analyst")
    assert [one.label for one in feedback.of(prediction_id)] == ["money", "sport", "money"]


def test_a_word_that_may_measure_is_news_once(feedback, predict):
    prediction_id = predict().id
    assert feedback.add(prediction_id, "correction", "money", "analyst")
    assert feedback.add(prediction_id, "correction", "money", "analyst", is_uniform=True)
    assert not feedback.add(prediction_id, "correction", "money", "analyst", is_uniform=True)
    assert not feedback.add(prediction_id, "correction", "money", "analyst")
    assert [one.is_uniform for one in feedback.of(prediction_id)] == [False, True]
