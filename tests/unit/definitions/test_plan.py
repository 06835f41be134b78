"""The format of plans, and the error for each mistake."""

from __future__ import annotations

import json

import pytest

from argosy.definitions import expand, load_plan, parse_plan
from argosy.errors import DefinitionInvalid, PluginNotFound

PUBLISHED = {
    "dataset": {
        "name": "SpanDataset",
        "options": {
            "start_datetime_str": ["2016-1-1"],
            "end_datetime_str": ["2016-1-2"],
            "training_ratio": [0.8],
        },
    },
    "adapter": {"name": "Word2VecAdapter", "options": {"sequence_length": [50, 100]}},
    "model": {"name": "scikit_model_svm", "options": {"kernel": ["rbf"], "degree": [3, 4], "tolerance": [1e-3]}},
}
SMALL = {"dataset": "span", "adapter": "counts", "model": "svm"}


def definitions(values, registries):
    return [each.to_dict() for each in expand(parse_plan(values, "topics", registries), registries).definitions]


def test_the_published_plan_is_four_definitions_of_which_two_differ(registries):
    expansion = expand(parse_plan(PUBLISHED, "topics", registries), registries)
    assert len(expansion.definitions) == expansion.permutations == 4
    assert expansion.distinct == 2
    [unused] = expansion.without_effect
    assert (unused.path, unused.definitions) == ("model.options.degree", 4)
    assert unused.why == "has no effect with kernel rbf"
    found = [(d.adapter.options["sequence_length"], d.model.options["degree"]) for d in expansion.definitions]
    assert found == [(50, 3), (50, 4), (100, 3), (100, 4)]


@pytest.mark.parametrize(
    ("longhand", "shorthand"),
    [
        (
            {"name": "counts", "options": {"sequence_length": [50]}},
            {"name": "counts", "options": {"sequence_length": 50}},
        ),
        ({"name": "counts", "options": {}}, "counts"),
        ({"name": "counts"}, {"name": "counts", "options": None}),
        ([{"name": "counts"}, {"name": "word2vec"}], {"name": ["counts", "word2vec"]}),
        ([{"name": "counts"}, {"name": "word2vec"}], ["counts", "word2vec"]),
    ],
)
def test_one_value_may_be_bare_and_alternatives_may_be_names(registries, longhand, shorthand):
    long, short = (definitions({**SMALL, "adapter": adapter}, registries) for adapter in (longhand, shorthand))
    assert long == short


def test_several_plugins_of_every_part_each_with_its_own_options(registries):
    plan = {
        "dataset": ["span", {"name": "span", "options": {"training_ratio": [0.5, 0.6]}}],
        "adapter": [
            {"name": "counts", "options": {"ngrams": [[1, 1], [1, 2]]}},
            {"name": "word2vec", "options": {"dimensions": [10, 20, 30]}},
        ],
        "model": ["bayes", {"name": "svm", "options": {"C": [1, 10]}}],
    }
    found = expand(parse_plan(plan, "topics", registries), registries)
    assert found.permutations == (1 + 2) * (2 + 3) * (1 + 2)
    assert found.forbidden[0].reason == "bayes needs features that are not negative"
    assert found.forbidden[0].count == 3 * 3
    assert len(found.definitions) == 45 - 9


def test_a_list_of_lists_gives_the_values_of_an_option_that_is_a_list(registries):
    found = definitions({**SMALL, "adapter": {"name": "counts", "options": {"ngrams": [[1, 1], [1, 2]]}}}, registries)
    assert [each["adapter"]["options"]["ngrams"] for each in found] == [[1, 1], [1, 2]]


def test_the_plan_keeps_what_was_written(registries):
    plan = parse_plan(PUBLISHED, "topics", registries)
    assert json.loads(json.dumps(plan.source)) == PUBLISHED
    again = parse_plan(plan.source, "topics", registries)
    assert expand(again, registries).definitions == expand(plan, registries).definitions


OPTION = "model.options"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"modle": "svm"},
            "modle: a plan has no such key (did you mean 'model'?); it has: name, dataset, adapter, model",
        ),
        ({"model": None}, "model: is missing"),
        ({"model": []}, "model: an empty list allows no model: give at least one"),
        ({"model": 3}, "model: a model is a mapping with name, options, if_installed; got 3"),
        ({"model": [{"name": "svm"}, {"nam": "svm"}]}, "model[1].nam: a model has no such key (did you mean 'name'?)"),
        ({"model": {"name": []}}, "model.name: expected the name of a model, or a list of names; got []"),
        ({"model": {"name": "svm", "options": 3}}, f"{OPTION}: expected a mapping of options; got 3"),
        ({"model": {"name": "svm", "options": {"C": []}}}, f"{OPTION}.C: an empty list allows no value"),
        (
            {"model": {"name": "svm", "options": {"degre": 3}}},
            f"{OPTION}.degre: svm has no such option (did you mean 'degree'?); it takes: kernel, degree, tolerance, C",
        ),
        (
            {"model": {"name": "svm", "options": {"tol": 1, "tolerance": 2}}},
            f"{OPTION}.tolerance: 'tol' and 'tolerance' are the same option: give one",
        ),
        (
            {"model": {"name": "svm", "options": {"kernel": ["rbf", "rfb"]}}},
            f"{OPTION}.kernel[1]: expected one of linear, poly, rbf; got 'rfb' (did you mean 'rbf'?)",
        ),
        (
            {"model": {"name": "svm", "options": {"degree": 10}}},
            f"{OPTION}.degree: expected a whole number of at least 1 and of at most 9; got 10",
        ),
        ({"model": {"name": "svm", "options": {"C": "1"}}}, f"{OPTION}.C: expected a number greater than 0; got '1'"),
        ({"model": {"name": "svm", "options": {"C": float("nan")}}}, f"{OPTION}.C: expected a number greater than 0"),
        (
            {"model": {"name": "svm", "options": {"C": [[1]]}}},
            f"{OPTION}.C[0]: expected a number greater than 0; got [1]",
        ),
        (
            {"adapter": {"name": "counts", "options": {"ngrams": [1, 2]}}},
            "adapter.options.ngrams: one value of it is a list, so its values are a list of lists: write [[1, 2]]",
        ),
        (
            {"adapter": {"name": "counts", "options": {"ngrams": [[1, 2, 3]]}}},
            "adapter.options.ngrams[0]: expected a list of 2 items (a whole number, a whole number); got [1, 2, 3]",
        ),
        ({"name": "my topics"}, "name: expected letters, digits and . _ -, as in 'topics'; got 'my topics'"),
    ],
)
def test_mistakes_are_reported_with_path_and_allowed_values(registries, change, message):
    with pytest.raises(DefinitionInvalid) as caught:
        parse_plan({**SMALL, **change}, "topics", registries)
    assert str(caught.value).startswith(message)


def test_an_unknown_plugin_lists_those_there_are(registries):
    with pytest.raises(
        PluginNotFound, match=r"adapter\.name: no adapter is called 'word2vc' \(did you mean 'word2vec'"
    ):
        parse_plan({**SMALL, "adapter": "word2vc"}, "topics", registries)


YAML = """
dataset: {name: span, options: {collection: news, start: 2016-01-01, end: 2016-1-2, training_ratio: 0.8}}
adapter: {name: word2vec, options: {sequence_length: [50, 100]}}
model:   {name: svm, options: {kernel: [poly], degree: [3, 4], tolerance: [1e-3]}}
"""


def test_yaml_and_json_files_say_the_same(registries, tmp_path):
    (tmp_path / "topics.yaml").write_text(YAML)
    written = load_plan(tmp_path / "topics.yaml", registries)
    (tmp_path / "topics.json").write_text(json.dumps(written.source))
    again = load_plan(tmp_path / "topics.json", registries)
    assert written == again
    assert written.name == "topics"
    assert len(expand(written, registries).definitions) == 4
    assert expand(written, registries).definitions[0].model.options["tolerance"] == 1e-3


def test_a_name_in_the_file_wins_over_the_files(registries, tmp_path):
    (tmp_path / "my plan.yaml").write_text(YAML + "name: topics\n")
    assert load_plan(tmp_path / "my plan.yaml", registries).name == "topics"


def test_an_error_in_a_file_names_the_file_and_the_line(registries, tmp_path):
    file = tmp_path / "topics.yaml"
    file.write_text(YAML.replace("1e-3", "small"))
    with pytest.raises(DefinitionInvalid) as caught:
        load_plan(file, registries)
    line = 1 + next(at for at, text in enumerate(file.read_text().splitlines()) if "small" in text)
    expected = f"{file}:{line}: model.options.tolerance[0]: expected a number greater than 0; got 'small'"
    assert str(caught.value) == expected
    assert (caught.value.path, caught.value.source) == ("model.options.tolerance[0]", f"{file}:{line}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dataset: span\nadapter: counts\nmodel: smv\n", 3),
        ("dataset: span\nadapter: counts\nmodel:\n  - svm\n  - name: smv\n", 5),
        ('{"dataset": "span",\n "adapter": "counts",\n "model": {"name": "smv"}}', 3),
        ("dataset: span\nadapter: counts\nmodel: svm\nforbid:\n  model.name: smv\n", 5),
    ],
)
def test_an_unknown_plugin_in_a_file_names_the_file_and_the_line(registries, tmp_path, text, line):
    file = tmp_path / "topics.yaml"
    file.write_text(text)
    with pytest.raises(PluginNotFound, match="no model is called 'smv'") as caught:
        load_plan(file, registries)
    assert str(caught.value).startswith(f"{file}:{line}: ")


def test_a_malformed_file_names_line_and_column(registries, tmp_path):
    file = tmp_path / "topics.yaml"
    file.write_text("dataset: span\nadapter: {name: counts\nmodel: svm\n")
    with pytest.raises(DefinitionInvalid) as caught:
        load_plan(file, registries)
    assert str(caught.value).startswith(f"{file}:3:")
