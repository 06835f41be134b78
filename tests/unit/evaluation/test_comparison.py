"""Comparison of definitions and answers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.evaluation.changes import Changed, definition_changes
from argosy.evaluation.comparison import class_changes

BEFORE = {"model": {"name": "svm", "options": {"C": 1.0, "degree": 3}}}


def test_options_that_differ_are_named_by_path():
    after = {"model": {"name": "svm", "options": {"C": 10.0, "degree": 3}}, "evaluate": {"folds": 5}}
    assert definition_changes(BEFORE, after) == [
        Changed("model.options.C", 1.0, 10.0),
        Changed("evaluate", None, {"folds": 5}),
    ]
    assert definition_changes(BEFORE, BEFORE) == []


def test_figures_of_a_class_are_the_textbooks():
    labels = ["a", "a", "a", "a", "b", "b"]
    first = ["a", "a", "b", "b", "b", "b"]
    second = ["a", "a", "a", "b", "b", "a"]
    a, b = class_changes(labels, first, second)
    assert (a.label, a.rows, a.recall) == ("a", 4, (0.5, 0.75))
    assert a.precision == (1.0, 0.75)
    assert a.f1 == pytest.approx((2 / 3, 0.75))
    assert a.low <= 0.25 <= a.high
    assert b.recall == (1.0, 0.5)
    assert b.precision == (0.5, 0.5)


def test_a_class_that_only_one_side_answers_has_no_recall():
    (a, other) = class_changes(["a"], ["a"], ["other"])
    assert (other.rows, other.recall, other.low) == (0, (None, None), None)
    assert (a.recall, a.precision) == ((1.0, 0.0), (1.0, None))


ANSWERS = st.lists(st.tuples(*[st.sampled_from("abc")] * 3), min_size=1, max_size=40)


@settings(deadline=None, max_examples=40)
@given(ANSWERS)
def test_recalls_weighted_by_rows_make_up_the_accuracy(rows):
    labels, first, second = (list(column) for column in zip(*rows, strict=True))
    classes = class_changes(labels, first, second)
    right = sum(x == y for x, y in zip(labels, first, strict=True))
    assert sum(one.rows * one.recall[0] for one in classes if one.rows) == pytest.approx(right)
    for one in classes:
        if one.rows:
            assert one.low <= one.recall[1] - one.recall[0] <= one.high or one.rows < 8
