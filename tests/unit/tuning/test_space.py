"""A plan as a space: choices become a definition, and a grid equals the plan's expansion."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.definitions import Definition, expand, parse_plan
from argosy.tuning.space import (
    choose_permutation,
    definition_of,
    describe_choices,
    effective_options,
    grid,
    is_finite,
    permutation_at,
    size,
)

PLAN = {
    "name": "p",
    "dataset": {"name": "span", "options": {"collection": "news"}},
    "adapter": [{"name": "counts", "options": {"sequence_length": [50, 100], "ngrams": [[1, 1], [1, 2]]}}, "word2vec"],
    "model": {"name": "svm", "options": {"kernel": ["linear", "poly"], "degree": [2, 3], "C": [1, 10]}},
    "search": {},
}


class Chance:
    def __init__(self, seed):
        self.draw, self.choices = random.Random(seed), {}

    def place(self, name, count, is_ordered):
        return self.choices.setdefault(name, self.draw.randrange(count))

    def number(self, name, within):
        return self.choices.setdefault(name, self.draw.uniform(within.low, within.high))


def test_a_grid_is_the_expansion(registries):
    plan = parse_plan(PLAN, "p", registries)
    assert is_finite(plan)
    definitions = [definition_of(permutation_at(plan, choices), registries) for choices in grid(plan)]
    expansion = expand(parse_plan({k: v for k, v in PLAN.items() if k != "search"}, "p", registries), registries)
    assert size(plan) == len(definitions) == expansion.permutations
    assert {one.canonical() for one in definitions} == {one.canonical() for one in expansion.definitions}
    assert len({effective_options(one, registries) for one in definitions}) == expansion.distinct


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 1000))
def test_what_was_chosen_is_chosen_again(registries, seed):
    model = {"name": "svm", "options": {"C": {"low": 0.01, "high": 10, "log": True}, "degree": {"low": 1, "high": 9}}}
    plan = parse_plan({**PLAN, "model": model}, "p", registries)
    chance = Chance(seed)
    first = definition_of(choose_permutation(plan, chance), registries)
    assert isinstance(first, Definition)
    assert definition_of(permutation_at(plan, chance.choices), registries) == first
    assert 0.01 <= first.model.options["C"] <= 10
    assert isinstance(first.model.options["degree"], int)
    assert Definition.from_dict(first.to_dict(), registries) == first
    assert not is_finite(plan)


def test_options_of_alternatives_not_chosen_are_not_sampled(registries):
    plan = parse_plan(PLAN, "p", registries)
    chance = Chance(0)
    chance.choices["adapter"] = 1
    choose_permutation(plan, chance)
    assert not any(name.startswith("adapter[0]") for name in chance.choices)


def test_what_rules_forbid_is_reported(registries):
    plan = parse_plan({**PLAN, "forbid": {"model.kernel": "poly"}}, "p", registries)
    found = {definition_of(permutation_at(plan, choices), registries) for choices in grid(plan)}
    assert any(isinstance(one, str) and "poly" in one for one in found)
    assert {one.model.options["kernel"] for one in found if isinstance(one, Definition)} == {"linear"}


def test_the_space_in_words(registries):
    lines = dict(describe_choices(parse_plan(PLAN, "p", registries)))
    assert lines["adapter"] == "counts, word2vec"
    assert lines["adapter counts ngrams"] == "[1,1], [1,2]"
    assert lines["model svm kernel"] == "linear, poly"
    assert "model" not in lines
