import pytest

from argosy.errors import FeedbackInvalid, NotPermitted, PredictionNotFound
from argosy.predictions.drain import drain_once
from argosy.predictions.feedback_log import ENTITY_PREDICTIONS, Feedback, FeedbackLog, last_number
from argosy.predictions.giver import ANYBODY, MEASURED_SHARE, giver_of
from argosy.predictions.ids import PredictionIds
from argosy.vault.tokens import Token


@pytest.fixture
def feedback(database, vault):
    return FeedbackLog(database, vault, lambda: 5.0)


def giver(name, *claims, source=""):
    return giver_of(Token(name, name, b"", ("feedback",), 0.0, source=source or name, claims=claims))


def test_the_same_feedback_twice_is_kept_once(feedback, predict):
    prediction_id = predict().id
    assert feedback.add(prediction_id, "correction", "money", "analyst")
    assert not feedback.add(prediction_id, "correction", "money", "analyst")
    assert len(feedback.of(prediction_id)) == 1


def test_the_newest_comes_first_with_what_was_answered(feedback, predict, writer, spool, database):
    made = [predict(model="topics"), predict(model="tone")]
    writer.log(made)
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


def test_an_idempotency_key_identifies_repetitions(feedback, predict):
    one, other = predict().id, predict().id
    assert feedback.add(one, "outcome", "money", "shop", "key 1")
    assert not feedback.add(one, "outcome", "money", "shop", "key 1")
    assert feedback.add(one, "outcome", "money", "shop", "key 2")
    with pytest.raises(FeedbackInvalid, match="idempotency key"):
        feedback.add(other, "outcome", "money", "shop", "key 1")


def test_a_label_has_the_form_that_it_has_in_examples(feedback, predict):
    prediction_id = predict().id
    assert feedback.add(prediction_id, "correction", " Mu\u0308ll ", "analyst")
    assert not feedback.add(prediction_id, "correction", "M\u00fcll", "analyst")
    assert [one.label for one in feedback.of(prediction_id)] == ["M\u00fcll"]


def test_an_answer_from_before_labels_were_trimmed_is_right_under_its_own_spelling(
    feedback, predict, writer, spool, database
):
    made = predict(model="topics", answer=" sport")
    writer.log([made])
    drain_once(spool, database)
    feedback.add(made.id, "correction", " sport", "analyst")
    assert [one.label for one in feedback.of_model("topics")] == [" sport"]


def test_keys_are_not_kept_in_the_clear(feedback, predict, database, tmp_path):
    feedback.add(predict().id, "outcome", "money", "shop", "canary-key")
    assert all(b"canary" not in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_feedback_on_an_unknown_prediction_is_refused(feedback, predict):
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
        ("label", "a\0b", "NUL"),
        ("label", ["a\0b"], "NUL"),
        ("source", "a\0b", "NUL"),
    ],
)
def test_what_is_no_feedback_is_refused(feedback, predict, field, value, said):
    fields = {"kind": "outcome", "label": "money", "source": "shop", field: value}
    with pytest.raises(FeedbackInvalid, match=said):
        feedback.add(predict().id, **fields)


def test_feedback_for_an_entity_reaches_each_prediction_of_its_window(feedback, log, writer, predict):
    made = [predict(at=at, entity="order 7") for at in (1.0, 2.0, 3.0)]
    writer.log(made)
    given = Feedback("", "outcome", "money", "shop", idempotency_key="sale 1")
    ids, added = feedback.add_to_entity(log, "order 7", 0.0, 3.0, given)
    assert (ids, added) == ([made[0].id, made[1].id], 2)
    assert feedback.add_to_entity(log, "order 7", 0.0, 9.0, given)[1] == 1
    with pytest.raises(PredictionNotFound, match="nothing was predicted"):
        feedback.add_to_entity(log, "order 8", 0.0, 9.0, given)


def test_a_models_feedback_is_counted_from_a_number_on(feedback, log, writer, predict, database):
    made = predict()
    writer.log([made])
    log.count()
    with database.read() as transaction:
        assert last_number(transaction) == 0
    feedback.add(made.id, "correction", "money", "analyst")
    with database.read() as transaction:
        last = last_number(transaction)
    assert [one.prediction_id for one in feedback.of_model("topics")] == [made.id]
    assert (feedback.count_after("topics", 0), feedback.count_after("topics", last)) == (1, 0)
    assert feedback.count_after("tone", 0) == 0


def test_a_changed_label_is_new_also_back_to_an_earlier_one(feedback, predict):
    prediction_id = predict().id
    for label in ("money", "sport", "money"):
        assert feedback.add(prediction_id, "correction", label, "analyst")
    assert not feedback.add(prediction_id, "correction", "money", "analyst")
    assert [one.label for one in feedback.of(prediction_id)] == ["money", "sport", "money"]


def test_feedback_that_newly_measures_is_new_once(feedback, predict):
    prediction_id = predict().id
    assert feedback.add(prediction_id, "correction", "money", "analyst")
    assert feedback.add(prediction_id, "correction", "money", "analyst", is_uniform=True)
    assert not feedback.add(prediction_id, "correction", "money", "analyst", is_uniform=True)
    assert not feedback.add(prediction_id, "correction", "money", "analyst")
    assert [one.is_uniform for one in feedback.of(prediction_id)] == [False, True]


def said(prediction_id, **fields):
    return Feedback(prediction_id, **{"kind": "correction", "label": "money", "source": "shop", **fields})


def test_over_a_server_what_is_kept_measures_where_the_prediction_was_drawn_and_nothing_shows_it(
    feedback, predict, scope
):
    ids, shop = PredictionIds(scope), giver("shop", "outcome", "uniform")
    made = [predict().id for _ in range(40)]
    for one in made:
        assert feedback.add_many([said(one, kind="outcome")], shop) == 1
        assert feedback.add_many([said(one, kind="outcome")], shop) == 0
        assert feedback.add_many([said(one)], shop) == 1
        assert feedback.add_many([said(one, is_uniform=True)], shop) == 1, "a word that may measure is news"
        assert feedback.add_many([said(one, is_uniform=True)], shop) == 0
        assert feedback.add_many([said(one, is_uniform=True, source="any")], ANYBODY) == 1
    drawn = {one for one in made if ids.draw(one) < MEASURED_SHARE}
    assert 5 < len(drawn) < 35
    for one in made:
        is_drawn = one in drawn
        kept = [(given.token, given.kind, given.measures) for given in feedback.of(one)]
        assert kept == [
            ("shop", "outcome", is_drawn),
            ("shop", "correction", False),
            ("shop", "correction", is_drawn),
            ("", "correction", is_drawn),
        ]


def test_the_owners_feedback_measures_without_a_draw(feedback, predict, scope):
    ids = PredictionIds(scope)
    undrawn = next(one for one in (predict().id for _ in range(99)) if ids.draw(one) >= MEASURED_SHARE)
    assert feedback.add_many([said(undrawn, is_uniform=True)], ANYBODY) == 1
    assert feedback.add(undrawn, "correction", "money", "shop", is_uniform=True), "it measures now"
    assert not feedback.add(undrawn, "correction", "money", "shop", is_uniform=True)
    assert feedback.add_many([said(undrawn, is_uniform=True)], ANYBODY) == 0
    assert [one.measures for one in feedback.of(undrawn)] == [False, True]


def test_refused_feedback_is_not_stored_in_part(feedback, predict):
    one, other = predict().id, predict().id
    with pytest.raises(NotPermitted, match="give outcomes"):
        feedback.add_many([said(one), said(other, kind="outcome")], giver("shop"))
    with pytest.raises(NotPermitted, match="gives feedback as 'shop'"):
        feedback.add_many([said(one), said(other, source="analyst")], giver("shop"))
    assert feedback.of(one) == feedback.of(other) == []


def test_a_key_belongs_to_its_token_and_to_the_whole_request(feedback, predict):
    one, other = predict().id, predict().id
    shop, desk = giver("shop", "uniform", source="both"), giver("desk", "uniform", source="both")
    keyed = {"source": "both", "idempotency_key": "k"}
    assert feedback.add_many([said(one, **keyed)], shop) == 1
    assert feedback.add_many([said(other, **keyed)], desk) == 1, "nobody takes another's key"
    assert feedback.add_many([said(other, **keyed)]) == 1
    assert feedback.add_many([said(one, **keyed)], shop) == 0
    for changed in ({"is_uniform": True}, {"label": "sport"}, {"prediction_id": other}):
        with pytest.raises(FeedbackInvalid, match="idempotency key"):
            feedback.add_many([said(**{"prediction_id": one, **keyed, **changed})], shop)


def test_repetitions_are_separate_for_each_token(feedback, predict):
    one = predict().id
    for token in ("shop", "desk"):
        assert feedback.add_many([said(one, source="both")], giver(token, source="both")) == 1
    assert [given.token for given in feedback.of(one)] == ["shop", "desk"]


def test_an_entity_reaches_the_tokens_own_predictions(feedback, log, writer, predict):
    mine, other, open_ = (predict(entity="order 7", token=token) for token in ("shop", "desk", ""))
    hidden = predict(entity="order 8", token="desk")
    writer.log([mine, other, open_, hidden])

    def reached(entity, by):
        return sorted(feedback.add_to_entity(log, entity, 0.0, 1e9, said("", source="shop"), giver=by)[0])

    assert reached("order 7", giver("shop")) == [mine.id]
    everybodys = sorted(one.id for one in (mine, other, open_))
    assert reached("order 7", giver("any", "entity", source="shop")) == everybodys
    assert reached("order 7", ANYBODY) == everybodys
    refused = []
    for entity in ("order 8", "order 9"):
        with pytest.raises(PredictionNotFound) as raised:
            reached(entity, giver("shop"))
        refused.append(str(raised.value))
    assert refused[0] == refused[1], "an entity of others is as one that is not there"


def test_a_model_whose_name_none_can_have_and_a_time_that_ends_before_its_start_are_refused(feedback, log):
    with pytest.raises(PredictionNotFound, match="nothing was predicted"):
        feedback.add_to_entity(log, "order 7", 0.0, 1e9, said(""), "to\0pics")
    with pytest.raises(FeedbackInvalid, match="end is not after start"):
        feedback.add_to_entity(log, "order 7", 5.0, 5.0, said(""))


def test_an_entity_with_too_many_predictions_is_refused_whole(feedback, log, writer, predict):
    writer.log([predict(at=float(n), entity="order 7") for n in range(ENTITY_PREDICTIONS + 1)])
    with pytest.raises(FeedbackInvalid, match="narrow the time"):
        feedback.add_to_entity(log, "order 7", 0.0, 1e9, said(""))
    assert feedback.newest(9) == []
    assert feedback.add_to_entity(log, "order 7", 1.0, 1e9, said(""))[1] == ENTITY_PREDICTIONS


def test_the_number_of_erased_feedback_is_never_used_again(feedback, predict, log, writer, database):
    made = predict(subject="ann")
    writer.log([made])
    feedback.add(made.id, "correction", "money", "analyst")
    with database.read() as transaction:
        last = last_number(transaction)
    log.erase("ann")
    feedback.add(predict().id, "correction", "money", "analyst")
    with database.read() as transaction:
        assert last_number(transaction) > last


@pytest.fixture
def waiting(database, vault, spool):
    """A log whose predictions may still be in the spool."""
    return FeedbackLog(database, vault, lambda: 5.0, lambda _: drain_once(spool, database))


def test_a_list_for_a_single_answer_is_refused_also_before_the_drain(waiting, predict, writer):
    made = [predict(answer="sport"), predict(answer='["money"]'), predict(answer="[sport")]
    writer.log(made)
    given = [Feedback(one.id, "correction", '["money","sport"]', "analyst") for one in made]
    problem = r"""the label \["money","sport"\] is a list, and the model 'topics' answers with one label: give one"""
    for refused in (given[0], given[2]):
        with pytest.raises(FeedbackInvalid, match=problem):
            waiting.add_many([given[1], refused])
    assert waiting.of(made[1].id) == []
    assert waiting.add_many([given[1]]) == 1
    assert waiting.add(made[0].id, "correction", "[sport", "analyst")


def test_a_list_for_an_answer_that_is_elsewhere_is_kept(waiting, predict):
    assert waiting.add(predict().id, "correction", '["money","sport"]', "analyst")
