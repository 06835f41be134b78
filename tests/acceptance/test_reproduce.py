"""`argosy reproduce`: identical, or the differences; every built-in pair trains to the same bits in any process."""

import json
import os
import subprocess
import sys

import pytest

import argosy
from stored.rows import alter, rows

PROGRAM = """
import hashlib, json, sys
from argosy.errors import ArgosyError
from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters import adapters
from argosy.models.estimators import estimators
from argosy.testing.texts import labelled_texts

SMALL = {"word2vec": {"dimensions": 8}, "hashing": {"buckets": 512}}
VARIANTS = {"svm": [{"kernel": kernel} for kernel in ("linear", "rbf", "poly", "sigmoid")]}
digests = {}
for adapter in adapters.names():
    rows = labelled_texts(30 if adapter == "sentence_embedding" else 90)
    for model in estimators.names():
        for options in VARIANTS.get(model, [{}]):
            name = f"{adapter} {model} {options}"
            try:
                pair = AdaptedModel.from_names(adapter, SMALL.get(adapter, {}), model, options).fit(*rows)
            except (ArgosyError, ValueError):
                continue
            digests[name] = hashlib.sha256(pair.save(sys.argv[1]).read_bytes()).hexdigest()
print(json.dumps(digests))
"""


@pytest.fixture(scope="module")
def digests(tmp_path_factory):
    """The results of two processes with different hash seeds: {pair: digest}, twice."""
    found = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        path = tmp_path_factory.mktemp("pair") / "model"
        command = [sys.executable, "-c", PROGRAM, str(path)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    return found


def test_every_pair_trains_to_the_same_bits_in_another_process(digests):
    first, second = digests
    assert {name: digest for name, digest in first.items() if second[name] != digest} == {}
    pairs = {tuple(name.split()[:2]) for name in first}
    assert {adapter for adapter, _ in pairs} >= {"hashing", "tfidf", "word2vec", "word_frequency"}
    assert {model for _, model in pairs} >= {"logistic", "naive_bayes", "nearest_centroid", "sgd", "svm"}


def test_training_again_gives_the_same_artifact(trained):
    before = trained.json("leaderboard")
    found = trained.json("reproduce", "tickets@1")
    assert found["identical"]
    assert found["found"] == found["recorded"] == trained.json("models", "list")["tickets"][0]["artifact"]
    assert (found["difference"], found["erased"], found["surroundings"]) == (None, [], [])
    assert trained("reproduce", before[0]["label"]).startswith("identical: ")
    assert trained.json("leaderboard") == before


def test_threads_and_processor_are_recorded(trained):
    environment = trained.json("models", "show", "tickets@1")["trained"]["environment"]
    assert environment["threads"]["OMP_NUM_THREADS"] == "1"
    assert environment["cores"] == os.cpu_count()
    assert "processor" in environment


def test_a_version_that_is_not_there_is_a_mistake(trained):
    assert "tickts" in trained.mistake("reproduce", "tickts@1")
    assert "9" in trained.mistake("reproduce", "tickets@9")


@pytest.fixture
def tampered(live, copy_of):
    """The champion with one weight changed, as if another machine had trained it with another numpy."""
    live = copy_of(live)
    project = argosy.open(live.folder)
    model = project.models["tickets@1"]
    model.estimator.weights_ = model.estimator.weights_.copy()
    model.estimator.weights_[3, 1] += 1e-9
    digest = project.artifacts.put(model.save(live.folder / "changed"))
    for label, written in rows(project.database, "trained", "label", "environment"):
        environment = json.loads(written)
        environment["packages"]["numpy"] = "1.0.0"
        changed = {"artifact": digest, "environment": json.dumps(environment)}
        alter(project.database, "trained", {"label": label}, **changed)
    project.close()
    return live


def test_the_first_difference_and_the_surroundings_are_reported(tampered):
    ran = tampered.run("reproduce", "tickets@1", "--json")
    assert ran.code == 1
    difference = ran.json["difference"]
    assert (difference["name"], difference["index"]) == ("model.state.weights_", [3, 1])
    assert float(difference["recorded"]) - float(difference["found"]) == pytest.approx(1e-9, rel=1e-3)
    assert [(one["what"], one["recorded"]) for one in ran.json["surroundings"]] == [("package numpy", "1.0.0")]
    said = tampered.run("reproduce", "tickets@1").out
    assert "not identical: the first difference: model.state.weights_[3, 1]" in said
    assert "package numpy" in said


def test_erased_rows_are_reported(tampered):
    rows = len(argosy.open(tampered.folder).models["tickets@1"].classes)
    assert rows == 3
    erased = json.loads(tampered("examples", "erase", "customer-7", "--yes", "--json"))["revisions"]
    ran = tampered.run("reproduce", "tickets@1", "--json")
    assert (ran.code, len(ran.json["erased"])) == (1, erased)
    assert f"{erased} of the 240 rows were erased since" in ran.json["summary"]
    assert {row["part"] for row in ran.json["erased"]} <= {"train", "validation", "test"}
