"""TensorFlow Serving's classify and regress, with the requests of its documentation."""

import base64
import hashlib

import pytest

from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters.imported import Imported
from argosy.models.estimators.imported import ForwardedScores

JSON = {"content-type": "application/json"}
CLASSIFY = "/v1/models/topics:classify"


def half_plus_three():
    """x / 2 + 3 as an ONNX graph."""
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("X", "Y")]
    numbers = [
        helper.make_node("Constant", [], [name], value=helper.make_tensor(name, TensorProto.FLOAT, [1], [number]))
        for name, number in (("half", 0.5), ("three", 3.0))
    ]
    nodes = [*numbers, helper.make_node("Mul", ["X", "half"], ["H"]), helper.make_node("Add", ["H", "three"], ["Y"])]
    graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return made.SerializeToString()


@pytest.fixture(scope="module")
def numbers(tmp_path_factory, running):
    """A server of the model `half_plus_three` and of `topics`."""
    pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
    from serving_project import Project

    project, content = Project(tmp_path_factory.mktemp("numbers")), half_plus_three()
    adapter = Imported("onnx", hashlib.sha256(content).hexdigest(), ("value",), fields={"x": "number"}).take(content)
    model = AdaptedModel(adapter, ForwardedScores("scores"), ["value"])
    project.promote(project.keep(model, "half_plus_three"), "half_plus_three")
    project.promote(project.train())
    server = running(project)
    yield server
    server.close()
    project.database.close()


def ask(server, path, text):
    """As `curl -d` sends it."""
    return server.client.post(
        f"/v1/models/{path}", content=text, headers={"content-type": "application/x-www-form-urlencoded"}
    )


def test_the_documented_examples_of_half_plus_three(numbers):
    status = numbers.client.get("/v1/models/half_plus_three").json()["model_version_status"]
    assert status == [{"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}]
    predicted = ask(numbers, "half_plus_three:predict", '{"instances": [1.0,2.0,5.0]}')
    assert predicted.json()["predictions"] == [3.5, 4.0, 5.5]
    columns = ask(numbers, "half_plus_three:predict", '{"inputs": {"x": [1.0, 2.0]}}')
    assert columns.json()["outputs"] == [3.5, 4.0]
    nan = ask(numbers, "half_plus_three:predict", '{"instances": [1.0, NaN]}')
    assert (nan.status_code, "row 2" in nan.json()["error"]) == (400, True)
    body = '{"signature_name": "tensorflow/serving/regress", "examples": [{"x": 1.0}, {"x": 2.0}]}'
    for path in ("half_plus_three", "half_plus_three/versions/1", "half_plus_three/labels/champion"):
        answer = ask(numbers, f"{path}:regress", body)
        assert answer.json()["results"] == [3.5, 4.0]
        ids = answer.json()["prediction_ids"]
        assert answer.headers["argosy-prediction-id"].split(",") == ids
        assert numbers.project.predictions.get(ids[1]).input == {"x": 2.0}
    classified = ask(numbers, "half_plus_three:classify", '{"examples": [{"x": [1.0]}]}')
    assert classified.json()["results"] == [[["", 3.5]]]
    missing = ask(numbers, "half:predict", '{"instances": [1.0,5.0]}')
    assert (missing.status_code, list(missing.json())) == (404, ["error"])


@pytest.mark.parametrize(
    ("token", "said"), [("NaN", "every field of the input is empty"), ("Infinity", "between"), ("-Infinity", "between")]
)
def test_the_tokens_that_are_no_json_are_read(numbers, token, said):
    answer = ask(numbers, "half_plus_three:regress", f'{{"examples": [{{"x": {token}}}]}}')
    assert (answer.status_code, said in answer.json()["error"]) == (400, True), answer.text


def test_labels_are_no_numbers(numbers):
    answer = ask(numbers, "topics:regress", '{"examples": [{"text": "a goal"}]}')
    assert (answer.status_code, ":classify" in answer.json()["error"]) == (400, True)


def test_every_class_has_its_probability(shared):
    text = base64.b64encode(b"a goal for the team").decode()
    examples = [{"text": {"b64": text}}, {"text": ["the bank"]}, {"headline": "the bank"}]
    answer = shared.client.post(CLASSIFY, json={"examples": examples}).json()
    predicted = shared.client.post("/v1/models/topics:predict", json={"instances": ["a goal for the team", "the bank"]})
    rows = [row["probabilities"] for row in predicted.json()["predictions"]]
    classes = ["money", "sport"]
    assert [[label for label, _ in row] for row in answer["results"]] == [classes] * 3
    assert [[score for _, score in row] for row in answer["results"]] == [pytest.approx(rows[at]) for at in (0, 1, 1)]
    canary = shared.client.post("/v1/models/topics/labels/canary:classify", json={"examples": examples}).json()
    assert [label for label, _ in canary["results"][0]] == ["money!", "sport!"]


def test_a_context_belongs_to_every_example(of_fields):
    path = "/v1/models/fields"
    together = {"context": {"plan": "a"}, "examples": [{"ratio": 0.4}, {"ratio": [-0.4]}]}
    apart = {"instances": [{"plan": "a", "ratio": 0.4}, {"plan": "a", "ratio": -0.4}]}
    found = of_fields.client.post(f"{path}:classify", json=together).json()["results"]
    rows = of_fields.client.post(f"{path}:predict", json=apart).json()["predictions"]
    assert [[score for _, score in row] for row in found] == [row["probabilities"] for row in rows]
    twice = {"context": {"plan": "a"}, "examples": [{"ratio": 0.4, "plan": "b"}]}
    refused = of_fields.client.post(f"{path}:classify", json=twice)
    assert (refused.status_code, "in the context as well" in refused.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "not JSON"),
        (b"[NaN]", 400, "must be a JSON object, not an array"),
        (b'{"examples": [{"text": NaN, "text": "a"}]}', 400, "a key twice"),
        (b'{"examples": ' + b"[" * 90_000 + b"NaN", 400, "nested too deeply"),
        (b"{}", 400, 'must have "examples"'),
        (b'{"examples": {}}', 400, "an array of objects"),
        (b'{"examples": []}', 400, "no rows"),
        (b'{"examples": ["a goal"]}', 400, "examples[0] must be an object, not a string"),
        (b'{"examples": [{"text": 3}]}', 400, "examples[0] must have a text, not a number"),
        (b'{"examples": [{"text": null}]}', 400, "examples[0] must have a text, not null"),
        (b'{"examples": [{"text": ["a", "b"]}]}', 400, "examples[0].text has 2 values"),
        (b'{"examples": [{"text": {"b64": "/"}}]}', 400, "examples[0].text.b64 is not the base64"),
        (b'{"examples": [{"text": {"a": "b"}}]}', 400, "examples[0].text must be a value"),
        (b'{"examples": [{"text": "a"}], "context": []}', 400, "context must be an object, not an array"),
        (b'{"examples": [{"text": "a"}], "signature_name": "train"}', 400, "tensorflow/serving/classify"),
        (b'{"examples": [{"text": "a"}], "signature_name": {}}', 400, "signature_name is an object"),
        (b'{"examples": [' + b",".join([b'{"text":"a"}'] * 101) + b"]}", 413, "limit of 100"),
    ],
)
def test_bad_requests_get_one_clear_line(shared, body, status, said):
    answer = shared.client.post(CLASSIFY, content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"]
    assert said in answer.json()["error"]
