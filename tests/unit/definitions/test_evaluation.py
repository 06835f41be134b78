"""`evaluate:` of a plan and of a definition."""

import pytest

from argosy.definitions import Definition, expand, label, parse_plan
from argosy.definitions.evaluation import Folds, Repeats, parse_evaluation
from argosy.errors import DefinitionInvalid

PLAN = {
    "name": "p",
    "dataset": {"name": "span", "options": {"collection": "news"}},
    "adapter": "counts",
    "model": "svm",
}


def only(registries, **more):
    (definition,) = expand(parse_plan({**PLAN, **more}, "p", registries), registries).definitions
    return definition


def test_it_is_part_of_the_definition_and_of_its_label(registries):
    plain, folds, more = only(registries), *(only(registries, evaluate={"folds": count}) for count in (5, 10))
    assert folds.evaluate == Folds(5)
    assert folds.to_dict()["evaluate"] == {"folds": 5, "seed": 0}
    assert Definition.from_dict(folds.to_dict(), registries) == folds
    assert len({label(each, "digest", {}) for each in (plain, folds, more)}) == 3
    assert folds.with_dataset(plain.dataset).evaluate == Folds(5)


def test_without_it_nothing_is_as_if_it_were_there(registries):
    plain = only(registries)
    assert "evaluate" not in plain.to_dict()
    assert "evaluate" not in plain.canonical()
    assert only(registries, evaluate=None) == plain


def test_repeats_have_a_share():
    assert parse_evaluation({"repeats": 10}) == Repeats(10, 0.2, 0)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (5, "folds: 5"),
        ({}, "folds: 5"),
        ({"folds": 5, "repeats": 2}, "folds: 5"),
        ({"folds": 1}, "at least 2"),
        ({"folds": 5, "validation_ratio": 0.2}, "no such setting"),
        ({"repeats": 3, "validation_ratio": 1.0}, "0.9"),
        ({"folds": "five"}, "whole number"),
    ],
)
def test_what_it_is_not_is_refused(registries, values, sentence):
    with pytest.raises(DefinitionInvalid, match=sentence) as caught:
        parse_plan({**PLAN, "evaluate": values}, "p", registries)
    assert "evaluate" in str(caught.value)
