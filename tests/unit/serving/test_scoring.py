"""Rows of many requests scored in one call: each request gets the scores of its own rows, and fails alone."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import ImportedModelTooSlow, InputInvalid, RequestTooSlow
from argosy.serving.scoring import score_request, score_requests


class Lengths:
    """Scores a text by its length. It refuses 'bad', breaks on 'broken', and is too slow for 'slow'."""

    def __init__(self):
        self.calls = []

    def score(self, inputs, limit):
        self.calls.append(list(inputs))
        for item in inputs:
            if item == "bad":
                raise InputInvalid("it is bad")
            if item == "broken":
                raise ZeroDivisionError
            if item == "slow":
                raise ImportedModelTooSlow("no answer")
        return np.array([[len(item), -len(item)] for item in inputs], float)


REQUESTS = st.lists(st.lists(st.sampled_from(["a", "bb", "ccc", "bad", "broken"]), min_size=1, max_size=4), min_size=1)


@settings(deadline=None, max_examples=200)
@given(REQUESTS)
def test_each_request_gets_the_scores_of_its_own_rows_or_its_own_error(requests):
    scores, failed = score_requests(Lengths(), requests, 100)
    scored = []
    for place, inputs in enumerate(requests):
        if "bad" not in inputs and "broken" not in inputs:
            assert place not in failed
            scored += inputs
        elif "broken" not in inputs or ("bad" in inputs and inputs.index("bad") < inputs.index("broken")):
            assert str(failed[place]) == f"row {inputs.index('bad') + 1}: it is bad"
        else:
            assert isinstance(failed[place], ZeroDivisionError)
    assert scores.tolist() == [[len(item), -len(item)] for item in scored]


def test_requests_without_a_bad_row_are_one_call():
    model = Lengths()
    score_requests(model, [["a", "bb"], ["ccc"]], 100)
    assert model.calls == [["a", "bb", "ccc"]]


def test_a_request_that_takes_too_long_fails_alone():
    scores, failed = score_requests(Lengths(), [["a"], ["slow"], ["bb"]], 100)
    assert scores.tolist() == [[1, -1], [2, -2]]
    assert {place: type(one) for place, one in failed.items()} == {1: ImportedModelTooSlow}


def test_a_lone_request_that_takes_too_long_is_not_scored_again():
    model = Lengths()
    assert isinstance(score_requests(model, [["a", "slow"]], 100).failed[0], ImportedModelTooSlow)
    assert len(model.calls) == 1


def test_after_a_failure_only_requests_that_are_still_wanted_are_scored():
    model = Lengths()
    _, failed = score_requests(model, [["broken"], ["a"], ["bb"]], 100, [inf, -inf, inf])
    assert {place: type(one) for place, one in failed.items()} == {0: ZeroDivisionError, 1: RequestTooSlow}
    assert model.calls == [["broken", "a", "bb"], ["broken"], ["bb"]]


@pytest.mark.parametrize("row", [0, 1, 499, 999])
def test_the_first_bad_row_of_many_is_found_in_few_calls(row):
    model, inputs = Lengths(), ["a"] * 1000
    inputs[row] = "bad"
    with pytest.raises(InputInvalid, match=f"^row {row + 1}: it is bad$"):
        score_request(model, inputs, 100)
    assert len(model.calls) < 15
    assert sum(map(len, model.calls)) <= 2001


def test_a_row_that_is_not_a_number_is_named_once():
    class Nan(Lengths):
        def score(self, inputs, limit):
            return np.array([[np.nan if item == "nan" else 1.0] for item in inputs])

    with pytest.raises(InputInvalid, match=r"^row 3: the model's score is not a finite number"):
        score_request(Nan(), ["a", "b", "nan"], 100)
