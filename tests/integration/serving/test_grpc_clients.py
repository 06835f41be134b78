"""gRPC by clients that others wrote: NVIDIA's, in both forms, and the stubs of health and reflection."""

import asyncio
from contextlib import suppress

import grpc
import numpy as np
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_calls import channel
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from tritonclient import grpc as triton
from tritonclient.grpc import aio as triton_aio
from tritonclient.utils import InferenceServerException

from argosy.serving.grpc.messages import FEEDBACK_SERVICE, INFERENCE
from argosy.testing.waiting import PATIENCE

SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture
def client(over_grpc):
    with triton.InferenceServerClient(over_grpc.grpc_address) as made:
        yield made


def texts(*values):
    tensor = triton.InferInput("text", [len(values)], "BYTES")
    tensor.set_data_from_numpy(np.array(values, object))
    return [tensor]


def test_tritons_client_finds_server_and_models(client):
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("topics", "2")
    assert client.get_server_metadata().name == "argosy"
    assert [one.name for one in client.get_model_metadata("topics").inputs] == ["text"]


def test_tritons_client_unloads_and_loads_a_model(client):
    client.unload_model("fields")
    index = {(one.name, one.version): one for one in client.get_model_repository_index().models}
    assert set(index) == {("topics", "1"), ("topics", "2"), ("fields", "1")}
    assert index["fields", "1"].reason.startswith("unloaded by request")
    with pytest.raises(InferenceServerException, match="no model is called 'fields'"):
        client.get_model_metadata("fields")
    with pytest.raises(InferenceServerException, match="leave out parameters"):
        client.load_model("fields", config="{}")
    client.load_model("fields")
    assert client.is_model_ready("fields")
    with pytest.raises(InferenceServerException, match="no model to serve is called 'field'"):
        client.unload_model("field")


def test_tritons_client_reads_statistics(client):
    def counted():
        [found] = client.get_inference_statistics("topics", "canary").model_stats
        return found

    before = counted()
    client.infer("topics", texts("a goal", "the bank"), model_version="2")
    after = counted()
    assert (after.name, after.version, after.inference_count - before.inference_count) == ("topics", "2", 2)
    assert after.inference_stats.success.count == before.inference_stats.success.count + 1
    assert after.inference_stats.success.ns > before.inference_stats.success.ns
    assert 2 in [one.batch_size for one in after.batch_stats]
    assert len(client.get_inference_statistics().model_stats) == 3


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_tritons_client_is_answered(client, over_grpc, compression):
    answer = client.infer(
        "topics",
        texts("a goal for the team", "the bank — été"),
        outputs=[triton.InferRequestedOutput(name) for name in ("label", "probabilities")],
        request_id="mine",
        parameters={"client": "triton"},
        compression_algorithm=compression,
    )
    assert answer.as_numpy("label").tolist() == [b"sport", b"money"]
    assert answer.as_numpy("probabilities").sum(axis=1) == pytest.approx([1.0, 1.0])
    response = answer.get_response()
    assert response.id == "mine"
    logged = over_grpc.project.predictions.get(response.parameters["prediction_id"].string_param)
    assert (logged.client, logged.input) == ("triton", "a goal for the team")


def test_tritons_client_sends_fields_and_calls_back(client):
    ratio = triton.InferInput("ratio", [2], "FP32").set_data_from_numpy(np.array([-0.4, 0.4], np.float32))
    plan = triton.InferInput("plan", [2], "BYTES").set_data_from_numpy(np.array([b"a", b"b"], object))
    with asyncio.Runner() as runner:
        loop, answered = runner.get_loop(), asyncio.Queue()
        client.async_infer(
            "fields",
            [ratio, plan],
            lambda result, error: loop.call_soon_threadsafe(answered.put_nowait, (result, error)),
        )
        result, error = runner.run(asyncio.wait_for(answered.get(), PATIENCE))
    assert error is None
    assert result.as_numpy("label").tolist() == [b"low", b"high"]


def test_tritons_client_receives_the_error(client):
    with pytest.raises(InferenceServerException, match="did you mean 'topics'") as raised:
        client.infer("topic", texts("a"))
    assert raised.value.status() == "StatusCode.NOT_FOUND"
    with pytest.raises(InferenceServerException, match="'classification': leave it out"):
        client.infer("topics", texts("a"), outputs=[triton.InferRequestedOutput("label", class_count=2)])
    with pytest.raises(InferenceServerException, match="reflection lists"):
        client.get_model_config("topics")


def test_tritons_streams_are_refused(client):
    answered = []
    client.start_stream(lambda result, error: answered.append((result, error)))
    with suppress(InferenceServerException):  # it may know already
        client.async_stream_infer("topics", texts("a goal"))
    client.stop_stream()
    assert [(result, "no such method" in str(error)) for result, error in answered] == [(None, True)]


def test_tritons_asynchronous_client_is_answered_many_times_at_once(over_grpc):
    async def ask():
        async with triton_aio.InferenceServerClient(over_grpc.grpc_address) as client:
            assert await client.is_server_ready()
            assert await client.is_model_ready("topics")
            given = ["a goal", "the bank"] * 50
            answers = await asyncio.gather(
                *(client.infer("topics", texts(text), request_id=str(number)) for number, text in enumerate(given))
            )
            return [(one.get_response().id, one.as_numpy("label").tolist()) for one in answers]

    answers = asyncio.run(ask())
    assert answers == [(str(number), [[b"sport"], [b"money"]][number % 2]) for number in range(100)]


def test_health_is_asked_by_service(over_grpc):
    with channel(over_grpc) as opened:
        stub = health_pb2_grpc.HealthStub(opened)
        for service in ("", INFERENCE, FEEDBACK_SERVICE):
            assert stub.Check(health_pb2.HealthCheckRequest(service=service)).status == SERVING
        watched = stub.Watch(health_pb2.HealthCheckRequest())
        assert next(watched).status == SERVING
        watched.cancel()
        with pytest.raises(grpc.RpcError) as raised:
            stub.Check(health_pb2.HealthCheckRequest(service="another"))
        assert raised.value.code() is grpc.StatusCode.NOT_FOUND


def test_reflection_lists_and_describes_every_service(over_grpc):
    with channel(over_grpc) as opened:
        database = ProtoReflectionDescriptorDatabase(opened)
        assert set(database.get_services()) == {
            INFERENCE,
            FEEDBACK_SERVICE,
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        }
        for service in database.get_services():
            assert service.startswith(database.FindFileContainingSymbol(service).package)
        stub = reflection_pb2_grpc.ServerReflectionStub(opened)
        asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol="inference.ModelInferRequest")
        [answer] = stub.ServerReflectionInfo(iter([asked]))
    [data] = answer.file_descriptor_response.file_descriptor_proto
    described = FileDescriptorProto.FromString(data)
    [service] = described.service
    assert {"ModelInfer", "RepositoryIndex"} <= {one.name for one in service.method}
