"""A review over a real log: drawn, corrected in a file, taken back."""

from __future__ import annotations

import csv
import io

import pytest

from argosy.errors import PredictionNotFound
from argosy.feedback.review_files import Correction, read, write
from argosy.feedback.reviewing import Reviews


@pytest.fixture
def reviews(project):
    return Reviews(project.log, project.feedback)


def rows_of(number):
    return [(f"text {n}", "sport" if n % 2 else "tech", n / 100) for n in range(number)]


def test_from_the_log_through_the_analyst_back_into_the_log(project, predict, reviews):
    ids = predict(rows_of(50))
    predict([("another model's", "x", 0.0)], model="spam")
    drawn = reviews.draw("topics", 10, seed=3)
    assert [row.drawn for row in drawn] == ["uncertain"] * 10 + ["uniform"] * 2
    assert {row.prediction_id for row in drawn} < set(ids)
    out = io.StringIO(newline="")
    write(drawn, out)
    table = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert {row["text"] for row in table} == {f"text {ids.index(row['prediction_id'])}" for row in table}
    for row in table:
        row["correction"] = "politics" if row["drawn"] == "uncertain" else "ok"
    corrected = io.StringIO(newline="")
    writer = csv.DictWriter(corrected, table[0])
    writer.writeheader()
    writer.writerows(table)
    returned = read(io.StringIO(corrected.getvalue(), newline=""), reviews.is_known, ["sport", "tech"])
    assert returned.new_labels == ["politics"]
    assert reviews.take(returned.corrections) == 12
    assert reviews.take(returned.corrections) == 0
    kept = project.feedback.of_model("topics")
    assert (
        sorted((one.is_uniform, one.label == "politics") for one in kept) == [(False, True)] * 10 + [(True, False)] * 2
    )


def test_the_next_review_asks_about_others(predict, reviews):
    predict(rows_of(50))
    first = reviews.draw("topics", 10, seed=3)
    reviews.take([Correction(2, row.prediction_id, "x", row.drawn == "uniform") for row in first])
    second = reviews.draw("topics", 10, seed=3)
    uncertain = {row.prediction_id for row in second if row.drawn == "uncertain"}
    assert not uncertain & {row.prediction_id for row in first}


def test_a_changed_mind_is_kept_also_back_again(project, predict, reviews):
    (one,) = predict(rows_of(1))
    for label, new in (("a", 1), ("a", 0), ("b", 1), ("a", 1)):
        assert reviews.take([Correction(2, one, label, False)], "ann") == new
    assert [said.label for said in project.feedback.of(one)] == ["a", "b", "a"]
    assert reviews.take([Correction(2, one, "a", False)], "bob") == 1


def test_only_ids_that_were_issued_are_known(predict, reviews):
    (one,) = predict(rows_of(1))
    assert reviews.is_known(one)
    assert not reviews.is_known(one[:-1] + ("0" if one[-1] != "0" else "1"))
    assert not reviews.is_known("")


def test_a_model_without_predictions_is_said_to_have_none(predict, reviews):
    predict(rows_of(3))
    with pytest.raises(PredictionNotFound, match="'spam' has made no predictions"):
        reviews.draw("spam", 10, seed=0)
    with pytest.raises(PredictionNotFound, match="in that time"):
        reviews.draw("topics", 10, seed=0, end=5.0)
