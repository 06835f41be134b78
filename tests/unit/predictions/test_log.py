import pytest
from msgspec import structs
from spooling import Spooling

from argosy.errors import PredictionNotFound
from argosy.predictions import segments
from argosy.predictions.feedback_log import FeedbackLog
from argosy.predictions.ids import PredictionIds
from argosy.predictions.measures import add_draws
from argosy.predictions.review_pool import Reviewable
from argosy.vault.scope import Scope
from stored.rows import rows


def test_a_prediction_is_found_before_a_drain(writer, log, predict):
    made = predict("a text", client="app", subject="ann", entity="order 7")
    writer.log([made])
    found = log.get(made.id.upper())
    assert (found.input, found.client, found.subject, found.entity) == ("a text", "app", "ann", "order 7")
    assert found.scores == (0.25, 0.75)


def test_an_id_that_was_never_issued_is_not_found(log):
    with pytest.raises(PredictionNotFound, match="no prediction with the id"):
        log.get("00" * 22)


def test_many_are_returned_in_the_requested_order(writer, log, predict):
    made = [predict(f"text {n}") for n in range(4)]
    writer.log(made)
    assert [one.input for one in log.get_many([made[2].id, made[0].id])] == ["text 2", "text 0"]


def test_an_entity_has_the_predictions_of_its_window(writer, log, predict):
    times = [predict(f"at {at}", at=at, entity="order 7") for at in (1.0, 2.0, 3.0)]
    other, tone = predict("other", at=2.0, entity="order 8"), predict("m", at=2.0, model="tone", entity="order 7")
    writer.log([*times, other, tone])
    assert set(log.ids_of_entity("order 7", 2.0, 3.0, "", None, 9)) == {times[1].id, tone.id}
    assert log.ids_of_entity("order 7", 2.0, 3.0, "topics", None, 9) == [times[1].id]
    assert log.ids_of_entity("order 9", 0.0, 9.0, "", None, 9) == []


def test_a_model_streams_its_predictions_in_time(writer, log, predict):
    writer.log([predict(f"at {at}", at=at) for at in (3.0, 1.0, 2.0)])
    assert [one.input for one in log.of_model("topics", 1.5)] == ["at 2.0", "at 3.0"]
    assert (log.count("topics"), log.count("none"), log.count()) == (3, 0, 3)


def test_pages_join_without_a_gap(writer, log, predict, monkeypatch):
    monkeypatch.setattr("argosy.predictions.log.PAGE_ROWS", 3)
    made = [predict(f"{n}", at=float(n // 4)) for n in range(12)]
    writer.log(made)
    assert [one.id for one in log.of_model("topics")] == sorted(one.id for one in made)


def test_the_choice_of_reviews_sees_what_was_measured_and_drawn(writer, log, predict, database, vault):
    made = sorted((predict(confidence=c) for c in (0.5, 0.6, 0.7)), key=lambda one: one.id)
    writer.log(made)
    feedback = FeedbackLog(database, vault, lambda: 5.0)
    feedback.add(made[0].id, "correction", "money", "analyst")
    feedback.add(made[1].id, "correction", "money", "analyst", is_uniform=True)
    with database.write() as transaction:
        add_draws(transaction, {made[2].id: 0.25})
    number = PredictionIds(vault.scope("predictions")).draw
    assert log.for_review("topics", 0.0, 9e9, 3).likely == [
        Reviewable(made[0].id, 0.5, number(made[0].id)),
        Reviewable(made[1].id, 0.6, number(made[1].id), is_measured=True),
        Reviewable(made[2].id, 0.7, number(made[2].id), is_drawn=True),
    ]


def test_erasing_a_subject_leaves_nothing_of_it(writer, log, predict, database, vault, spool):
    mine = [predict(f"mine {n}", subject="ann") for n in range(2)]
    other = predict("other", subject="bob")
    writer.log([mine[0], other, mine[1]])
    feedback = FeedbackLog(database, vault, lambda: 5.0)
    for one in (*mine, other):
        feedback.add(one.id, "correction", "money", "analyst")
    log.count()
    sealed = dict(rows(database, "predictions", "id", "sealed"))
    assert sorted(log.erase("ann")) == sorted(one.id for one in mine)
    on_disk = segments.segments_in(spool)[0].read_bytes()
    assert [sealed[one.id] in on_disk for one in (*mine, other)] == [False, False, True]
    with pytest.raises(PredictionNotFound, match="erased"):
        log.get(mine[0].id)
    assert log.get(other.id).input == "other"
    assert feedback.of(mine[0].id) == []
    assert len(feedback.of(other.id)) == 1


def test_a_writer_continues_during_an_erasure(writer, log, predict, database, spool):
    writer.log([predict("mine", subject="ann"), predict("other")])
    assert len(log.erase("ann")) == 1
    writer.log([predict("later", subject="ann")])
    writer.close()
    assert log.count() == 2
    assert segments.segments_in(spool) == []
    assert log.erase("nobody") == []


def test_records_sealed_under_a_lost_key_block_nothing(writer, log, predict, spool):
    made, gone = predict("a text", entity="order 7"), Scope("predictions", bytes(32))
    prediction_id = PredictionIds(gone).issue(1, 1000.0, bytes(8))[0]
    foreign = Spooling(spool, gone)
    foreign.log([structs.replace(made, id=prediction_id), structs.replace(made, id="00")])
    writer.log([made])
    assert (log.count(), log.foreign(), segments.damaged(spool)) == (3, 2, [])
    assert [one.prediction_id for one in log.for_review("topics", 0.0, 9e9, 9).likely] == [made.id]
    assert [one.id for one in log.of_model("topics")] == [made.id]
    assert log.sample_inputs("topics", 1, 0.0, 2000.0, 10) == ["a text"]
    assert log.ids_of_entity("order 7", 0.0, 2000.0, "", None, 9) == [made.id]
    with pytest.raises(PredictionNotFound):
        log.get(prediction_id)
    foreign.close()
