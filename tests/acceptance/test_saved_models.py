"""TensorFlow's SavedModels, imported and served by an Argosy whose environment has TensorFlow: `make tensorflow`.

The clients are in the environment of the other tests, the commands run in the other.
"""

import os
import re
import struct
import subprocess
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from tritonclient import grpc as triton_grpc
from tritonclient import http as triton_http

from argosy.testing.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
MADE = ROOT / ".venv-tensorflow"
PYTHON = Path(os.environ.get("TENSORFLOW_PYTHON", MADE / "bin" / "python"))
HAS_TENSORFLOW = "TENSORFLOW_PYTHON" in os.environ or (MADE / ".ready").exists()
pytestmark = pytest.mark.skipif(not HAS_TENSORFLOW, reason="no Python has TensorFlow: 'make tensorflow' makes one")
HALF = "/v1/models/half_plus_three"
SETTINGS = "name: shop\nlimits: {imported_seconds: 60}\n"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    program = Path(__file__).with_name("saved_models.py")
    environment = {**os.environ, "KERAS_HOME": str(folder), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [PYTHON, program, folder]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=8 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def shop(new_folder, module_copy_of):
    """A project, by an Argosy that can run TensorFlow; its user's home is a folder of the test."""
    shell = module_copy_of(new_folder)
    home = shell.folder.parent / "home"
    home.mkdir()
    shell.python, shell.variables = PYTHON, {"HOME": str(home)}
    shell.write("argosy.yaml", SETTINGS)
    return shell


@pytest.fixture(scope="module")
def without(shop):
    """The same project, by an Argosy without TensorFlow."""
    return type(shop)(shop.folder)


@pytest.fixture(scope="module")
def printed(shop, models):
    """What imports printed, by model; each is champion."""
    found = {}
    for name in ("half_plus_three", "words", "recurrent", "image", "ranks"):
        place = models / name / "123" if name == "half_plus_three" else models / name
        found[name] = shop("models", "import", place, "--as", name)
        shop("models", "promote", f"{name}@1")
    return found


@pytest.fixture(scope="module")
def served(shop, printed):
    """A client of REST, and the address of gRPC."""
    process, client = shop.serve("serve", "--grpc-port", 0)
    address = re.search(r"grpc://(\S+)", process.stdout.readline())[1]
    yield client, address
    client.close()
    shop.end(process)


@pytest.fixture
def client(served):
    return served[0]


def asked(client, path, **body):
    """The answer without the ids, of which there is one a row."""
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    ids = found.pop("prediction_ids")
    assert len(ids) == len(set(ids)) == len(answer.headers["argosy-prediction-id"].split(","))
    return found


def test_a_folder_is_recognised_and_its_signatures_are_read(without, printed):
    lines = printed["half_plus_three"].splitlines()
    assert lines[0] == "half_plus_three@1 is imported: it answers tensors and has no labels, so that it is not scored."
    together = "rows of several requests are answered together"
    assert f"  serving_default: takes x FP32[...]; gives y FP32[...]; {together}" in lines
    assert f"  regress_x_to_y2: takes inputs BYTES[...]; gives outputs FP32[...]; {together}" in lines
    assert (
        f"takes word BYTES[-1], x FP32[-1,2]; gives large BOOL[-1], place INT64[-1], y FP32[-1]; {together}"
        in (printed["words"])
    )
    assert "savedmodel" in without("models", "show", "half_plus_three@1")


def test_the_same_folder_is_one_version(shop, printed, models):
    again = shop("models", "import", models / "half_plus_three" / "123", "--as", "half_plus_three")
    assert "half_plus_three@1 was imported before" in again


def test_it_is_one_of_numbered_folders(shop, models):
    base = models / "half_plus_three"
    watched = shop("models", "watch", base, "--as", "watched", "--once", "--settle", 0)
    assert watched == f"{base}/123 is watched@1\n"


def test_rows_and_columns_are_predicted_as_tensorflow_serving_documents_it(client):
    assert asked(client, f"{HALF}:predict", instances=[1.0, 2.0, 5.0]) == {"predictions": [3.5, 4.0, 5.5]}
    assert asked(client, f"{HALF}:predict", instances=[{"x": 1.0}, {"x": 2}]) == {"predictions": [3.5, 4.0]}
    assert asked(client, f"{HALF}:predict", inputs=[1.0, 2.0]) == {"outputs": [3.5, 4.0]}
    assert asked(client, f"{HALF}:predict", inputs={"x": [5.0]}, signature_name="serving_default") == {"outputs": [5.5]}


@pytest.mark.parametrize("place", ["", "/versions/1", "/labels/champion"])
def test_versions_and_labels_are_asked_by_every_verb(client, place):
    examples = [{"x": 1.0}, {"x": 2.0}]
    assert asked(client, f"{HALF}{place}:predict", instances=[1.0]) == {"predictions": [3.5]}
    assert asked(client, f"{HALF}{place}:regress", examples=examples) == {"results": [3.5, 4.0]}
    scores = {"results": [[["", 3.5]], [["", 4.0]]]}
    assert asked(client, f"{HALF}{place}:classify", examples=examples, signature_name="classify_x_to_y") == scores
    assert client.get(f"{HALF}{place}").json()["model_version_status"][0]["state"] == "AVAILABLE"


def test_regress_takes_the_signature_of_that_name(client):
    def regress(name, **more):
        return asked(client, f"{HALF}:regress", examples=[{"x": 1.0, "x2": 3.0}], signature_name=name, **more)

    assert regress("tensorflow/serving/regress") == regress("regress_x_to_y") == {"results": [3.5]}
    assert regress("regress_x_to_y2") == {"results": [4.5]}
    assert regress("regress_x2_to_y3") == {"results": [5.5]}
    common = asked(client, f"{HALF}:regress", examples=[{}, {"x2": 1.0}], context={"x": 1.0})
    assert common == {"results": [3.5, 3.5]}


REFUSED = {
    "another method": ("regress", {"signature_name": "serving_default"}, "signature_name is 'serving_default'; those"),
    "no one signature": ("classify", {}, "signature_name is missing; those to classify: classify_x2_to_y3, classify_x"),
    "a feature missing": ("regress", {"examples": [{}]}, "InvalidArgumentError in ParseExampleV2"),
    "whole numbers": ("regress", {"examples": [{"x": 1}]}, "InvalidArgumentError in ParseExampleV2"),
    "a feature twice": ("regress", {"context": {"x": 1.0}}, "examples[0] has the feature 'x', which is in the context"),
    "mixed": ("regress", {"examples": [{"x": [1.0, "a"]}]}, "examples[0].x must be numbers or texts"),
    "no examples": ("regress", {"examples": 1}, 'the body must have "examples"'),
    "a lone value": ("predict", {"inputs": 1.0}, "the input 'x' is one value: send a list of rows"),
    "no such signature": ("predict", {"instances": [1.0], "signature_name": "other"}, "no signature 'other'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_does_not_take_is_refused_in_one_line(client, name):
    verb, given, said = REFUSED[name]
    body = given if verb == "predict" else {"examples": [{"x": 1.0}], **given}
    answer = client.post(f"{HALF}:{verb}", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_metadata_have_every_signature_with_its_method(client):
    found = client.get(f"{HALF}/metadata").json()["metadata"]["signature_def"]["signature_def"]
    assert found["regress_x_to_y"]["method_name"] == "tensorflow/serving/regress"
    assert found["classify_x_to_y"]["inputs"]["inputs"]["dtype"] == "DT_STRING"
    assert found["serving_default"]["method_name"] == "tensorflow/serving/predict"
    there = client.get("/v2/models/half_plus_three").json()
    assert there["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1]}]
    assert sorted(there["parameters"]["signatures"]) == sorted(found)


def example(x):
    """A serialized tf.train.Example, written here by hand."""
    number = b"\x12\x06\x0a\x04" + struct.pack("<f", x)
    entry = b"\x0a\x01x\x12" + bytes([len(number)]) + number
    return b"\x0a" + bytes([len(entry) + 2]) + b"\x0a" + bytes([len(entry)]) + entry


@pytest.mark.parametrize("client_of", [triton_http, triton_grpc], ids=["http", "grpc"])
def test_tritons_clients_are_answered(served, client_of):
    rest, address = served
    url = address if client_of is triton_grpc else str(rest.base_url).removeprefix("http://").rstrip("/")
    with closing(client_of.InferenceServerClient(url)) as triton:
        x = client_of.InferInput("x", [3], "FP32")
        x.set_data_from_numpy(np.array([1, 2, 5], np.float32))
        assert triton.infer("half_plus_three", [x]).as_numpy("y").tolist() == [3.5, 4.0, 5.5]
        inputs = client_of.InferInput("inputs", [2], "BYTES")
        inputs.set_data_from_numpy(np.array([example(1.0), example(2.0)], object))
        answer = triton.infer("half_plus_three", [inputs], parameters={"signature": "regress_x_to_y2"})
        assert answer.as_numpy("outputs").ravel().tolist() == [4.5, 5.0]
        word, pairs = client_of.InferInput("word", [2], "BYTES"), client_of.InferInput("x", [2, 2], "FP32")
        word.set_data_from_numpy(np.array([b"goal", b"tea"], object))
        pairs.set_data_from_numpy(np.array([[1, 2], [3, 4]], np.float32))
        answer = triton.infer("words", [word, pairs])
        assert {name: answer.as_numpy(name).tolist() for name in ("y", "place", "large")} == {
            "y": [5.0, 11.0],
            "place": [1, -1],  # the lines of the file in `assets`
            "large": [False, True],
        }


def test_networks_of_keras_are_answered(client):
    rows = asked(client, "/v1/models/recurrent:predict", instances=[[1, 2, 3], [4, 5, 6]])["predictions"]
    assert np.allclose(np.sum(rows, axis=1), 1, atol=1e-5)
    image = np.zeros((2, 8, 8, 1)).tolist()
    assert np.shape(asked(client, "/v1/models/image:predict", instances=image)["predictions"]) == (2, 1)


def test_tensors_of_any_rank_are_answered(client, printed):
    assert "serving_default: takes x FP32[...]; gives y FP32[...]; rows of several requests" in printed["ranks"]
    assert "total: takes x FP32[...]; gives sum FP32[]; each request by itself" in printed["ranks"]
    ranks = "/v1/models/ranks"
    for rows in ([1.0, 2.0], [[1.0, 2.0]], [[[1.0], [2.0]]]):
        doubled = (np.array(rows) * 2).tolist()
        assert asked(client, f"{ranks}:predict", instances=rows) == {"predictions": doubled}
        assert asked(client, f"{ranks}:predict", inputs=rows, signature_name="total") == {"outputs": 3.0}
    assert asked(client, f"{ranks}:predict", inputs=3.0, signature_name="total") == {"outputs": 3.0}
    refused = client.post(f"{ranks}:predict", json={"inputs": 3.0})
    assert (refused.status_code, refused.json()["error"]) == (400, "the input 'x' is one value: send a list of rows")
    found = client.get(f"{ranks}/metadata").json()["metadata"]["signature_def"]["signature_def"]
    assert found["total"]["inputs"]["x"]["tensor_shape"] == {"dim": [], "unknown_rank": True}
    assert found["total"]["outputs"]["sum"]["tensor_shape"] == {"dim": [], "unknown_rank": False}


def refusal(shell, folder):
    ran = shell.run("models", "import", folder, "--as", "refused")
    assert ran.code == 2
    return ran.err.splitlines()[-1]


EFFECTS = {"reads": "ReadFile", "lists": "MatchingFiles", "runs": "PyFunc"}


@pytest.mark.parametrize("name", EFFECTS)
def test_a_graph_that_reaches_beyond_itself_is_refused_at_the_import(shop, models, name):
    said = f"Error: the graph's operation {EFFECTS[name]} is not among those that are run here"
    assert refusal(shop, models / name) == said


def test_its_process_writes_no_file_to_the_home_of_the_user(shop, served):
    assert list(Path(shop.variables["HOME"]).iterdir()) == []


def test_without_tensorflow_the_command_says_what_to_install(without, models):
    said = "Error: a SavedModel needs the package 'tensorflow': pip install 'argosy[tensorflow]'"
    assert refusal(without, models / "words") == said
