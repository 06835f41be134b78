"""V2 over gRPC, asked as the protocol says: answers, ids, callers, feedback, errors, limits."""

import gzip
import struct

import grpc
import pytest
from grpc_calls import (
    FEEDBACK_SERVICE,
    GiveFeedback,
    InferRequest,
    ask,
    channel,
    columns,
    failure,
    give_feedback,
    infer_message,
)

from argosy.serving.grpc.messages import INFERENCE, message_class

ModelReady = message_class("inference.ModelReadyRequest")
ModelMetadata = message_class("inference.ModelMetadataRequest")
Index = message_class("inference.RepositoryIndexRequest")
STRING = message_class("inference.InferParameter")(string_param="region")


def fields_message(**contents):
    """Two rows of the model `fields`: ratio, given as those contents, and plan."""
    message = InferRequest(model_name="fields")
    ratio = message.inputs.add(name="ratio", datatype="FP64", shape=[2])
    for name, elements in contents.items():
        getattr(ratio.contents, name).extend(elements)
    message.inputs.add(name="plan", datatype="BYTES", shape=[2, 1]).contents.bytes_contents.extend([b"a", b"b"])
    return message


def test_texts_are_answered_with_ids_that_are_logged(over_grpc):
    message = infer_message("a goal for the team", "the bank — été", id="mine")
    message.parameters["client"].string_param = "news-app"
    answer, call = ask(over_grpc, "ModelInfer", message, metadata=(("argosy-entity", "article-99"),))
    assert (answer.model_name, answer.model_version, answer.id) == ("topics", "1", "mine")
    assert {one.name: (one.datatype, list(one.shape)) for one in answer.outputs} == {
        "label": ("BYTES", [2]),
        "confidence": ("FP64", [2]),
        "probabilities": ("FP64", [2, 2]),
        "prediction_id": ("BYTES", [2]),
    }
    found = columns(answer)
    assert found["label"] == [b"sport", b"money"]
    assert sum(found["probabilities"][:2]) == pytest.approx(1.0)
    ids = [one.decode() for one in found["prediction_id"]]
    assert answer.parameters["prediction_id"].string_param == ids[0]
    assert dict(call.trailing_metadata()) == {"argosy-prediction-id": ",".join(ids), "argosy-model-version": "1"}
    logged = over_grpc.project.predictions.get(ids[1])
    assert (logged.client, logged.entity, logged.input) == ("news-app", "article-99", "the bank — été")


def test_it_answers_as_rest_does(over_grpc):
    text = "shares of the club fell"
    rest = over_grpc.client.post(
        "/v2/models/topics/infer",
        json={"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [text]}]},
    ).json()
    by_name = {one["name"]: one["data"] for one in rest["outputs"]}
    found = columns(ask(over_grpc, "ModelInfer", infer_message(text))[0])
    assert [one.decode() for one in found["label"]] == by_name["label"]
    assert found["probabilities"] == by_name["probabilities"]


def test_raw_contents_are_answered_in_raw_contents(over_grpc):
    answer, _ = ask(over_grpc, "ModelInfer", infer_message("a goal", "the bank", raw=True))
    assert not any(one.HasField("contents") for one in answer.outputs)
    label, confidence, probabilities, ids = answer.raw_output_contents
    assert label == b"\5\0\0\0sport\5\0\0\0money"
    assert len(confidence) == 2 * 8
    assert sum(struct.unpack("<4d", probabilities)) == pytest.approx(2.0)
    assert len(ids) == 2 * (4 + 44)


def test_only_the_requested_outputs_come_and_the_ids(over_grpc):
    message = infer_message("a goal")
    message.outputs.add(name="label")
    assert list(columns(ask(over_grpc, "ModelInfer", message)[0])) == ["label", "prediction_id"]


def test_the_models_own_scores_come_where_they_are_asked_for(over_grpc):
    metadata = (("argosy-scores", "true"),)
    answer, _ = ask(over_grpc, "ModelInfer", infer_message("a goal", model_version="canary"), metadata=metadata)
    assert len(columns(answer)["scores"]) == 2


@pytest.mark.parametrize(
    ("version", "label", "number"), [("", b"sport", "1"), ("2", b"sport!", "2"), ("canary", b"sport!", "2")]
)
def test_a_version_is_named_by_number_or_alias(over_grpc, version, label, number):
    answer, _ = ask(over_grpc, "ModelInfer", infer_message("a goal", model_version=version))
    assert (columns(answer)["label"], answer.model_version) == ([label], number)
    assert answer.id == answer.parameters["prediction_id"].string_param


def test_a_model_of_fields_takes_a_tensor_for_each(over_grpc):
    typed = ask(over_grpc, "ModelInfer", fields_message(fp64_contents=[-0.4, 0.4]))[0]
    assert columns(typed)["label"] == [b"low", b"high"]
    raw = fields_message()
    for given in raw.inputs:
        given.ClearField("contents")
    raw.inputs[0].datatype = "FP32"
    raw.raw_input_contents.extend([struct.pack("<2f", -0.4, float("nan")), b"\1\0\0\0a\1\0\0\0b"])
    answer = ask(over_grpc, "ModelInfer", raw)[0]
    assert answer.raw_output_contents[0].startswith(b"\3\0\0\0low")
    rows = infer_message('{"ratio": 0.4, "plan": "a"}', '{"ratio": -0.4}', model="fields")
    rows.inputs[0].parameters["content_type"].string_param = "json"
    assert columns(ask(over_grpc, "ModelInfer", rows)[0])["label"] == [b"high", b"low"]


def test_the_server_and_its_models_are_described(over_grpc):
    assert ask(over_grpc, "ServerLive")[0].live
    assert ask(over_grpc, "ServerReady")[0].ready
    assert ask(over_grpc, "ServerMetadata")[0].name == "argosy"
    assert ask(over_grpc, "ModelReady", ModelReady(name="topics", version="canary"))[0].ready
    found = ask(over_grpc, "ModelMetadata", ModelMetadata(name="topics"))[0]
    assert [(one.name, one.datatype, list(one.shape)) for one in found.inputs] == [("text", "BYTES", [-1])]
    assert [one.name for one in found.outputs] == ["label", "confidence", "probabilities", "prediction_id"]
    assert found.parameters["classes"].string_param == '["money","sport"]'
    assert (found.parameters["version"].string_param, list(found.versions)) == ("1", ["1", "2"])
    index = ask(over_grpc, "RepositoryIndex", Index(ready=True))[0]
    assert [(one.name, one.version, one.state) for one in index.models] == [
        ("fields", "1", "READY"),
        ("topics", "1", "READY"),
        ("topics", "2", "READY"),
    ]


def test_feedback_is_given_on_an_id_and_for_an_entity(over_grpc):
    asked = infer_message("a goal")
    asked.parameters["entity"].string_param = "sale-7"
    prediction_id = ask(over_grpc, "ModelInfer", asked)[0].parameters["prediction_id"].string_param
    given = GiveFeedback(label="money", prediction_id=prediction_id)
    first, second = (give_feedback(over_grpc, message=given) for _ in range(2))
    assert (first.added, first.matched, list(first.prediction_ids)) == (1, 1, [prediction_id])
    assert second.added == 0
    outcome = GiveFeedback(label="sport", entity="sale-7", start="2020-01-01", kind="outcome")
    key = (("idempotency-key", "sale-4711"),)
    kept, again = (give_feedback(over_grpc, message=outcome, metadata=key) for _ in range(2))
    assert (kept.added, kept.matched, list(kept.prediction_ids)) == (1, 1, [])
    assert again.added == 0
    over_grpc.until(
        lambda: 'argosy_feedback_total{added="yes",kind="outcome"} 1' in over_grpc.client.get("/metrics").text
    )


@pytest.mark.parametrize(
    ("message", "code", "said"),
    [
        (GiveFeedback(prediction_id="00"), "INVALID_ARGUMENT", "no label"),
        (GiveFeedback(label="x"), "INVALID_ARGUMENT", "either prediction_id, or entity"),
        (GiveFeedback(label="x", prediction_id="0" * 44), "NOT_FOUND", ""),
        (GiveFeedback(label="x", entity="e", start="soon"), "INVALID_ARGUMENT", "start is 'soon'"),
        (GiveFeedback(label="x", prediction_id="00", kind="guess"), "INVALID_ARGUMENT", "kind"),
    ],
)
def test_feedback_that_means_nothing_is_refused(over_grpc, message, code, said):
    found, details = failure(over_grpc, "GiveFeedback", message, FEEDBACK_SERVICE)
    assert (found, said in details) == (code, True), details


def broken(change):
    message = infer_message("a goal")
    change(message)
    return message


BAD = {
    "an unknown model": (infer_message("a", model="topic"), "NOT_FOUND", "did you mean 'topics'"),
    "an unknown version": (infer_message("a", model_version="9"), "NOT_FOUND", "serves no version '9'"),
    "no name": (InferRequest(), "NOT_FOUND", "no model is called ''"),
    "no inputs": (InferRequest(model_name="topics"), "INVALID_ARGUMENT", "inputs is empty"),
    "an empty text": (infer_message("a goal", ""), "INVALID_ARGUMENT", "row 2: the text is empty"),
    "no rows": (infer_message(), "INVALID_ARGUMENT", "no rows"),
    "no UTF-8": (infer_message("a", b"\xff"), "INVALID_ARGUMENT", "element 2 is not UTF-8"),
    "no UTF-8, raw": (infer_message("a", b"\xff", raw=True), "INVALID_ARGUMENT", "element 2 is not UTF-8"),
    "a long id": (infer_message("a", id="i" * 1001), "INVALID_ARGUMENT", "at most 1000 characters"),
    "another shape": (
        broken(lambda one: one.inputs[0].ClearField("shape") or one.inputs[0].shape.extend([2])),
        "INVALID_ARGUMENT",
        "has 1 elements, its shape [2] says 2",
    ),
    "a negative shape": (
        broken(lambda one: one.inputs[0].ClearField("shape") or one.inputs[0].shape.extend([-1])),
        "INVALID_ARGUMENT",
        "has the shape [-1]",
    ),
    "contents in another field": (
        broken(lambda one: setattr(one.inputs[0], "datatype", "INT64")),
        "INVALID_ARGUMENT",
        "its elements go into int64_contents",
    ),
    "no datatype": (
        broken(lambda one: setattr(one.inputs[0], "datatype", "TEXT")),
        "INVALID_ARGUMENT",
        "has the datatype 'TEXT'",
    ),
    "both kinds of contents": (
        broken(lambda one: one.raw_input_contents.append(b"\1\0\0\0a")),
        "INVALID_ARGUMENT",
        "send one of them",
    ),
    "raw contents of two inputs": (
        broken(lambda one: one.raw_input_contents.extend([b"", b""])),
        "INVALID_ARGUMENT",
        "2 entries for 1 inputs",
    ),
    "an unknown output": (
        broken(lambda one: one.outputs.add(name="logits")),
        "INVALID_ARGUMENT",
        "there is no output 'logits'",
    ),
    "shared memory": (
        broken(lambda one: one.outputs.add(name="label").parameters["shared_memory_region"].CopyFrom(STRING)),
        "INVALID_ARGUMENT",
        "'shared_memory_region'",
    ),
    "a client of no text": (
        broken(lambda one: setattr(one.parameters["client"], "bool_param", True)),
        "INVALID_ARGUMENT",
        "client",
    ),
    "many rows": (infer_message(*["a"] * 101), "RESOURCE_EXHAUSTED", "101 rows are over the limit of 100"),
    "a claimed size": (
        broken(lambda one: one.inputs[0].ClearField("shape") or one.inputs[0].shape.extend([1 << 62])),
        "RESOURCE_EXHAUSTED",
        "rows are over the limit",
    ),
    "a long text": (infer_message("a" * 100_001), "RESOURCE_EXHAUSTED", "row 1: the input has 100,001 bytes"),
    "many values": (
        fields_message(int_contents=[1] * 30_000),
        "RESOURCE_EXHAUSTED",
        "over 20,000 values",
    ),
    "many bytes": (infer_message(*["a" * 50_000] * 21), "RESOURCE_EXHAUSTED", "larger than max"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_request_is_refused_with_the_reason(over_grpc, what):
    message, code, said = BAD[what]
    found, details = failure(over_grpc, "ModelInfer", message)
    assert (found, said in details) == (code, True), details
    assert "\n" not in details


@pytest.mark.parametrize("data", [b"\xff\xff", b"\x0a\x05ab", b"\x0a\x01\xff", b"not protobuf at all"])
def test_bytes_that_are_no_message_are_refused(over_grpc, data):
    assert failure(over_grpc, "ModelInfer", data=data) == (
        "INVALID_ARGUMENT",
        "the message is no inference.ModelInferRequest",
    )


def test_a_call_without_a_message_is_refused(over_grpc):
    with channel(over_grpc) as opened, pytest.raises(grpc.RpcError) as raised:
        opened.stream_unary(f"/{INFERENCE}/ModelInfer")(iter([]))
    assert (raised.value.code().name, raised.value.details()) == ("INVALID_ARGUMENT", "the call has no message")


@pytest.mark.parametrize("path", [f"/{INFERENCE}/ModelStreamInfer", f"/{INFERENCE}/SystemSharedMemoryStatus", "/x/y"])
def test_other_methods_are_refused(over_grpc, path):
    with channel(over_grpc) as opened, pytest.raises(grpc.RpcError) as raised:
        opened.unary_unary(path)(b"")
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert "reflection lists those there are" in raised.value.details()


@pytest.mark.parametrize("algorithm", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_messages_may_be_compressed_and_are_measured_afterwards(over_grpc, algorithm):
    answer, _ = ask(over_grpc, "ModelInfer", infer_message("a goal"), compression=algorithm)
    assert columns(answer)["label"] == [b"sport"]
    large = infer_message("a" * 2_000_000)
    assert len(gzip.compress(large.SerializeToString())) < 10_000
    code, details = failure(over_grpc, "ModelInfer", large, compression=algorithm)
    assert (code, "larger than max" in details) == ("RESOURCE_EXHAUSTED", True)


def test_calls_are_counted(over_grpc):
    ask(over_grpc, "ModelInfer", infer_message("a goal"))
    failure(over_grpc, "ModelInfer", infer_message("a", model="nobody"))
    text = over_grpc.client.get("/metrics").text
    assert 'argosy_requests_total{route="grpc_model_infer",status="OK"}' in text
    assert 'argosy_requests_total{route="grpc_model_infer",status="NOT_FOUND"}' in text
    assert 'argosy_request_seconds_count{route="grpc_model_infer"}' in text
