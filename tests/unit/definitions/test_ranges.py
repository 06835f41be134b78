"""Ranges in plans that search."""

import pytest

from argosy.definitions import parse_plan
from argosy.errors import DefinitionInvalid

PLAN = {"name": "p", "dataset": {"name": "span", "options": {"collection": "news"}}, "adapter": "counts"}


def parse(registries, options, **more):
    return parse_plan({**PLAN, "model": {"name": "svm", "options": options}, "search": {}, **more}, "p", registries)


def test_a_range_keeps_its_ends_and_its_kind(registries):
    (model,) = parse(registries, {"C": {"low": 0.01, "high": 100, "log": True}, "degree": {"low": 1, "high": 9}}).model
    assert (model.ranges["C"].is_whole, model.ranges["degree"].is_whole) == (False, True)
    assert model.ranges["C"].value(3.14159265) == 3.14159
    assert model.ranges["C"].value(1e9) == 100
    assert model.ranges["degree"].value(2.6) == 3


def test_steps_make_a_list(registries):
    (model,) = parse(
        registries,
        {"C": {"low": 0.01, "high": 100, "log": True, "steps": 5}, "degree": {"low": 1, "high": 3, "steps": 9}},
    ).model
    assert model.values["C"] == pytest.approx((0.01, 0.1, 1, 10, 100))
    assert model.values["degree"] == (1, 2, 3)
    assert not model.ranges


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"C": {"low": 1}}, "high"),
        ({"C": {"low": 2, "high": 1}}, "less than"),
        ({"C": {"low": 0, "high": 1}}, "model.options.C.low"),
        ({"kernel": {"low": 0, "high": 1}}, "takes no numbers"),
        ({"degree": {"low": 1, "high": 99}}, "model.options.degree.high"),
        ({"degree": {"low": 1.5, "high": 3}}, "whole number"),
        ({"C": {"low": 1, "high": 2, "step": 1}}, "did you mean 'steps'"),
    ],
)
def test_an_invalid_range_is_refused(registries, options, sentence):
    with pytest.raises(DefinitionInvalid) as caught:
        parse(registries, options)
    assert sentence in str(caught.value)


def test_a_plan_that_tries_all_has_no_ranges(registries):
    with pytest.raises(DefinitionInvalid, match="a plan with `search:`"):
        parse(registries, {"C": {"low": 1, "high": 2}}, search=None)


def test_a_search_has_one_dataset(registries):
    two = {"name": "span", "options": {"collection": "news", "training_ratio": [0.7, 0.8]}}
    with pytest.raises(DefinitionInvalid, match="one dataset"):
        parse(registries, {}, dataset=two)
