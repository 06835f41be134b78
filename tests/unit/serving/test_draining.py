"""A request that takes long is answered by the version that it began with, whatever is promoted meanwhile."""

import asyncio
import base64

import pytest
from serving_doubles import Held, Loading, aspire

from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.spool import SpoolWriter
from argosy.serving.dataplane import DataPlane
from argosy.serving.latency import LatencyEstimate
from argosy.serving.manager import Manager
from argosy.serving.recording import Recorder
from argosy.serving.requests import InferRequest
from argosy.testing.waiting import PATIENCE
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault


class LoadingHeld(Loading):
    def load(self, reference):
        super().load(reference)
        return Held(reference.artifact)


@pytest.mark.parametrize("transition", ["availability-preserving", "resource-preserving"])
def test_a_slow_request_keeps_its_version_until_it_is_answered(tmp_path, database, transition):
    keys = EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()})
    scope = Vault(database, keys).scope(SCOPE)
    loader = LoadingHeld()
    plane = DataPlane(Manager(loader), Recorder(SpoolWriter(tmp_path / "spool", scope), PredictionIds(scope)))

    def promote(number):
        plane.manager.aspire([aspire([number], {"champion": number}, transition=transition)])
        settle()

    def settle():
        while plane.manager.step():
            pass

    async def swap():
        old = plane.manager.routing.find("topics").predictor
        old.may_answer.clear()
        old.is_asked.clear()
        plane.manager.routing.find("topics").latency = LatencyEstimate()  # as if it were slow: it answers on a thread
        slow = asyncio.create_task(plane.infer(InferRequest("topics", ["a text"])))
        await asyncio.to_thread(old.is_asked.wait, PATIENCE)
        promote(2)
        unloaded = list(loader.unloaded)
        old.may_answer.set()
        answer = await slow
        settle()
        return unloaded, answer.version, (await plane.infer(InferRequest("topics", ["a text"]))).version

    promote(1)
    assert asyncio.run(swap()) == ([], 1, 2)
    assert loader.unloaded == ["topics 1"]
    plane.close()
