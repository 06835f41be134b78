"""A review over a real log: drawn, corrected in a file, imported."""

from __future__ import annotations

import csv
import io

import pytest

from argosy.errors import PredictionNotFound
from argosy.feedback.review_files import Correction, Logged, read_corrections, write_review
from argosy.feedback.reviewing import Reviews
from argosy.predictions.measures import measures


@pytest.fixture
def reviews(project):
    return Reviews(project.database, project.log, project.feedback)


@pytest.fixture
def draw(reviews):
    """The next rows to review, of all predictions of a model."""
    return lambda rows, model="topics", **span: reviews.draw(reviews.candidates(model, rows, **span), rows)


def rows_of(number):
    return [(f"text {n}", "sport" if n % 2 else "tech", n / 100) for n in range(number)]


def test_from_the_log_through_the_analyst_back_into_the_log(project, predict, reviews, draw):
    ids = predict(rows_of(50))
    predict([("another model's", "x", 0.0)], model="spam")
    drawn = draw(12)
    assert len(drawn) == 12
    assert {row.prediction_id for row in drawn} < set(ids)
    out = io.StringIO(newline="")
    write_review(drawn, out)
    table = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert {row["text"] for row in table} == {f"text {ids.index(row['prediction_id'])}" for row in table}
    assert all(0 < float(row["drawn"]) <= 1 for row in table)
    for place, row in enumerate(table):
        row["correction"] = "politics" if place < 5 else "ok"
    corrected = io.StringIO(newline="")
    writer = csv.DictWriter(corrected, table[0])
    writer.writeheader()
    writer.writerows(table)
    returned = read_corrections(
        io.BytesIO(corrected.getvalue().encode()), 10**6, reviews.logged, lambda _: ["sport", "tech"]
    )
    assert returned.new_labels == ["politics"]
    assert reviews.take(returned.corrections) == 12
    assert reviews.take(returned.corrections) == 0
    kept = project.feedback.of_model("topics")
    assert sorted((one.measures, one.label == "politics") for one in kept) == [(True, False)] * 7 + [(True, True)] * 5
    with project.database.read() as transaction:
        measuring = measures(transaction, "topics")
    assert {one: f"{found.probability:.4f}" for one, found in measuring.items()} == {
        row["prediction_id"]: row["drawn"] for row in table
    }


def test_undrawn_rows_measure_only_if_the_file_is_marked(project, predict, reviews):
    first, second = predict(rows_of(2))
    reviews.take([Correction(2, first, "x", False), Correction(3, second, "x", True)])
    assert [project.feedback.of(one)[0].measures for one in (first, second)] == [False, True]


def test_the_next_review_has_other_predictions(predict, reviews, draw):
    predict(rows_of(50))
    first = draw(10)
    assert {row.prediction_id for row in draw(10)} == {row.prediction_id for row in first}
    reviews.take([Correction(2, row.prediction_id, "x", False) for row in first])
    assert not {row.prediction_id for row in draw(10)} & {row.prediction_id for row in first}


def test_a_changed_mind_is_kept_also_back_again(project, predict, reviews):
    (one,) = predict(rows_of(1))
    for label, new in (("a", 1), ("a", 0), ("b", 1), ("a", 1)):
        assert reviews.take([Correction(2, one, label, False)], "ann") == new
    assert [said.label for said in project.feedback.of(one)] == ["a", "b", "a"]
    assert reviews.take([Correction(2, one, "a", False)], "bob") == 1


def test_only_ids_that_were_issued_are_known(project, predict, reviews):
    (one,) = predict(rows_of(1))
    assert reviews.logged(one) == Logged()  # still in the spool
    project.log.drain()
    assert reviews.logged(one) == Logged("topics", "tech")
    assert reviews.logged(one[:-1] + ("0" if one[-1] != "0" else "1")) is None
    assert reviews.logged("") is None


def test_a_model_without_predictions_is_reported(predict, draw):
    predict(rows_of(3))
    with pytest.raises(PredictionNotFound, match="'spam' has made no predictions"):
        draw(10, "spam")
    with pytest.raises(PredictionNotFound, match="in that time"):
        draw(10, end=5.0)
