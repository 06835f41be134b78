"""Shadows are logged next to the predictions that callers received, and are in none of their tables."""

import pytest

from argosy.errors import PredictionNotFound
from argosy.predictions.drain import drain_once
from argosy.predictions.record import ShadowPrediction, from_bytes, seal, to_bytes
from argosy.predictions.shadows import ShadowAgreement, shadow_agreement, shadow_frames
from stored.rows import column, count


@pytest.fixture
def shadow(writer):
    """Writes what a shadow version answered next to predictions."""

    def write(shadows, served):
        framed = writer.framed(shadows)
        writer.write([shadow_frames(framed, [one.id for one in served[: len(shadows)]])])

    return write


def test_a_record_says_whose_shadow_it_is_and_of_no_other_format(predict, scope, writer):
    served, answered = predict(), predict(version=2, answer="money")
    framed = shadow_frames(writer.framed([answered]), [served.id])
    found = from_bytes(framed[8:])
    assert isinstance(found, ShadowPrediction)
    assert (found.id, found.shadow_of, found.answer, found.version) == (answered.id, served.id, "money", 2)
    assert not isinstance(from_bytes(to_bytes(seal(answered, scope))), ShadowPrediction)


def test_shadows_are_counted_by_version_and_are_no_predictions(writer, shadow, spool, database, predict, log):
    served = [predict(f"text {n}") for n in range(4)]
    shadows = [predict(f"text {n}", version=2, answer=answer) for n, answer in enumerate(["sport", "sport", "money"])]
    writer.log(served)
    shadow(shadows, served)
    assert drain_once(spool, database) == 7
    assert (log.count(), count(database, "shadow_predictions")) == (4, 3)
    assert shadow_agreement(database, "topics") == [ShadowAgreement(2, 1, 3, 2, 0.75, 0.75)]
    assert shadow_agreement(database, "topics", since=1001.0) == []
    with pytest.raises(PredictionNotFound):
        log.get(shadows[0].id)


def test_a_shadow_goes_with_its_prediction(writer, shadow, spool, database, predict, log):
    served, other = predict(subject="ann"), predict()
    writer.log([served, other])
    shadow([predict(subject="ann", version=2), predict(version=2)], [served, other])
    log.erase("ann")
    assert column(database, "shadow_predictions", "shadow_of") == [other.id]


def test_an_erased_subject_leaves_no_shadow_in_the_spool(writer, shadow, spool, database, predict, log):
    served = predict(subject="ann")
    writer.log([served])
    log.erase("ann")
    shadow([predict(subject="ann", version=2)], [served])
    drain_once(spool, database)
    assert count(database, "shadow_predictions") == 0
