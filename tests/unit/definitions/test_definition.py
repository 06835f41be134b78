"""Definitions are values, and a label changes exactly when what would be trained changes."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.definitions import Definition, Registries, Spec, code_digests, label
from argosy.definitions.definition import canonical_json
from argosy.errors import DefinitionInvalid, PluginNotFound
from argosy.plugin_hooks import ModelHooks, NamedPlugin
from argosy.registry import Registry

FULL = {
    "dataset": {"collection": "news", "start": "2016-01-01", "end": None, "training_ratio": 0.8},
    "adapter": {"sequence_length": 100, "ngrams": [1, 1], "field": ""},
    "model": {"kernel": "linear", "degree": 3, "tolerance": 1e-3, "C": 1.0},
}
NAMES = {"dataset": "span", "adapter": "counts", "model": "svm"}
GIVEN = {"collection", "start"}  # the only options with values other than the defaults


def shuffled(options: dict):
    """The same options in any order, any of the defaults left out."""
    return st.permutations(sorted(options)).flatmap(
        lambda names: st.tuples(*(st.booleans() if name not in GIVEN else st.just(True) for name in names)).map(
            lambda keep: {name: options[name] for name, kept in zip(names, keep, strict=True) if kept}
        )
    )


spellings = st.fixed_dictionaries(
    {part: st.fixed_dictionaries({"name": st.just(NAMES[part]), "options": shuffled(FULL[part])}) for part in FULL}
)


def complete(registries: Registries) -> Definition:
    written = {part: {"name": NAMES[part], "options": FULL[part]} for part in FULL}
    return Definition.from_dict(written, registries)


@given(spellings, st.permutations(["dataset", "adapter", "model"]))
@settings(deadline=None, max_examples=60)
def test_a_label_is_stable_under_the_order_of_keys_and_spelt_out_defaults(registries, written, order):
    definition = Definition.from_dict({part: written[part] for part in order}, registries)
    assert label(definition, "d", {}) == label(complete(registries), "d", {})
    assert definition == complete(registries)
    assert hash(definition) == hash(complete(registries))


@given(
    st.sampled_from(
        [
            ("dataset", "training_ratio", 0.7),
            ("dataset", "end", "2017-01-01"),
            ("adapter", "ngrams", [1, 2]),
            ("adapter", "field", "title"),
            ("model", "C", 2.0),
            ("model", "kernel", "rbf"),
        ]
    )
)
@settings(deadline=None)
def test_another_value_is_another_label(registries, change):
    part, option, value = change
    written = complete(registries).to_dict()
    written[part]["options"][option] = value
    other = Definition.from_dict(written, registries)
    assert other != complete(registries)
    assert label(other, "d", {}) != label(complete(registries), "d", {})


def test_aliases_of_names_and_options_are_the_same_definition(registries):
    written = {
        "dataset": {"name": "SpanDataset", "options": {"collection": "news", "start_datetime_str": "2016-01-01"}},
        "adapter": {"name": "counts"},
        "model": {"name": "scikit_model_svm", "options": {"tol": 0.001}},
    }
    definition = Definition.from_dict(written, registries)
    assert definition == complete(registries)
    assert definition.model.name == "svm"


def test_a_whole_number_where_a_number_is_declared_is_the_same_definition(registries):
    written = complete(registries).to_dict()
    written["model"]["options"]["C"] = 1
    assert Definition.from_dict(written, registries).canonical() == complete(registries).canonical()


@given(spellings)
@settings(deadline=None, max_examples=30)
def test_a_definition_survives_its_dictionary(registries, written):
    definition = Definition.from_dict(written, registries)
    again = Definition.from_dict(definition.to_dict(), registries)
    assert again.canonical() == definition.canonical()
    assert again.to_dict() == definition.to_dict()


def test_a_label_names_adapter_and_model_and_depends_on_data_and_code(registries):
    definition = complete(registries)
    plain = label(definition, "digest", {})
    assert plain.startswith("counts-svm-")
    assert len(plain) == len("counts-svm-") + 12
    assert plain == label(definition, "digest", {"adapter.counts": ""})
    others = {label(definition, "another", {}), label(definition, "digest", {"adapter.counts": "ab"})}
    assert len(others | {plain}) == 3


def test_a_label_is_the_same_in_another_process(registries):
    definition = Definition(Spec("span", {"b": 1, "a": [0.1, "é"]}), Spec("counts"), Spec("svm"))
    program = (
        "from argosy.definitions import *;"
        "d = Definition(Spec('span', {'a': [0.1, 'é'], 'b': 1.0}), Spec('counts'), Spec('svm'));"
        "print(label(d, 'digest', {}))"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output.strip() == label(definition, "digest", {})


def test_labels_written_by_earlier_versions_are_found_again():
    definition = Definition(Spec("span", {"end": None, "ratio": 0.8}), Spec("tf idf"), Spec("svm", {"C": 1.0}))
    assert label(definition, "digest", {}) == "tf_idf-svm-b8d6544d96b8"


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None, max_examples=60)
def test_a_number_is_the_same_however_it_is_written(number):
    assert float(canonical_json(number)) == number
    assert canonical_json(number) == canonical_json(float(repr(number)))
    if number.is_integer() and abs(number) < 2**53:
        assert canonical_json(number) == canonical_json(int(number))


def test_true_is_not_one():
    assert canonical_json([True, 1.0, -0.0]) == "[true,1,0]"
    assert Spec("svm", {"C": True}) != Spec("svm", {"C": 1})


def test_a_part_changed_is_a_new_definition(registries):
    definition = complete(registries)
    moved = definition.with_dataset(definition.dataset.with_options(end="2018-01-01"))
    assert moved.dataset.options["end"] == "2018-01-01"
    assert definition.dataset.options["end"] is None
    assert (moved.adapter, moved.model) == (definition.adapter, definition.model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": None}, "model: is missing: write {name: …, options: {…}}"),
        ({"modle": {"name": "svm"}}, "modle: a definition has no such key (did you mean 'model'?)"),
        ({"model": "svm"}, "model: a model is a mapping with name, options; got 'svm'"),
        ({"model": {"options": {}}}, "model.name: expected the name of a model; got null"),
        ({"model": {"name": "svm", "options": [1]}}, "model.options: expected a mapping of options; got [1]"),
        ({"model": {"name": "svm", "option": {}}}, "model.option: a model has no such key (did you mean 'options'?)"),
        ({"model": {"name": "svm", "options": {"C": [1]}}}, "model.options.C: expected a number greater than 0"),
    ],
)
def test_mistakes_are_reported_with_their_path(registries, change, message):
    with pytest.raises(DefinitionInvalid) as caught:
        Definition.from_dict({**complete(registries).to_dict(), **change}, registries)
    assert str(caught.value).startswith(message)


def test_an_unknown_plugin_lists_those_there_are(registries):
    written = {**complete(registries).to_dict(), "model": {"name": "smv"}}
    with pytest.raises(PluginNotFound) as caught:
        Definition.from_dict(written, registries)
    expected = "model.name: no model is called 'smv' (did you mean 'svm'?); there are: bayes, svm"
    assert str(caught.value) == expected


def test_only_the_users_own_plugins_have_a_code_digest(registries):
    own: Registry = Registry("adapter")
    own.register("counts", registries.adapters.get("counts").cls)
    ours: Registry = Registry("model")
    ours.register("svm", "argosy.plugin_hooks:ModelHooks")
    definition = Definition(Spec("svm"), Spec("counts"), Spec("svm"))
    digests = code_digests(definition, Registries(ours, own, ours))
    assert digests.keys() == {"adapter.counts"}
    assert len(digests["adapter.counts"]) == 64


def test_a_users_plugin_inside_the_options_of_another_has_its_digest_in_the_label(registries):
    class Around(ModelHooks):
        def __init__(self, of: str = "own", settings: dict[str, Any] | None = None) -> None:
            self.of, self.settings = of, settings

        @classmethod
        def named_plugins(cls, options):
            return (NamedPlugin("model", options["of"], options["settings"] or {}),)

    models: Registry = Registry("model")
    models.register("own", registries.models.get("bayes").cls)
    models.register("around", Around)
    models.register("ours", "argosy.plugin_hooks:ModelHooks")
    around = Registries(registries.datasets, registries.adapters, models)
    definition = Definition(
        Spec("span"), Spec("counts"), Spec("around", {"of": "around", "settings": {"of": "own", "settings": None}})
    )
    assert {"model.around", "model.own"} <= code_digests(definition, around).keys()
    unknown = Definition(Spec("span"), Spec("counts"), Spec("around", {"of": "nobody", "settings": None}))
    assert "model.own" not in code_digests(unknown, around)
