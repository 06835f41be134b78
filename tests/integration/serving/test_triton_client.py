"""NVIDIA's client for V2, an independent implementation: JSON and binary tensors."""

import numpy as np
import pytest
from tritonclient import http as triton
from tritonclient.utils import InferenceServerException


@pytest.fixture
def client(shared):
    made = triton.InferenceServerClient(shared.url.removeprefix("http://"))
    yield made
    made.close()


def texts(*values, is_binary=True):
    tensor = triton.InferInput("text", [len(values)], "BYTES")
    tensor.set_data_from_numpy(np.array(values, object), binary_data=is_binary)
    return [tensor]


def test_it_finds_server_and_model_ready(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("topics")
    assert client.is_model_ready("topics", "2")
    assert client.get_server_metadata()["name"] == "argosy"
    assert client.get_model_metadata("topics")["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]


@pytest.mark.parametrize("sends_binary", [True, False])
@pytest.mark.parametrize("asks_binary", [True, False])
def test_it_is_answered_in_json_and_in_binary(client, shared, sends_binary, asks_binary):
    outputs = [triton.InferRequestedOutput(name, binary_data=asks_binary) for name in ("label", "probabilities")]
    answer = client.infer(
        "topics",
        texts("a goal for the team", "the bank — été", is_binary=sends_binary),
        outputs=outputs,
        request_id="mine",
        parameters={"client": "triton"},
    )
    labels = [value.decode() if isinstance(value, bytes) else value for value in answer.as_numpy("label")]
    assert labels == ["sport", "money"]
    assert answer.as_numpy("probabilities").shape == (2, 2)
    assert answer.as_numpy("probabilities").sum(axis=1) == pytest.approx([1.0, 1.0])
    assert answer.get_response()["id"] == "mine"
    logged = shared.project.predictions.get(answer.get_response()["parameters"]["prediction_id"])
    assert (logged.client, logged.input) == ("triton", "a goal for the team")


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
@pytest.mark.parametrize("is_binary", [True, False])
def test_it_sends_compressed(client, algorithm, is_binary):
    answer = client.infer(
        "topics",
        texts("a goal for the team", is_binary=is_binary),
        request_compression_algorithm=algorithm,
        response_compression_algorithm=algorithm,
    )
    assert answer.as_numpy("label").tolist() in ([b"sport"], ["sport"])


def test_without_outputs_it_gets_all_of_them(client):
    answer = client.infer("topics", texts("a goal for the team"), model_version="canary")
    assert answer.get_response()["model_version"] == "2"
    assert answer.as_numpy("label").tolist() == [b"sport!"]
    assert answer.as_numpy("probabilities").shape == (1, 2)
    assert len(answer.as_numpy("prediction_id")[0]) == 44


def test_it_receives_the_error(client):
    with pytest.raises(InferenceServerException, match="did you mean 'topics'"):
        client.infer("topic", texts("a"))
    with pytest.raises(InferenceServerException, match="the text is empty"):
        client.infer("topics", texts(""))
