"""Rows of many requests scored in one call: each request gets the scores of its own rows, and fails alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import ImportedModelTooSlow, InputInvalid
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


def test_a_model_that_is_too_slow_is_not_called_again():
    model = Lengths()
    scores, failed = score_requests(model, [["a"], ["slow"], ["bb"]], 100)
    assert len(scores) == 0
    assert {place: type(one) for place, one in failed.items()} == dict.fromkeys(range(3), ImportedModelTooSlow)
    assert len(model.calls) == 1


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
