"""The majority baseline, and labels that little can be learned from."""

import json

import pytest

from argosy.datasets.label_counts import baseline, problems

COUNTS = {"train": {"a": 30, "b": 70}, "validation": {"a": 12, "b": 8}, "test": {"a": 5, "b": 15}}


def lists(**counts):
    return {json.dumps(sorted(name)): rows for name, rows in counts.items()}


def test_the_majority_is_that_of_the_training_part():
    found = baseline(COUNTS)
    assert (found.label, found.validation, found.test) == ("b", 0.4, 0.75)
    assert str(found) == "always 'b': 0.400 on validation, 0.750 on test"


def test_folds_validate_on_training_and_validation():
    found = baseline(COUNTS, pooled=True)
    assert (found.label, found.validation, found.test) == ("b", 0.65, 0.75)


def test_of_lists_it_is_micro_f1():
    part = lists(a=3, ab=4, b=1)
    found = baseline({"train": part, "test": part})
    assert (found.label, found.validation) == ("a", None)
    assert found.test == pytest.approx(2 * 7 / (8 + 12))


def test_nothing_to_learn_from_is_no_baseline():
    assert baseline({}) is None
    assert baseline({"train": {}}) is None


def test_a_label_of_its_own_for_each_row_is_a_problem():
    assert problems(COUNTS) == []
    (said,) = problems({"train": {str(number): 1 for number in range(400)}})
    assert said.startswith("400 training rows have 400 classes, fewer than 2 rows a class: 400 of these have one row")
    (said,) = problems({"train": {str(number): 1 + (number < 47) for number in range(92)}})
    assert said.startswith("139 training rows have 92 classes, fewer than 2 rows a class: 45 of these have one row")
    assert problems({"train": {"a": 2, "b": 2}}) == []
