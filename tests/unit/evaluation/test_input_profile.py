"""Inputs as figures."""

import pytest

from argosy.evaluation.input_profile import input_profile, known_words, unseen_share


def test_words_that_training_never_saw_are_shared_out_by_text():
    known = set(known_words(["goal in time"]))
    shares = [unseen_share(text, known) for text in ("Goal in extra time", "", "penalty GOAL")]
    assert shares == [0.25, 0.0, 0.5]


def test_numeric_fields_are_looked_at_where_the_reference_has_them():
    rows = [{"text": "late parcel", "age": 40, "secret name": 3}, {"text": "late", "age": 20, "urgent": True}]
    found = input_profile(rows, set())
    assert list(found) == ["length", "vocabulary", "field age", "field secret name", "field urgent"]
    assert found["field age"].mean == 30
    assert found["vocabulary"].mean == 1
    assert "field secret name" not in input_profile(rows, set(), {"field age", "field urgent"})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "12", None, [1]])
def test_an_invalid_finite_number_is_no_numeric_field(value):
    assert list(input_profile([{"text": "late", "age": value}], set())) == ["length", "vocabulary"]
