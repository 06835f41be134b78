"""Models with a signature of their own, several inputs and outputs of mixed datatypes, over V2's REST and gRPC."""

import asyncio
import base64
import json
import sys
from pathlib import Path

import grpc
import httpx
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from serving_project import Project

pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
pytest.importorskip("onnx", reason="a development package")

from tensor_files import halves, keep_tensors, logarithms, mixed, shares
from tritonclient import grpc as triton_grpc
from tritonclient import http as triton_http

from argosy.serving.grpc.messages import message_class

COUNTS, WORDS = [4, 11, -3], ["oil", "été", ""]
OUTPUTS = ["half", "is_large", "echo"]


@pytest.fixture(scope="module")
def server(tmp_path_factory, running):
    project = Project(tmp_path_factory.mktemp("tensors"))
    for name, content in {"mixed": mixed(), "logs": logarithms(), "shares": shares(), "halves": halves()}.items():
        keep_tensors(project, content, name)
    project.promote(project.train())
    started = running(project, grpc=True)
    yield started
    started.close()
    project.database.close()


def infer(server, body, model="mixed", **options):
    return server.client.post(f"/v2/models/{model}/infer", json=body, **options)


def inputs(counts=COUNTS, words=WORDS):
    return [
        {"name": "count", "datatype": "INT64", "shape": [len(counts)], "data": counts},
        {"name": "word", "datatype": "BYTES", "shape": [len(words)], "data": words},
    ]


def test_metadata_are_its_own_inputs_and_outputs(server):
    there = server.client.get("/v2/models/mixed").json()
    assert there["inputs"] == [
        {"name": "count", "datatype": "INT64", "shape": [-1]},
        {"name": "word", "datatype": "BYTES", "shape": [-1]},
    ]
    assert [(one["name"], one["datatype"]) for one in there["outputs"]] == [
        ("half", "FP32"),
        ("is_large", "BOOL"),
        ("echo", "BYTES"),
    ]
    assert there["parameters"]["batched"] is True
    assert there["classes"] == []


def test_json_is_answered_with_every_output_and_an_id_for_each_row(server):
    answer = infer(server, {"inputs": inputs(), "id": "mine", "parameters": {"client": "me"}})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert {one["name"]: one["data"] for one in body["outputs"]} == {
        "half": [2.0, 5.5, -1.5],
        "is_large": [False, True, False],
        "echo": WORDS,
    }
    ids = answer.headers["argosy-prediction-id"].split(",")
    assert len(ids) == 3
    assert body["parameters"]["prediction_id"] == ids[0]
    logged = server.project.predictions.get(ids[1])
    assert logged.input == {
        "inputs": {"count": 11, "word": "été"},
        "outputs": {"half": 5.5, "is_large": True, "echo": "été"},
    }
    assert (logged.answer, logged.client) == ("", "me")


def test_only_requested_outputs_are_given_and_ids_where_they_are_asked_for(server):
    asked = infer(server, {"inputs": inputs(), "outputs": [{"name": "is_large"}, {"name": "prediction_id"}]})
    assert [one["name"] for one in asked.json()["outputs"]] == ["is_large", "prediction_id"]
    assert asked.json()["outputs"][1]["data"] == asked.headers["argosy-prediction-id"].split(",")


def triton_inputs(client, is_binary=True):
    made = [client.InferInput("count", [3], "INT64"), client.InferInput("word", [3], "BYTES")]
    given = (np.array(COUNTS), np.array([one.encode() for one in WORDS], object))
    for one, array in zip(made, given, strict=True):
        one.set_data_from_numpy(array, **({} if client is triton_grpc else {"binary_data": is_binary}))
    return made


def as_lists(answer):
    found = {name: answer.as_numpy(name).tolist() for name in OUTPUTS}
    return {**found, "echo": [one.decode() if isinstance(one, bytes) else one for one in found["echo"]]}


@pytest.mark.parametrize("asks_binary", [True, False])
@pytest.mark.parametrize("sends_binary", [True, False])
def test_tritons_client_is_answered_over_http(server, sends_binary, asks_binary):
    client = triton_http.InferenceServerClient(server.url.removeprefix("http://"))
    wanted = [triton_http.InferRequestedOutput(name, binary_data=asks_binary) for name in OUTPUTS]
    answer = client.infer("mixed", triton_inputs(triton_http, sends_binary), outputs=wanted)
    assert as_lists(answer) == {"half": [2.0, 5.5, -1.5], "is_large": [False, True, False], "echo": WORDS}
    assert answer.as_numpy("half").dtype == np.float32
    client.close()


def test_tritons_client_is_answered_over_grpc(server):
    client = triton_grpc.InferenceServerClient(server.grpc_address)
    answer = client.infer("mixed", triton_inputs(triton_grpc))
    assert as_lists(answer) == {"half": [2.0, 5.5, -1.5], "is_large": [False, True, False], "echo": WORDS}
    assert client.get_model_metadata("mixed", as_json=True)["outputs"][1] == {
        "name": "is_large",
        "datatype": "BOOL",
        "shape": ["-1"],
    }
    client.close()


@pytest.mark.parametrize("client", [triton_http, triton_grpc], ids=["http", "grpc"])
def test_half_precision_is_exact_in_binary(server, client):
    address = server.url.removeprefix("http://") if client is triton_http else server.grpc_address
    asking = client.InferenceServerClient(address)
    given = np.array([[0.5, -2.0], [np.inf, np.nan]], np.float16)
    tensor = client.InferInput("a", [2, 2], "FP16")
    tensor.set_data_from_numpy(given)
    assert np.array_equal(asking.infer("halves", [tensor]).as_numpy("b"), given, equal_nan=True)
    asking.close()


def test_numbers_that_are_not_finite_are_null_in_json_and_exact_in_binary(server):
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [[1, 0, -1, None]]}]}
    answer = infer(server, body, "logs").json()["outputs"][0]
    assert (answer["shape"], answer["data"]) == ([1, 4], [0.0, None, None, None])
    binary = infer(server, {**body, "outputs": [{"name": "y", "parameters": {"binary_data": True}}]}, "logs")
    values = np.frombuffer(binary.content[int(binary.headers["inference-header-content-length"]) :], np.float32)
    assert np.array_equal(values, np.array([0, -np.inf, np.nan, np.nan], np.float32), equal_nan=True)


def test_rows_that_depend_on_each_other_are_asked_by_themselves(server):
    assert server.client.get("/v2/models/shares").json()["parameters"]["batched"] is False
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [4], "data": [1, 1, 1, 1]}]}
    answer = infer(server, body, "shares")
    assert answer.json()["outputs"][0]["data"] == [0.25] * 4
    assert "," not in answer.headers["argosy-prediction-id"]  # one prediction


BAD = {
    "another datatype": (
        [{**inputs()[0], "datatype": "INT32"}, inputs()[1]],
        "'count' is INT32: the model takes INT64",
    ),
    "another rank": ([{**inputs()[0], "shape": [3, 1]}, inputs()[1]], "has the shape [3, 1]: it must be [-1]"),
    "a size below zero": ([{**inputs()[0], "shape": [-1]}, inputs()[1]], "has the shape [-1]: it must be [-1]"),
    "an input missing": (inputs()[:1], "the input 'word' is missing: the model takes count INT64[-1], word BYTES[-1]"),
    "an input too many": ([*inputs(), {**inputs()[0], "name": "more"}], "there is no input 'more'"),
    "an input twice": ([*inputs(), inputs()[0]], "two inputs have the same name"),
    "different rows": (inputs([1], ["a", "b"]), "different numbers of rows: 'count' 1, 'word' 2"),
    "no rows": (inputs([], []), "the request has no rows"),
    "too few elements": ([{**inputs()[0], "data": [1]}, inputs()[1]], "has 1 elements, its shape [3] says 3"),
    "an enormous shape": (
        [{**inputs()[0], "shape": [1 << 62]}, {**inputs()[1], "shape": [1 << 62]}],
        "it is too large",
    ),
    "a number as text": (inputs(["1", 2, 3]), "'count': element 1 is not of the datatype INT64"),
    "a fraction": (inputs([1.5, 2, 3]), "'count': element 1 is not of the datatype INT64"),
    "null": (inputs([1, None, 3]), "'count': element 2 is not of the datatype INT64"),
    "a number over 64 bits": (inputs([1 << 64, 2, 3]), "'count' has a number that INT64 cannot hold"),
    "a text that is none": (inputs(words=[1, "a", "b"]), "'word': element 1 is not of the datatype BYTES"),
    "no data": ([{"name": "count", "datatype": "INT64", "shape": [3]}, inputs()[1]], "'count' has no data"),
    "no inputs": ([], "the input 'count' is missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_request_is_refused_in_one_line(server, name):
    given, said = BAD[name]
    answer = infer(server, {"inputs": given})
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_an_unknown_output_or_signature_is_refused(server):
    answer = infer(server, {"inputs": inputs(), "outputs": [{"name": "label"}]})
    assert answer.json()["error"] == "there is no output 'label'; there are: half, is_large, echo"
    answer = infer(server, {"inputs": inputs(), "parameters": {"signature": "other"}})
    assert answer.json()["error"] == "the model has no signature 'other'; there are: serving_default"


def test_too_many_rows_are_refused(server):
    assert infer(server, {"inputs": inputs([1] * 101, ["a"] * 101)}).status_code == 413


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x01\0\0\0a" * 2, "has 2 elements, its shape [3] says 3"),
        (b"\xff\0\0\0a" * 3, "element 1 is cut short"),
        (b"\x01\0\0\0a" * 4, "has more elements than its shape says, 3"),
        (b"\x01\0\0\0a" * 3 + b"\0", "element 4 is cut short"),
        (b"\x01\0\0\0\xff" * 3, "the input 'word' has an element that is not UTF-8"),
    ],
)
def test_lengths_that_lie_are_refused_over_http_and_grpc(server, content, said):
    size = [{"binary_data_size": 24}, {"binary_data_size": len(content)}]
    given = [
        {k: v for k, v in {**one, "parameters": p}.items() if k != "data"}
        for one, p in zip(inputs(), size, strict=True)
    ]
    head = json.dumps({"inputs": given}).encode()
    answer = server.client.post(
        "/v2/models/mixed/infer",
        content=head + np.array(COUNTS).tobytes() + content,
        headers={"inference-header-content-length": str(len(head))},
    )
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    request = message_class("inference.ModelInferRequest")(model_name="mixed")
    for one in inputs():
        request.inputs.add(name=one["name"], datatype=one["datatype"], shape=one["shape"])
    request.raw_input_contents.extend([np.array(COUNTS).tobytes(), content])
    with grpc.insecure_channel(server.grpc_address) as channel:
        call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        with pytest.raises(grpc.RpcError) as refused:
            call(request.SerializeToString())
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert said in refused.value.details()


def test_a_bad_row_fails_its_own_request_only_and_nothing_is_mixed(server):
    """Many callers at once, each with numbers of its own, and some whose texts ONNX cannot read."""

    async def ask(client, number):
        counts = [number * 100 + place for place in range(number % 3 + 1)]
        words = [str(count) for count in counts]
        sent = inputs(counts, words)
        if number % 7 == 0:
            sent[1]["data"] = [base64.b64encode(b"\xff").decode()] * len(words)
            sent[1]["parameters"] = {"content_type": "base64"}
        answer = await client.post("/v2/models/mixed/infer", json={"inputs": sent})
        if number % 7 == 0:
            assert answer.status_code == 400
            assert "not UTF-8" in answer.json()["error"]
            return
        found = {one["name"]: one["data"] for one in answer.json()["outputs"]}
        assert found == {"half": [one / 2 for one in counts], "is_large": [one > 10 for one in counts], "echo": words}

    async def all_at_once():
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            await asyncio.gather(*(ask(client, number) for number in range(1, 80)))

    asyncio.run(all_at_once())


def predict(server, body, model="mixed"):
    return server.client.post(f"/v1/models/{model}:predict", json=body)


def test_tensorflow_is_answered_by_rows_and_by_columns(server):
    rows = predict(server, {"instances": [{"count": 4, "word": "a"}, {"count": 11, "word": {"b64": "YmI="}}]})
    assert rows.json()["predictions"] == [
        {"half": 2.0, "is_large": False, "echo": "a"},
        {"half": 5.5, "is_large": True, "echo": "bb"},
    ]
    assert rows.json()["prediction_ids"] == rows.headers["argosy-prediction-id"].split(",")
    columns = predict(server, {"signature_name": "serving_default", "inputs": {"count": [4], "word": ["a"]}})
    assert columns.json()["outputs"] == {"half": [2.0], "is_large": [False], "echo": ["a"]}


def test_tensorflow_writes_numbers_that_are_not_finite_as_tokens(server):
    one = predict(server, {"instances": [[1, 0], [-1, 1]]}, "logs")
    assert '"predictions":[[0.0,-Infinity],[NaN,0.0]]' in one.text
    assert '"outputs":[[0.0,-Infinity]]' in predict(server, {"inputs": [[1, 0]]}, "logs").text
    sent = server.client.post("/v1/models/logs:predict", content=b'{"inputs": {"x": [[Infinity, NaN]]}}')
    assert '"outputs":[[Infinity,NaN]]' in sent.text


def test_tensorflow_splits_a_model_whose_rows_depend_on_each_other(server):
    assert predict(server, {"instances": [1, 1, 2]}, "shares").json()["predictions"] == [0.25, 0.25, 0.5]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"instances": [{"count": 1}]}, "the input 'word' is missing"),
        ({"instances": [1]}, "the model takes several inputs, by name: count, word"),
        ({"instances": [{"count": 1, "word": "a"}, {"count": 1}]}, "instances[1] has other inputs than instances[0]"),
        ({"instances": [{"count": [1], "word": "a"}]}, "'count' has the shape [1, 1]: it must be [-1]"),
        ({"instances": [{"count": 1.5, "word": "a"}]}, "element 1 is not of the datatype INT64"),
        ({"instances": [{"count": 1, "word": {"b64": "?"}}]}, "has an object that is not"),
        ({"instances": []}, "the request has no rows"),
        ({"inputs": {"count": [1, [2]], "word": ["a", "b"]}}, "has lists that are nested differently"),
        ({"inputs": {"count": [1], "word": ["a"]}, "signature_name": "other"}, "the model has no signature 'other'"),
        ({"inputs": {"count": [1], "word": ["a"]}, "signature_name": 1}, "signature_name must be text, not a number"),
        ({}, 'must have either "instances" (rows) or "inputs"'),
    ],
)
def test_tensorflows_bad_requests_are_refused_in_one_line(server, body, said):
    answer = predict(server, body)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["error"]


def test_tensorflows_metadata_are_the_signature(server):
    there = server.client.get("/v1/models/mixed/metadata").json()["metadata"]["signature_def"]["signature_def"]
    given = {name: one["dtype"] for name, one in there["serving_default"]["inputs"].items()}
    assert given == {"count": "DT_INT64", "word": "DT_STRING"}
    assert there["serving_default"]["outputs"]["half"]["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]


def test_it_does_not_classify_or_regress(server):
    for verb in ("classify", "regress"):
        refused = server.client.post(f"/v1/models/mixed:{verb}", json={"examples": [{"count": 1}]})
        assert refused.json()["error"] == f"the model has no signature to {verb}: POST …:predict asks it"
    refused = server.client.post("/classify?model=mixed", json={"sequence": "a", "labels": ["b"]})
    assert refused.status_code == 400
    assert "does not classify texts" in refused.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["word", "count"], "data": [["a", 4], ["b", 11]]}},
        {"dataframe_records": [{"count": 4, "word": "a"}, {"count": 11, "word": "b"}]},
        {"instances": [{"count": 4, "word": "a"}, {"count": 11, "word": "b"}]},
    ],
)
def test_mlflow_is_answered_in_its_shapes(server, body):
    answer = server.client.post("/invocations?model=mixed", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["predictions"] == [
        {"half": 2.0, "is_large": False, "echo": "a"},
        {"half": 5.5, "is_large": True, "echo": "b"},
    ]


def test_mlflow_is_answered_in_columns_and_csv(server):
    columns = server.client.post("/invocations?model=mixed", json={"inputs": {"count": [4], "word": ["a"]}})
    assert columns.json()["outputs"] == {"half": [2.0], "is_large": [False], "echo": ["a"]}
    csv = {"content-type": "text/csv"}
    answer = server.client.post("/invocations?model=mixed", content=b"count,word\n4,a\n", headers=csv)
    assert answer.json()["predictions"] == [{"half": 2.0, "is_large": False, "echo": "a"}]
    matrix = server.client.post("/invocations?model=logs", content=b"a,b\n1,0\n", headers=csv)
    assert '"predictions":[[0.0,-Infinity]]' in matrix.text


def test_the_openapi_document_has_its_inputs(server):
    document = server.client.get("/openapi.json").json()
    [tensors] = [document["components"]["schemas"]["mixed.v2"]["properties"]["inputs"]["items"]["anyOf"]]
    assert [one["properties"]["datatype"]["const"] for one in tensors] == ["INT64", "BYTES"]
    example = document["paths"]["/v1/models/mixed:predict"]["post"]["requestBody"]["content"]["application/json"]
    assert predict(server, example["example"]).status_code == 200
