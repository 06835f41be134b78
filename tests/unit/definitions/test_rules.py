"""Rules: what they exclude, and the error for each mistake."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.definitions import PLUGIN_KINDS, Definition, Spec, expand, parse_plan
from argosy.definitions.rules import Bounds, Condition, Rule, first_barring, marks
from argosy.errors import DefinitionInvalid, PluginNotFound

PLAN = {
    "dataset": "span",
    "adapter": [{"name": "counts", "options": {"sequence_length": [10, 50, 100]}}, "word2vec"],
    "model": [{"name": "svm", "options": {"C": [0.1, 1, 10], "kernel": ["linear", "poly"]}}, "bayes"],
}


def kept(rules, registries):
    found = expand(parse_plan({**PLAN, **rules}, "topics", registries), registries).definitions
    return [{kind: {"name": each.of(kind).name, **each.of(kind).options} for kind in PLUGIN_KINDS} for each in found]


def test_forbid_bars_what_meets_all_its_conditions(registries):
    found = kept({"forbid": {"adapter.name": "counts", "model.name": "svm"}}, registries)
    assert found
    assert not any(each["adapter"]["name"] == "counts" and each["model"]["name"] == "svm" for each in found)
    assert any(each["adapter"]["name"] == "counts" for each in found)


def test_a_list_of_rules_bars_what_any_of_them_bars(registries):
    found = kept({"forbid": [{"model.C": 10}, {"model.name": "bayes"}, {"adapter.sequence_length": 10}]}, registries)
    assert {each["model"]["C"] for each in found} == {0.1, 1}
    assert {each["adapter"]["sequence_length"] for each in found} == {50, 100}


@pytest.mark.parametrize(
    ("allowed", "left"),
    [
        (1, {0.1, 10}),
        (1.0, {0.1, 10}),
        ([0.1, 10], {1}),
        ({"min": 1}, {0.1}),
        ({"max": 1}, {10}),
        ({"min": 0.5, "max": 5}, {0.1, 10}),
    ],
)
def test_values_lists_and_ranges(registries, allowed, left):
    for key in ("model.C", "model.options.C"):
        found = kept({"forbid": {key: allowed}}, registries)
        assert {each["model"]["C"] for each in found if "C" in each["model"]} == left


def test_a_plugin_without_the_option_is_not_barred_by_it(registries):
    found = kept({"forbid": {"model.C": {"min": 0}}}, registries)
    assert {each["model"]["name"] for each in found} == {"bayes"}


def test_require_bars_what_meets_when_and_not_then(registries):
    rule = {"when": {"model.kernel": "poly"}, "then": {"model.C": {"max": 1}, "adapter.sequence_length": 50}}
    found = kept({"require": rule}, registries)
    poly = [each for each in found if each["model"].get("kernel") == "poly"]
    assert {(each["model"]["C"], each["adapter"]["sequence_length"]) for each in poly} == {(0.1, 50), (1, 50)}
    assert {each["model"]["C"] for each in found if each["model"].get("kernel") == "linear"} == {0.1, 1, 10}


def test_aliases_are_understood(registries):
    by_alias = kept({"forbid": {"adapter.name": "Word2VecAdapter", "model.tol": 0.001}}, registries)
    assert by_alias == kept({"forbid": {"adapter.name": "word2vec", "model.tolerance": 0.001}}, registries)
    assert len(by_alias) < len(kept({}, registries))


def test_values_of_an_option_that_is_a_list_are_a_list_of_lists(registries):
    assert not [
        each for each in kept({"forbid": {"adapter.ngrams": [[1, 1]]}}, registries) if "ngrams" in each["adapter"]
    ]
    with pytest.raises(DefinitionInvalid, match=r"forbid\.adapter\.ngrams: .* list of lists"):
        kept({"forbid": {"adapter.ngrams": [1, 1]}}, registries)


def test_a_rule_may_speak_of_a_plugin_that_the_plan_does_not_use_just_now(registries):
    plan = {**PLAN, "model": "bayes", "forbid": {"model.name": "svm", "model.degree": 3}}
    assert expand(parse_plan(plan, "topics", registries), registries).forbidden[0].count == 1  # bayes on word2vec


def test_the_reason_reads_like_the_rule(registries):
    plan = {
        "dataset": "span",
        "adapter": "word2vec",
        "model": {"name": "svm", "options": {"C": [1, 10], "degree": [2, 3]}},
        "forbid": {"model.options.C": {"min": 5, "max": 20}, "adapter.name": ["word2vec", "counts"]},
        "require": {"when": {"model.C": 1}, "then": {"model.degree": {"min": 3}}},
    }
    reasons = [each.reason for each in expand(parse_plan(plan, "topics", registries), registries).forbidden]
    assert reasons == [
        "require: model.degree >= 3 when model.C = 1",
        "forbid: model.C >= 5 and <= 20 and adapter.name in word2vec, counts",
    ]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"forbid": "svm"}, "forbid: expected conditions such as {model.name: svm}; got 'svm'"),
        ({"forbid": {}}, "forbid: expected conditions"),
        ({"forbid": [{"model.C": 1}, {}]}, "forbid[1]: expected conditions"),
        ({"forbid": {"mode.C": 1}}, "forbid.mode.C: names nothing (did you mean 'model'?)"),
        ({"forbid": {"model": "svm"}}, "forbid.model: names nothing"),
        (
            {"forbid": {"model.degre": 1}},
            "forbid.model.degre: names nothing: no such option of svm, bayes (did you mean 'degree'?)",
        ),
        ({"forbid": {"model.kernel": "rfb"}}, "forbid.model.kernel: expected one of linear, poly, rbf; got 'rfb'"),
        ({"forbid": {"model.C": []}}, "forbid.model.C: an empty list allows no value"),
        ({"forbid": {"model.C": {"mim": 1}}}, "forbid.model.C.mim: a range has no such key (did you mean 'min'?)"),
        ({"forbid": {"model.C": {"min": "1"}}}, "forbid.model.C.min: expected a number; got '1'"),
        ({"forbid": {"model.C": {"min": 2, "max": 1}}}, "forbid.model.C: a range has a min, a max"),
        ({"forbid": {"model.C": {}}}, "forbid.model.C: a range has a min, a max"),
        ({"forbid": {"model.name": 3}}, "forbid.model.name: expected a name or a list of names; got 3"),
        ({"require": {"when": {"model.C": 1}}}, "require.then: expected conditions"),
        ({"require": [{"if": {"model.C": 1}}]}, "require[0].if: a requirement has no such key"),
    ],
)
def test_mistakes_are_reported_with_their_path(registries, rules, message):
    with pytest.raises(DefinitionInvalid) as caught:
        parse_plan({**PLAN, **rules}, "topics", registries)
    assert str(caught.value).startswith(message)


def test_an_unknown_plugin_in_a_rule_lists_those_there_are(registries):
    with pytest.raises(PluginNotFound, match=r"forbid\.model\.name: no model is called 'smv'"):
        parse_plan({**PLAN, "forbid": {"model.name": "smv"}}, "topics", registries)


specs = st.builds(Spec, st.sampled_from("ab"), st.fixed_dictionaries({}, optional={"x": st.integers(0, 3)}))
definitions = st.builds(Definition, specs, specs, specs)
by_name = st.lists(st.sampled_from("ab"), max_size=2).map(lambda names: {"*": ("", tuple(names))})
by_option = st.dictionaries(
    st.sampled_from("ab"),
    st.tuples(st.just("x"), st.lists(st.integers(0, 3), max_size=2).map(tuple) | st.builds(Bounds, st.integers(0, 3))),
)
all_conditions = st.lists(st.builds(Condition, st.sampled_from(PLUGIN_KINDS), by_name | by_option), max_size=4).map(
    tuple
)
all_rules = st.lists(st.builds(Rule, all_conditions, st.none() | all_conditions, st.just("")), max_size=5).map(tuple)


@given(all_rules, definitions)
@settings(deadline=None, max_examples=200)
def test_marks_decide_as_the_rules_do(rules, definition):
    found = first_barring(*(marks(rules, kind, definition.of(kind)) for kind in PLUGIN_KINDS))
    assert found == next((index for index, rule in enumerate(rules) if rule.bars(definition)), None)
