"""Questions to a model on the fast lane, from the bytes that a connection receives to those that it writes."""

import asyncio
import base64
import gc
import json

import pytest
from serving_doubles import Loading, aspire

from argosy.http.connection import Connection
from argosy.http.connection_limits import ConnectionLimits
from argosy.http.connections import Connections
from argosy.http.endpoint import Endpoint
from argosy.http.fast_lane import FastLane
from argosy.http.request_limits import RequestLimits
from argosy.http.request_metrics import RequestMetrics
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.spool import SpoolWriter
from argosy.serving.dataplane import DataPlane
from argosy.serving.manager import Manager
from argosy.serving.recording import Recorder
from argosy.serving.rest.inference import Inference
from argosy.serving.rest.v2 import V2Inference
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault

BODY = json.dumps({"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a text"]}]}).encode()
REQUEST = b"POST /v2/models/topics/infer HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"


class Everyone:
    """Lets every caller in."""

    def __init__(self):
        self.authentication, self.state = self, object()

    def check(self, method, fields, scope):
        return None


class Written(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self):
        super().__init__()
        self.data = b""

    def write(self, data):
        self.data += data

    def set_write_buffer_limits(self, high=None, low=None):
        """There is no limit."""

    def resume_reading(self):
        """It is never paused."""


@pytest.fixture
def lane(tmp_path, database):
    keys = EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()})
    scope = Vault(database, keys).scope(SCOPE)
    plane = DataPlane(Manager(Loading()), Recorder(SpoolWriter(tmp_path / "spool", scope), PredictionIds(scope)))
    plane.manager.aspire([aspire([1], {"champion": 1})])
    while plane.manager.step():
        pass
    for _ in range(400):
        plane.manager.routing.find("topics").latency.learn(1, 10, 1e-6)
    inference = Inference(plane, RequestLimits(), V2Inference(plane, RequestLimits()))
    endpoint = Endpoint("POST", "/v2/models/{model}/infer", "infer", inference.handle, "", "", fast=inference)
    yield FastLane([endpoint], Everyone(), RequestMetrics(), RequestLimits())
    plane.close()


async def answers_to(lane, requests):
    """What is written on one connection for each request."""
    connections = Connections(None, ConnectionLimits(), lane)
    connection, transport, answers = Connection(connections), Written(), []
    connection.connection_made(transport)
    for request in requests:
        connections.buffer[: len(request)] = request
        connection.buffer_updated(len(request))
        while not transport.data:
            await asyncio.sleep(0)
        answers.append(transport.data)
        transport.data = b""
    connection.connection_lost(None)
    return answers


def test_an_answered_request_leaves_nothing_that_refers_to_itself(lane):
    requests = [REQUEST % (len(body), body) for body in (BODY, b"{}")] * 20

    async def ask():
        await answers_to(lane, requests)
        gc.collect()
        gc.disable()
        try:
            answers = await answers_to(lane, requests)
            return answers, gc.collect()
        finally:
            gc.enable()

    answers, unreachable = asyncio.run(ask())
    assert [one.split(b" ", 2)[1] for one in answers] == [b"200", b"400"] * 20
    assert unreachable < len(requests)
