"""Expansion compared with a slow reference that checks every permutation separately."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.definitions import Definition, Forbidden, expand, parse_plan
from argosy.errors import DefinitionInvalid, PlanTooLarge
from argosy.plugin_hooks import AdapterHooks

SMALL = {"dataset": "span", "adapter": "counts", "model": "svm"}


def lists_of(*values):
    """Some of the values, repeated ones too."""
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


def alternatives(name, options):
    written = st.fixed_dictionaries({}, optional={option: lists_of(*values) for option, values in options.items()})
    return written.map(lambda chosen: {"name": name, "options": chosen})


datasets = st.lists(alternatives("span", {"training_ratio": (0.5, 0.8)}), min_size=1, max_size=2)
adapters = st.lists(
    alternatives("counts", {"sequence_length": (10, 100), "ngrams": ([1, 1], [1, 2], [2, 1])})
    | alternatives("word2vec", {"sequence_length": (10, 100), "dimensions": (50, 60)}),
    min_size=1,
    max_size=2,
)
models = st.lists(
    alternatives("svm", {"kernel": ("linear", "poly", "rbf"), "degree": (2, 3), "C": (0.5, 1, 1.0)})
    | alternatives("bayes", {"alpha": (0, 1)}),
    min_size=1,
    max_size=2,
)
conditions = st.dictionaries(
    st.sampled_from(["adapter.name", "model.name", "adapter.sequence_length", "dataset.options.training_ratio"]),
    st.none(),
    min_size=1,
    max_size=2,
).flatmap(lambda keys: st.fixed_dictionaries({key: CONDITIONS[key] for key in keys}))
CONDITIONS = {
    "adapter.name": st.sampled_from(["counts", "word2vec", ["counts", "Word2VecAdapter"]]),
    "model.name": st.sampled_from(["svm", "bayes", ["svm"]]),
    "adapter.sequence_length": st.sampled_from([10, [10, 100], {"min": 50}, {"max": 50}, {"min": 10, "max": 100}]),
    "dataset.options.training_ratio": st.sampled_from([0.5, [0.8], {"min": 0.5, "max": 0.6}]),
}
plans = st.fixed_dictionaries(
    {"dataset": datasets, "adapter": adapters, "model": models},
    optional={
        "forbid": st.lists(conditions, max_size=2),
        "require": st.lists(st.fixed_dictionaries({"when": conditions, "then": conditions}), max_size=2),
    },
)


def raw_specs(written):
    """Every permutation of one part, as written."""
    for alternative in written:
        options = alternative["options"]
        for values in itertools.product(*options.values()):
            yield {"name": alternative["name"], "options": dict(zip(options, values, strict=True))}


def meets(definition, key, wanted):
    part, option = key.replace(".options", "").split(".")
    spec = definition[part]
    if option == "name":
        names = wanted if isinstance(wanted, list) else [wanted]
        return spec["name"] in [{"Word2VecAdapter": "word2vec"}.get(name, name) for name in names]
    if option not in spec["options"]:
        return False
    value = spec["options"][option]
    if isinstance(wanted, dict):
        return wanted.get("min", value) <= value <= wanted.get("max", value)
    return value in wanted if isinstance(wanted, list) else value == wanted


def meets_all(definition, conditions):
    return all(meets(definition, key, wanted) for key, wanted in conditions.items())


def is_allowed(definition, plan):
    if any(meets_all(definition, rule) for rule in plan.get("forbid", [])):
        return False
    return all(
        meets_all(definition, rule["then"]) for rule in plan.get("require", []) if meets_all(definition, rule["when"])
    )


def is_sound(definition):
    ngrams = definition["adapter"]["options"].get("ngrams", [1, 1])
    refused = definition["model"]["name"] == "bayes" and definition["adapter"]["name"] == "word2vec"
    return ngrams[0] <= ngrams[1] and not refused


@given(plans)
@settings(deadline=None, max_examples=150)
def test_every_permutation_is_accounted_for_once(registries, plan):
    raw = [
        Definition.from_dict(dict(zip(("dataset", "adapter", "model"), triple, strict=True)), registries)
        for triple in itertools.product(*(list(raw_specs(plan[part])) for part in ("dataset", "adapter", "model")))
    ]
    allowed = [each for each in raw if is_allowed(each.to_dict(), plan) and is_sound(each.to_dict())]
    found = expand(parse_plan(plan, "topics", registries), registries)
    assert found.permutations == len(raw)
    assert set(found.definitions) == set(allowed)
    assert len(found.definitions) == len(set(allowed))
    assert sum(each.count for each in found.forbidden) == len(raw) - len(allowed)
    assert found.duplicates == len(allowed) - len(found.definitions)
    assert found.distinct == len({without_unused(each) for each in found.definitions})


def without_unused(definition):
    model = definition.model
    if model.name == "svm" and model.options["kernel"] != "poly":
        model = model.with_options(degree=None)
    return Definition(definition.dataset, definition.adapter, model)


@given(plans)
@settings(deadline=None, max_examples=60)
def test_options_without_effect_are_counted_where_the_plan_gives_them(registries, plan):
    found = expand(parse_plan(plan, "topics", registries), registries)
    svms = [each.model.options for each in found.definitions if each.model.name == "svm"]
    gives_degree = any("degree" in each["options"] for each in plan["model"])
    idle = [options for options in svms if options["kernel"] != "poly"] if gives_degree else []
    assert sum(each.definitions for each in found.without_effect) == len(idle)
    assert all(each.path == "model.options.degree" for each in found.without_effect)


def test_the_count_is_reported_before_any_work(registries):
    many = {"name": "counts", "options": {"sequence_length": list(range(1, 2001))}}
    models = {"name": "svm", "options": {"C": [0.1 * each for each in range(1, 1001)]}}
    plan = parse_plan({**SMALL, "adapter": many, "model": models}, "topics", registries)
    with pytest.raises(PlanTooLarge) as caught:
        expand(plan, registries)
    expected = "the plan has 2,000,000 permutations, over the limit of 1,000,000: raise the limit"
    assert str(caught.value) == expected


def test_a_limit_allows_exactly_so_many(registries):
    plan = parse_plan({**SMALL, "model": {"name": "svm", "options": {"C": [1, 2, 3]}}}, "topics", registries)
    assert len(expand(plan, registries, limit=3).definitions) == 3
    with pytest.raises(PlanTooLarge):
        expand(plan, registries, limit=2)


def test_a_plan_may_forbid_everything_with_the_reasons(registries):
    plan = parse_plan({**SMALL, "forbid": {"model.name": "svm"}}, "topics", registries)
    found = expand(plan, registries)
    assert found.definitions == []
    assert found.forbidden == [Forbidden("forbid: model.name = svm", 1)]


def test_options_that_do_not_fit_together_are_forbidden_with_the_constructors_reason(registries):
    adapter = {"name": "counts", "options": {"ngrams": [[1, 1], [2, 1]]}}
    found = expand(parse_plan({**SMALL, "adapter": adapter}, "topics", registries), registries)
    assert len(found.definitions) == 1
    assert found.forbidden == [Forbidden("adapter counts: ngrams: from more words than it goes to", 1)]


def test_a_value_given_twice_trains_once(registries):
    model = {"name": "svm", "options": {"C": [1, 1.0, 2]}}
    found = expand(parse_plan({**SMALL, "model": model}, "topics", registries), registries)
    assert [each.model.options["C"] for each in found.definitions] == [1.0, 2.0]
    assert (found.permutations, found.duplicates) == (3, 1)


def test_a_required_option_must_be_given(registries):
    class Needy(AdapterHooks):
        def __init__(self, folder: str) -> None:
            self.folder = folder

    name = f"needy{len(registries.adapters.names())}"
    registries.adapters.register(name, Needy)
    with pytest.raises(DefinitionInvalid) as caught:
        parse_plan({**SMALL, "adapter": name}, "topics", registries)
    assert str(caught.value) == f"adapter.options.folder: {name} needs it: text"
