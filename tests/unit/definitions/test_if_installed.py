"""Alternatives that are left out if their requirements are not installed."""

import pytest

from argosy.definitions import Forbidden, Registries, expand, parse_plan
from argosy.errors import DefinitionInvalid
from argosy.plugin_hooks import AdapterHooks, ModelHooks
from argosy.registry import Registry
from argosy.tuning.space import definition_of, permutation_at

NEEDS = "the adapter vectors needs pip install 'argosy[vectors]'"


class Words(AdapterHooks, ModelHooks):
    def __init__(self, size: int = 1) -> None:
        self.size = size


class Vectors(Words):
    @classmethod
    def lacks(cls, options):
        return NEEDS if options["size"] > 1 else ""


@pytest.fixture
def registries():
    found = Registries(Registry("dataset"), Registry("adapter"), Registry("model"))
    for registry, name, cls in (
        (found.datasets, "all", Words),
        (found.adapters, "words", Words),
        (found.adapters, "vectors", Vectors),
        (found.models, "svm", Words),
    ):
        registry.register(name, cls)
    return found


def expanded(registries, *adapters):
    plan = parse_plan({"dataset": "all", "adapter": list(adapters), "model": "svm"}, "topics", registries)
    return expand(plan, registries)


VECTORS = {"name": "vectors", "options": {"size": [1, 2]}}


def test_optional_alternatives_without_requirements_are_left_out_and_reported(registries):
    found = expanded(registries, "words", {**VECTORS, "if_installed": True})
    assert [(one.adapter.name, one.adapter.options["size"]) for one in found.definitions] == [
        ("words", 1),
        ("vectors", 1),
    ]
    assert found.left_out == [Forbidden(NEEDS, 1)]
    assert found.forbidden == []
    assert found.permutations == 3


@pytest.mark.parametrize("optional", [{}, {"if_installed": False}])
def test_what_is_not_optional_trains_wherever_it_can(registries, optional):
    found = expanded(registries, "words", {**VECTORS, **optional})
    assert len(found.definitions) == 3
    assert found.left_out == []


@pytest.mark.parametrize("turn", [1, -1])
def test_alternatives_that_are_required_too_stay(registries, turn):
    both = [VECTORS, {**VECTORS, "if_installed": True}][::turn]
    found = expanded(registries, *both)
    assert (len(found.definitions), found.duplicates, found.left_out) == (2, 2, [])


def test_a_search_knows_why_a_choice_is_not_tried(registries):
    plan = {"dataset": "all", "adapter": ["words", {**VECTORS, "if_installed": True}], "model": "svm", "search": {}}
    parsed = parse_plan(plan, "topics", registries)
    assert definition_of(permutation_at(parsed, {"adapter": 1, "adapter[1].size": 1}), registries) == NEEDS


def test_only_true_and_false_are_taken(registries):
    with pytest.raises(DefinitionInvalid, match=r"adapter\[0\]\.if_installed: expected true or false; got 'yes'"):
        expanded(registries, {**VECTORS, "if_installed": "yes"})
