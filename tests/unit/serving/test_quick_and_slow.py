"""Models that answer in milliseconds do not wait for those that take seconds."""

import asyncio
import base64
from time import perf_counter

import pytest
from serving_doubles import Answering, Held, Loading, aspire

from argosy.errors import RequestTooSlow
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.spool import SpoolWriter
from argosy.serving.dataplane import DataPlane
from argosy.serving.manager import Manager
from argosy.serving.recording import Recorder
from argosy.serving.requests import InferRequest
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault


class LoadingBoth(Loading):
    def load(self, reference):
        super().load(reference)
        return (Held if reference.artifact.startswith("slow") else Answering)(reference.artifact)


@pytest.fixture
def plane(tmp_path, database):
    keys = EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()})
    scope = Vault(database, keys).scope(SCOPE)
    made = DataPlane(Manager(LoadingBoth()), Recorder(SpoolWriter(tmp_path / "spool", scope), PredictionIds(scope)))
    made.manager.aspire([aspire([1], {"champion": 1}, name) for name in ("slow", "quick")])
    while made.manager.step():
        pass
    yield made
    made.close()


@pytest.mark.parametrize("name", ["quick", "slow"])
def test_an_abandoned_request_is_not_scored(plane, name):
    asked = []
    plane.manager.routing.find(name, None).predictor.score = lambda *given: asked.append(given)
    with pytest.raises(RequestTooSlow, match="before the model could answer it"):
        asyncio.run(plane.infer(InferRequest(name, ["a text"], deadline=perf_counter() - 1.0)))
    assert asked == []


def test_a_quick_model_answers_while_a_slow_one_is_at_it(plane):
    quick, slow = (plane.manager.routing.find(name, None) for name in ("quick", "slow"))
    for _ in range(200):  # as if it had been measured for a while
        quick.latency.learn(1, 10, 2e-3)
        slow.latency.learn(1, 10, 2.0)
    assert (quick.latency.speed(1, 10), slow.latency.speed(1, 10)) == ("quick", "slow")

    slow.predictor.is_asked.clear()
    slow.predictor.may_answer.clear()

    async def ask():
        waiting = asyncio.ensure_future(plane.infer(InferRequest("slow", ["a text"])))
        await asyncio.to_thread(slow.predictor.is_asked.wait, 30)
        try:
            first = await asyncio.wait_for(plane.infer(InferRequest("quick", ["a text"])), 30)
            assert not waiting.done()
        finally:
            slow.predictor.may_answer.set()
        return first, await waiting

    assert [answer.answers for answer in asyncio.run(ask())] == [["sport"], ["sport"]]
