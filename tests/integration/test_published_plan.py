"""The published plan loads unchanged, with the built-in plug-ins."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from argosy.datasets.cuts import cuts
from argosy.definitions import PLUGIN_KINDS, Definition, Registries, Spec, expand, label, load_plan
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators

PUBLISHED = """{"dataset": {"name": "SpanDataset", "options": {"start_datetime_str": ["2016-1-1"], "end_datetime_str": ["2016-1-2"], "training_ratio": [0.8]}},
  "adapter": {"name": "Word2VecAdapter", "options": {"sequence_length": [50, 100]}},
  "model": {"name": "scikit_model_svm", "options": {"kernel": ["rbf"], "degree": [3, 4], "tolerance": [1e-3]}}}"""  # noqa: E501

DESIGNED = """
name: topics
dataset: {name: span, options: {collection: news, start: 2016-01-01, end: 2016-01-02, training_ratio: 0.8}}
adapter: {name: word2vec, options: {sequence_length: [50, 100]}}
model:   {name: svm, options: {kernel: [poly], degree: [3, 4], tolerance: [1e-3]}}
"""

ALL = Registries(cuts, adapters, estimators)


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_the_published_plan_is_four_definitions_of_which_two_differ(tmp_path, suffix):
    file = tmp_path / f"topics.{suffix}"
    file.write_text(PUBLISHED)
    expansion = expand(load_plan(file, ALL), ALL)
    assert expansion.permutations == len(expansion.definitions) == 4
    assert len({label(each, "digest", {}) for each in expansion.definitions}) == 4
    assert expansion.distinct == 2
    assert expansion.forbidden == []
    [unused] = expansion.without_effect
    assert (unused.path, unused.definitions) == ("model.options.degree", 4)
    first = expansion.definitions[0]
    assert [first.of(kind).name for kind in PLUGIN_KINDS] == ["span", "word2vec", "svm"]
    assert first.dataset.options["start"] == "2016-1-1"
    assert first.model.options["kernel"] == "rbf"


def test_the_same_with_a_kernel_that_has_a_degree_is_four_that_all_differ(tmp_path):
    (tmp_path / "plan.yaml").write_text(DESIGNED)
    plan = load_plan(tmp_path / "plan.yaml", ALL)
    expansion = expand(plan, ALL)
    assert plan.name == "topics"
    assert len(expansion.definitions) == expansion.distinct == 4
    assert expansion.without_effect == []


BUILT_IN = [(kind, name) for kind in PLUGIN_KINDS for name in ALL.of(kind).names()]


@pytest.mark.parametrize(("kind", "name"), BUILT_IN)
def test_every_plugins_options_are_typed_and_survive_a_definition(kind, name):
    plugin = ALL.of(kind).get(name)
    assert all(option.annotation is not None and option.allowed != "any value" for option in plugin.options.values())
    needed = {"latest": {"rows": 3}, "frozen": {"digest": "0" * 64}, "members": {"of": ["a", "b"]}}
    options = plugin.check(needed.get(name, {}))
    assert json.loads(json.dumps(options)) == options
    assert plugin.check(options) == options
    plugin.create(options)
    by_kind = {"dataset": Spec("all"), "adapter": Spec("tfidf"), "model": Spec("logistic"), kind: Spec(name, options)}
    written = {key: spec.to_dict() for key, spec in by_kind.items()}
    definition = Definition.from_dict(written, ALL)
    assert definition.of(kind).options == options
    assert Definition.from_dict(definition.to_dict(), ALL) == definition


def test_checking_a_plan_imports_no_estimator_and_no_scientific_library(tmp_path):
    (tmp_path / "plan.yaml").write_text(DESIGNED.replace("{name: svm", "{name: [svm, svm]"))
    program = f"""
import sys
from pathlib import Path
from argosy.datasets.cuts import cuts
from argosy.definitions import Registries, expand, load_plan
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators
all = Registries(cuts, adapters, estimators)
expand(load_plan(Path({str(tmp_path / "plan.yaml")!r}), all), all)
print(*(name for name in ("sklearn", "scipy", "gensim", "cryptography", "pandas") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
