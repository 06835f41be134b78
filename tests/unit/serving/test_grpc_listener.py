"""A listener for gRPC with a model that a test holds: deadlines, cancellation, too many calls, and how it stops."""

import asyncio
import base64
import threading
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from serving_doubles import Answering, Loading, aspire

from argosy.http.authentication import Authentication
from argosy.http.connection_limits import ConnectionLimits
from argosy.http.request_limits import RequestLimits
from argosy.http.request_metrics import RequestMetrics
from argosy.predictions.feedback_writer import FeedbackWriter
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.spool import SpoolWriter
from argosy.serving.dataplane import DataPlane
from argosy.serving.grpc import grpc_listener
from argosy.serving.grpc.messages import message_class
from argosy.serving.manager import Manager
from argosy.serving.model_control import ModelControl
from argosy.serving.readiness import Readiness
from argosy.serving.recording import Recorder
from argosy.serving.repository import ModelRepository
from argosy.siblings.siblings import Siblings
from argosy.testing.waiting import PATIENCE
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.tokens import Tokens
from argosy.vault.vault import Vault

INFER = "/inference.GRPCInferenceService/ModelInfer"
LIVE = "/inference.GRPCInferenceService/ServerLive"
Answer = message_class("inference.ModelInferResponse")
Request = message_class("inference.ModelInferRequest")


class Held(Answering):
    """Answers `wait` once it may, and anything else at once."""

    waits = True  # on a thread of its own

    def __init__(self, artifact):
        super().__init__(artifact)
        self.asked, self.may_answer = [], threading.Event()

    def score(self, inputs, limit):
        self.asked += inputs
        if "wait" in inputs:
            assert self.may_answer.wait(PATIENCE)
        if "fail" in inputs:
            raise ZeroDivisionError(inputs[0].upper())
        return super().score(inputs, limit)


class LoadingHeld(Loading):
    def load(self, reference):
        return Held(reference.artifact)


class Bench:
    """A listener on the loop of a test, and its model."""

    def __init__(self, folder, database, seconds=PATIENCE, connections=100, shutdown_seconds=PATIENCE):
        keys = EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()})
        vault = Vault(database, keys)
        scope = vault.scope(SCOPE)
        self.manager = Manager(LoadingHeld())
        self.metrics = RequestMetrics()
        self.plane = DataPlane(self.manager, Recorder(SpoolWriter(folder / "spool", scope), PredictionIds(scope)))
        self.manager.aspire([aspire([1], {"champion": 1})])
        while self.manager.step():
            pass
        self.listener = grpc_listener(
            0,
            SimpleNamespace(
                dataplane=self.plane,
                repository=ModelRepository(self.plane, ModelControl(self.manager.aspire)),
                readiness=Readiness(self.plane, Siblings()),
            ),
            FeedbackWriter(None, None),
            Authentication(Tokens(database, vault)),
            self.metrics,
            RequestLimits(seconds=seconds),
            ConnectionLimits(seconds=seconds, connections=connections, shutdown_seconds=shutdown_seconds),
        )
        self.hurry = None

    @property
    def model(self):
        return self.manager.routing.find("topics", None).predictor

    @asynccontextmanager
    async def running(self):
        """A channel to it."""
        self.hurry = asyncio.Event()
        await self.listener.start("127.0.0.1")
        try:
            async with grpc.aio.insecure_channel(self.listener.url.removeprefix("grpc://")) as channel:
                yield channel
        finally:
            self.model.may_answer.set()
            self.hurry.set()
            await self.listener.stop(self.hurry)
            self.plane.close()

    def counted(self, code):
        found = self.metrics.registry.get_sample_value(
            "argosy_requests_total", {"route": "grpc_model_infer", "status": code}
        )
        return found or 0


@pytest.fixture
def bench(tmp_path, database):
    return lambda **limits: Bench(tmp_path, database, **limits)


def message(*texts):
    made = Request(model_name="topics")
    made.inputs.add(name="text", datatype="BYTES", shape=[len(texts)]).contents.bytes_contents.extend(
        [text.encode() for text in texts]
    )
    return made.SerializeToString()


def ask(channel, *texts, timeout=PATIENCE):
    return channel.unary_unary(INFER, response_deserializer=Answer.FromString)(message(*texts), timeout=timeout)


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


async def code_of_call(call):
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code().name
    return "OK"


def test_a_callers_deadline_passes_and_its_rows_are_not_scored(bench):
    async def scenario(made):
        async with made.running() as channel:
            held = ask(channel, "wait")
            await until(lambda: "wait" in made.model.asked)
            assert await code_of_call(ask(channel, "late", timeout=0.05)) == "DEADLINE_EXCEEDED"
            await until(lambda: made.counted("CANCELLED") + made.counted("DEADLINE_EXCEEDED") == 1)
            made.model.may_answer.set()
            assert (await held).outputs[0].name == "label"
            assert await code_of_call(ask(channel, "a text")) == "OK"
            assert "late" not in made.model.asked

    asyncio.run(scenario(bench()))


def test_the_servers_own_limit_of_time_holds_too(bench):
    async def scenario(made):
        async with made.running() as channel:
            with pytest.raises(grpc.aio.AioRpcError, match=r"it took longer than the limit of 0\.05 s") as raised:
                await ask(channel, "wait")
            assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED

    asyncio.run(scenario(bench(seconds=0.05)))


def test_a_message_that_does_not_come_is_not_waited_for(bench):
    async def scenario(made):
        async with made.running() as channel:
            silent = channel.stream_unary(INFER)()
            await silent.wait_for_connection()
            assert await code_of_call(silent) == "DEADLINE_EXCEEDED"

    asyncio.run(scenario(bench(seconds=0.05)))


def test_a_cancelled_call_is_counted_and_not_scored(bench):
    async def scenario(made):
        async with made.running() as channel:
            held = ask(channel, "wait")
            await until(lambda: "wait" in made.model.asked)
            given_up = ask(channel, "given up")
            await until(lambda: made.manager.routing.find("topics", None).in_flight == 2)
            given_up.cancel()
            await until(lambda: made.counted("CANCELLED") == 1)
            made.model.may_answer.set()
            await held
            assert await code_of_call(ask(channel, "a text")) == "OK"
            assert "given up" not in made.model.asked
            assert made.manager.routing.find("topics", None).in_flight == 0

    asyncio.run(scenario(bench()))


def test_a_defect_is_answered_without_its_message(bench, caplog):
    async def scenario(made):
        async with made.running() as channel:
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await ask(channel, "fail")
        assert raised.value.code() is grpc.StatusCode.INTERNAL
        assert raised.value.details() == "the server made a mistake; its log says more"

    asyncio.run(scenario(bench()))
    assert "ZeroDivisionError" in caplog.text
    assert "FAIL" not in caplog.text


def test_calls_beyond_the_limit_are_refused_at_once(bench):
    async def scenario(made):
        async with made.running() as channel:
            held = [asyncio.ensure_future(code_of_call(ask(channel, "wait"))) for _ in range(3)]
            await until(lambda: made.manager.routing.find("topics", None).in_flight == 3)
            async with grpc.aio.insecure_channel(
                made.listener.url.removeprefix("grpc://"), options=[("grpc.use_local_subchannel_pool", 1)]
            ) as other:
                assert await code_of_call(ask(other, "a text")) == "RESOURCE_EXHAUSTED"
            made.model.may_answer.set()
            assert set(await asyncio.gather(*held)) == {"OK"}
            await until(lambda: made.manager.routing.find("topics", None).in_flight == 0)
            assert await code_of_call(ask(channel, "a text")) == "OK"

    asyncio.run(scenario(bench(connections=3)))


def test_stopping_lets_calls_end_and_takes_no_others(bench):
    async def scenario(made):
        async with made.running() as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            watched = stub.Watch(health_pb2.HealthCheckRequest())
            assert (await watched.read()).status == health_pb2.HealthCheckResponse.SERVING
            held = ask(channel, "wait")
            await until(lambda: "wait" in made.model.asked)
            stopping = asyncio.ensure_future(made.listener.stop(made.hurry))
            assert (await watched.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
            assert await watched.read() is grpc.aio.EOF
            assert await code_of_call(ask(channel, "a text")) in ("UNAVAILABLE", "CANCELLED")
            assert not stopping.done()
            made.model.may_answer.set()
            assert (await held).model_version == "1"
            await stopping

    asyncio.run(scenario(bench()))


@pytest.mark.parametrize("hurries", [True, False])
def test_stopping_ends_what_does_not_end_by_itself(bench, hurries):
    async def scenario(made):
        async with made.running() as channel:
            held = asyncio.ensure_future(code_of_call(ask(channel, "wait")))
            await until(lambda: "wait" in made.model.asked)
            stopping = asyncio.ensure_future(made.listener.stop(made.hurry))
            if hurries:
                made.hurry.set()
            await stopping
            assert await held in ("UNAVAILABLE", "CANCELLED")
            with suppress(grpc.aio.AioRpcError):
                await channel.unary_unary(LIVE)(b"", timeout=0.1)

    asyncio.run(scenario(bench(shutdown_seconds=PATIENCE if hurries else 0.05)))
