"""The plan `thorough.yaml` of a new project: it checks and trains, with the extras and without."""

import importlib.util
import os

import pytest

from argosy.models import extras
from argosy.models.sentence_encoder import NEEDS


def _plan(project):
    return project.plans.load(project.root / "thorough.yaml").source


def test_without_extras_the_classical_part_is_trained_and_the_rest_reported(project, trained, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    plan = _plan(project)
    found = project.plans.check(plan)
    vectors, transformer = found.to_dict()["left_out"]
    assert (found.will_train, vectors["count"], transformer["count"]) == (5, 2, 1)
    assert "sentence_embedding needs pip install 'argosy[embeddings]'" in vectors["reason"]
    assert "transformer needs pip install 'argosy[finetuning]'" in transformer["reason"]
    assert project.plans.submit(plan).left_out == (vectors["reason"], transformer["reason"])
    rows = trained(plan)
    assert len(rows) == 5
    assert rows[0]["validation_accuracy"] > 0.6
    assert not any("sentence_embedding" in row["adapter"] for row in rows)


def test_with_extras_sentences_are_compared_with_words(project, trained):
    missing = [module for module in NEEDS["onnx"] if importlib.util.find_spec(module) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"not installed: {', '.join(missing)}")
    plan = _plan(project)
    assert not any("sentence_embedding" in one.reason for one in project.plans.check(plan).expansion.left_out)
    few = {**plan, "adapter": plan["adapter"][2:3], "model": {"name": "svm"}}
    [row] = trained(few)
    assert "sentence_embedding" in row["adapter"]
    assert project.models[f"{plan['name']}@best"].classify(["my parcel is late"]) == ["delivery"]
