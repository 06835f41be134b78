"""Folders in MLflow's format: MLflow loads and runs ours, and others are imported by their content."""

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from exported_pairs import LABELS, PAIRS, TEXTS

from argosy.errors import ExportInvalid, ImportInvalid
from argosy.models.adapted_model import AdaptedModel
from argosy.processes import current_user
from argosy.transfer.mlflow_folder import flavor_file, signed_input

ASKED = ["parcel late again", "my card", "PASSWORD"]
PROGRAM = """
import json, sys
import mlflow.pyfunc, pandas
from mlflow.models import Model
texts, folder = json.load(sys.stdin), sys.argv[1]
model = mlflow.pyfunc.load_model(folder)
found = model.predict(pandas.DataFrame({"text": texts}))
example = Model.load(folder).load_input_example(folder)
names = model.metadata.get_input_schema().input_names()
print(json.dumps([found.to_dict("list"), len(model.predict(example)), names], default=list))
"""


@pytest.fixture(scope="module")
def folder(source, keep, tmp_path_factory):
    return source.models.export(keep(PAIRS["tfidf-logistic"](), "mlflow"), tmp_path_factory.mktemp("a") / "f", "mlflow")


def loaded(path):
    """As MLflow does it."""
    function = json.loads((path / "MLmodel").read_text())["flavors"]["python_function"]
    return import_module(function["loader_module"])._load_pyfunc(str(path / function["data"]))


def test_mlflow_loads_and_runs_it(folder, source, tmp_path):
    pytest.importorskip("mlflow", reason="a development package")
    quiet = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        input=json.dumps(ASKED),
        env={**os.environ, **quiet},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found, examples, names = json.loads(done.stdout.splitlines()[-1])
    model = source.models["mlflow@1"]
    assert found["label"] == model.classify(ASKED)
    assert np.array_equal(found["probabilities"], model.predict_proba(ASKED))
    assert (examples, names) == (1, ["text"])


def test_fields_that_are_missing_are_missing(source, keep, tmp_path):
    rows = [{"age": float(n), "plan": "ab"[n % 2], "note": text} for n, text in enumerate(TEXTS)]
    options = {"numbers": ("age",), "categories": ("plan",), "texts": ("note",)}
    pair = AdaptedModel.from_names("numeric", options, "svm").fit(rows, LABELS)
    path = source.models.export(keep(pair, "fields"), tmp_path / "f", "mlflow")
    asked = [{"age": 3.0, "plan": None, "note": "card"}, {"age": None, "plan": "a", "note": "parcel"}]
    found = loaded(path).predict(pd.DataFrame(asked))
    assert np.array_equal(np.stack(found["probabilities"]), pair.probabilities_of_scores(pair.scores(asked)))
    signature = json.loads((path / "MLmodel").read_text())["signature"]
    assert {one["name"]: one["type"] for one in json.loads(signature["inputs"])} == {
        "age": "double",
        "plan": "string",
        "note": "string",
    }


def test_lists_of_labels_are_lists(source, keep, tmp_path):
    pair = PAIRS["sets"]()
    found = loaded(source.models.export(keep(pair, "lists"), tmp_path / "f", "mlflow")).predict(ASKED)
    assert [json.dumps(labels) for labels in found["label"]] == [
        json.dumps(json.loads(label)) for label in pair.classify(ASKED)
    ]


def test_missing_requirements_are_reported(source, keep, tmp_path):
    path = source.models.export(keep(PAIRS["trees"](), "trees"), tmp_path / "f", "mlflow")
    assert (path / "requirements.txt").read_text().startswith("argosy[boosting]==")
    assert path.stat().st_mode & 0o777 == 0o700


def test_a_folder_comes_back_as_the_version_in_it(folder, source, target):
    version = target.models.import_file(folder)
    assert version.artifact == source.models.resolve("mlflow@1").artifact
    assert target.models.trained(version.reference).environment["imported"]["by"] == current_user()


def test_a_folder_is_replaced_by_a_folder_alone(folder, source, tmp_path):
    path = shutil.copytree(folder, tmp_path / "f")
    with pytest.raises(ExportInvalid, match="exists: "):
        source.models.export("mlflow@1", path, "mlflow")
    (path / "old").write_text("old")
    source.models.export("mlflow@1", path, "mlflow", force=True)
    assert {one.name for one in path.iterdir()} == {one.name for one in folder.iterdir()}
    with pytest.raises(ExportInvalid, match="is not a file"):
        source.models.export("mlflow@1", path, force=True)
    assert [one.name for one in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize(
    ("flavors", "file", "form"),
    [
        ({"onnx": {"data": "model.onnx"}, "python_function": {}}, "model.onnx", "onnx"),
        ({"lightgbm": {"data": "model.lgb"}, "python_function": {}}, "model.lgb", "lightgbm"),
        ({"xgboost": {"data": "model.ubj"}, "python_function": {}}, "model.ubj", "xgboost"),
        ({"sklearn": {"pickled_model": "m.pkl", "serialization_format": "cloudpickle"}}, "m.pkl", "pickle"),
        ({"sklearn": {"pickled_model": "m.skops", "serialization_format": "skops"}}, "m.skops", "skops"),
    ],
)
def test_folders_of_other_programs_are_imported_by_content(flavors, file, form, tmp_path):
    (tmp_path / "MLmodel").write_text(json.dumps({"flavors": flavors}))
    with pytest.raises(ImportInvalid, match="is missing"):
        flavor_file(tmp_path)
    (tmp_path / file).write_bytes(b"x")
    assert flavor_file(tmp_path) == (tmp_path / file, form)


@pytest.mark.parametrize(
    ("inputs", "takes"),
    [
        (
            '[{"type": "double", "name": "a"}, {"type": "string", "name": "b"}]',
            '{"fields":{"a":"number","b":"category"}}',
        ),
        ('[{"type": "string", "name": "note"}]', "text:note"),
        ('[{"type": "double"}, {"type": "double"}]', ""),
        ('[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}]', ""),
        ("3", ""),
    ],
)
def test_a_signature_is_the_input(inputs, takes, tmp_path):
    (tmp_path / "MLmodel").write_text(json.dumps({"flavors": {}, "signature": {"inputs": inputs}}))
    assert signed_input(tmp_path) == takes


def test_a_pickle_in_a_folder_needs_leave(target, tmp_path):
    (tmp_path / "MLmodel").write_text(json.dumps({"flavors": {"sklearn": {"pickled_model": "m.pkl"}}}))
    (tmp_path / "m.pkl").write_bytes(b"x")
    with pytest.raises(ImportInvalid, match="if you trust it, allow_pickle=True"):
        target.models.import_file(tmp_path, "old")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("flavors: {python_function: {}, keras: {}}", "its flavors are keras, python_function; one of argosy"),
        ("flavors: 3", "its flavors are none"),
        ("flavors: {onnx: {data: ../model.onnx}}", "is no name of a file below"),
        ("{", "MLmodel"),
    ],
)
def test_unsupported_folders_are_refused_with_a_reason(text, problem, target, tmp_path):
    with pytest.raises(ImportInvalid, match="it is not an MLflow model"):
        target.models.import_file(tmp_path, "old")
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(Exception, match=problem):
        target.models.import_file(tmp_path, "old")
    assert target.models.names() == []
