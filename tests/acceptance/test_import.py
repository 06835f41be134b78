"""A pipeline trained elsewhere becomes a version: scored, served over HTTP, and replaced through the gate."""

import json
import pickle
import sys
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import argosy

PLAN = """\
name: tickets
dataset: {name: all, options: {training_ratio: 0.5, validation_ratio: 0.1}}
adapter: tfidf
model: {name: logistic, options: {C: 10}}
"""
WORDS = ("parcel late", "card charged", "password lost")


def test_an_imported_pickle_serves_and_is_replaced_through_the_gate(make_project):
    shell = make_project(PLAN)
    rows = [(f"{WORDS[n % 3]} number{n}", f"queue{n % 3}") for n in range(240)]
    shell.write("rows.csv", "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    shell("examples", "import", "rows.csv")
    few = [*[(text, label) for text, label in rows if label != "queue2"][:40], ("nothing", "queue2")]
    theirs = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(*zip(*few, strict=True))
    (shell.folder / "theirs.pickle").write_bytes(pickle.dumps(theirs))
    asked = ("models", "import", "theirs.pickle", "--format", "pickle", "--as", "tickets")
    dataset = "{name: all, options: {training_ratio: 0.5, validation_ratio: 0.1}}"
    assert "--allow-pickle" in shell.mistake(*asked)
    found = shell.json(*asked, "--allow-pickle", "--dataset", dataset)
    assert (found["version"], found["new"], found["classes"]) == ("tickets@1", True, ["queue0", "queue1", "queue2"])
    with argosy.open(shell.folder) as project:
        assert project.models.trained("tickets@1").environment["imported"]["file"] == "theirs.pickle"
        [line] = project.ranked()
    assert line["test_accuracy"] == found["metrics"]["test"]["accuracy"]["value"] < 0.9
    assert "runs here in" in shell("models", "show", "tickets@1")
    shell("models", "promote", "tickets@1")
    process, client = shell.serve("serve")
    answer = client.post("/v1/models/tickets:predict", json={"instances": ["parcel late", "card"]}).json()[
        "predictions"
    ]
    expected = theirs.predict_proba(["parcel late", "card"]).tolist()
    assert [one["probabilities"] for one in answer] == [pytest.approx(row, abs=1e-9) for row in expected]
    client.close()
    shell.end(process)
    assert "was imported: there is no definition to train" in shell.run("retrain", "tickets").out
    shell("train", "plan.yaml", "--processes", 1)
    judged = shell.json("models", "challenge", "tickets@2")
    assert judged["promoted"], judged


def test_a_file_that_names_the_projects_key_is_refused_in_a_line_and_nothing_is_kept(make_project):
    pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
    sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "models"))
    from onnx_files import PLACES, reading

    shell = make_project(PLAN)
    rows = [json.dumps({"input": {"a": n, "b": 50}, "label": "no" if n < 50 else "yes"}) for n in range(100)]
    shell.write("rows.jsonl", "\n".join(rows))
    shell("examples", "import", "rows.jsonl")
    key = ".argosy/keys/examples.key"
    assert (shell.folder / key).exists()
    (shell.folder / "reading.onnx").write_bytes(reading(key).SerializeToString())
    (shell.folder / "function.onnx").write_bytes(PLACES["a function"]().SerializeToString())
    for name in ("reading.onnx", "function.onnx"):
        asked = ("models", "import", name, "--format", "onnx", "--as", "m", "--input", "fields:a,b")
        ran = shell.run(*asked, "--classes", "no,yes", "--json")
        assert "external data, in another file" in ran.mistake
    assert shell.json("models", "list") == {}


def test_a_folder_of_hugging_faces_becomes_a_version_and_is_served(make_project):
    for package in ("onnxruntime", "onnx", "tokenizers"):
        pytest.importorskip(package, reason="the extra 'import' is not installed")
    sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "models"))
    from text_classifier_files import write_text_classifier

    shell = make_project(PLAN)
    labels = dict(zip(WORDS, ("delivery", "payment", "account"), strict=True))
    rows = [(f"{WORDS[n % 3]} number{n}", labels[WORDS[n % 3]]) for n in range(60)]
    shell.write("rows.csv", "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    shell("examples", "import", "rows.csv")
    write_text_classifier(shell.folder / "theirs")
    found = shell.json("models", "import", "theirs", "--as", "tickets")
    assert found["classes"] == ["account", "delivery", "payment"]
    assert found["metrics"]["test"]["accuracy"]["value"] == 1.0
    shell("models", "promote", "tickets@1")
    process, client = shell.serve("serve")
    answer = client.post("/v1/models/tickets:predict", json={"instances": list(WORDS)}).json()["predictions"]
    assert [one["label"] for one in answer] == list(labels.values())
    client.close()
    shell.end(process)
