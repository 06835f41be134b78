"""A shadow that hangs, fails or falls behind: no caller notices, and no more waits than is allowed."""

import asyncio
import base64
import threading

import pytest
from serving_doubles import Answering, Loading, aspire

from argosy.definitions.served_models import ShareSettings
from argosy.predictions.ids import PredictionIds
from argosy.predictions.log import SCOPE
from argosy.predictions.spool import SpoolWriter
from argosy.serving.dataplane import DataPlane
from argosy.serving.manager import Manager
from argosy.serving.recording import Recorder
from argosy.serving.requests import InferRequest
from argosy.serving.shadowing import MOST_WAITING
from argosy.testing.waiting import PATIENCE
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.vault import Vault

ASKED = MOST_WAITING + 20


class Shadow(Answering):
    def __init__(self, artifact):
        super().__init__(artifact)
        self.may_answer, self.problem = threading.Event(), None
        self.may_answer.set()  # it is warmed up before it serves

    def score(self, inputs, limit):
        assert self.may_answer.wait(PATIENCE)
        if self.problem:
            raise self.problem
        return super().score(inputs, limit)


class LoadingShadow(Loading):
    def load(self, reference):
        super().load(reference)
        return (Shadow if reference.artifact == "topics 2" else Answering)(reference.artifact)


@pytest.fixture
def plane(tmp_path, database):
    keys = EnvironmentKeys({"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()})
    scope = Vault(database, keys).scope(SCOPE)
    made = DataPlane(Manager(LoadingShadow()), Recorder(SpoolWriter(tmp_path / "spool", scope), PredictionIds(scope)))
    shadow = ShareSettings(alias="next", share=1)
    made.manager.aspire([aspire([1, 2], {"champion": 1, "next": 2}, shadow=shadow)])
    while made.manager.step():
        pass
    yield made
    made.close()


def counted(plane):
    registry, labels = plane.metrics.registry, {"model": "topics", "version": "2"}
    found = {
        result: registry.get_sample_value("argosy_shadow_answers_total", {**labels, "result": result})
        for result in ("same", "different", "failed", "dropped")
    }
    return {result: value for result, value in found.items() if value}


async def ask(plane, times, shadow):
    """Ask one after the other; then let the shadow go on, and wait until it has nothing left to do."""
    versions = [(await plane.infer(InferRequest("topics", [f"text {n}"]))).version for n in range(times)]
    shadow.predictor.may_answer.set()
    async with asyncio.timeout(PATIENCE):
        while shadow.in_flight:
            await asyncio.sleep(0.001)
    return versions


def test_callers_do_not_wait_for_a_shadow_and_what_it_cannot_keep_up_with_is_dropped(plane):
    shadow = plane.manager.routing.find("topics", 2)
    shadow.predictor.may_answer.clear()
    assert asyncio.run(ask(plane, ASKED, shadow)) == [1] * ASKED
    found = counted(plane)
    assert found["same"] + found["dropped"] == ASKED
    assert found["same"] in (MOST_WAITING, MOST_WAITING + 1)  # and the one that it has begun


def test_a_shadow_that_fails_is_counted_and_reported_once(plane, caplog):
    shadow = plane.manager.routing.find("topics", 2)
    shadow.predictor.problem = RuntimeError("no such column")
    assert asyncio.run(ask(plane, 3, shadow)) == [1] * 3
    assert counted(plane) == {"failed": 3}
    assert sum("a shadow, failed to answer" in line for line in caplog.messages) == 1


def test_a_shadow_is_not_asked_where_a_version_was_named(plane):
    shadow = plane.manager.routing.find("topics", 2)

    async def named():
        for version in (1, "1", "champion", "next"):
            await plane.infer(InferRequest("topics", ["a text"], version))

    asyncio.run(named())
    assert (counted(plane), shadow.in_flight) == ({}, 0)


def test_a_model_that_raises_is_at_fault_in_its_tally(plane):
    shadow = plane.manager.routing.find("topics", 2)
    shadow.predictor.problem = RuntimeError("no such column")

    async def asked():
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await plane.infer(InferRequest("topics", ["a text"], 2))
        await plane.infer(InferRequest("topics", ["a text"], 1))

    asyncio.run(asked())
    assert (shadow.statistics.tally().failed, shadow.statistics.tally().answered) == (3, 0)
    served = plane.manager.routing.find("topics", 1).statistics.tally()
    assert (served.failed, served.answered, sum(served.calls)) == (0, 1, 1)
