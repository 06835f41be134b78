"""Versions of a model of tensors next to each other: canary, shadow, and requests that a new one must answer."""

import pytest

pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
pytest.importorskip("onnx", reason="a development package")

from onnx import TensorProto, helper
from tensor_files import graph, tensor

from argosy.models.adapted_model import AdaptedModel
from argosy.models.estimators.imported import ForwardedTensors
from argosy.predictions.drain import drain_once
from argosy.predictions.log import SCOPE
from argosy.predictions.shadows import shadow_agreement
from argosy.predictions.warm_up_requests import WarmUpRequests
from argosy.training.given_signature import GivenSignature
from argosy.training.tensor_importing import opened_tensors
from stored.rows import count


def divided(by, width="n"):
    """Takes `x` INT64[rows, width]; gives `y`, each divided by the constant."""
    constant = helper.make_tensor("by", TensorProto.INT64, [], [by])
    ends = [tensor(name, "INT64", "rows", width) for name in ("x", "y")]
    return graph([helper.make_node("Div", ["x", "by"], ["y"])], ends[:1], ends[1:], [constant])


def keep(project, content, alias):
    adapter = opened_tensors("onnx", content, GivenSignature())
    number = project.keep(AdaptedModel(adapter, ForwardedTensors()), "parts", prefix=f"model {alias}")
    project.promote(number, "parts", alias)
    return number


@pytest.fixture
def served(project, start):
    """Version 1 (champion) divides by 10, version 2 (`next`) by 12; served as settings say."""
    keep(project, divided(10), "champion")
    keep(project, divided(12), "next")

    def started(settings):
        (project.folder / "argosy.yaml").write_text(f"name: shop\nserver: {{models: {{parts: {settings}}}}}\n")
        return start()

    return started


def ask(server, *rows, **headers):
    body = {"inputs": [{"name": "x", "datatype": "INT64", "shape": [len(rows), 2], "data": [*map(list, rows)]}]}
    answer = server.client.post("/v2/models/parts/infer", json=body, headers=headers)
    return answer.json()["outputs"][0]["data"], answer.headers["argosy-model-version"]


def results(server):
    lines = server.client.get("/metrics").text.splitlines()
    found = [line for line in lines if line.startswith("argosy_shadow_answers_total{")]
    return {line.partition('result="')[2].partition('"')[0]: float(line.rpartition(" ")[2]) for line in found}


def test_a_canary_of_tensors_answers_its_share(served):
    server = served("{canary: {alias: next, share: 0.5}}")
    found = {ask(server, (120, 10), **{"argosy-entity": f"part {number}"})[1] for number in range(30)}
    assert found == {"1", "2"}


def test_a_shadow_of_tensors_is_compared_row_by_row_and_logged(served, project):
    server = served("{shadow: {alias: next, share: 1}}")
    assert ask(server, (1, 2), (120, 130), (-10, 25)) == ([0, 0, 12, 13, -1, 2], "1")
    server.until(lambda: sum(results(server).values()) == 3)
    assert results(server) == {"same": 1, "different": 2}
    drain_once(project.spool, project.database)
    assert (project.predictions.count(), count(project.database, "shadow_predictions")) == (3, 3)
    [found] = shadow_agreement(project.database, "parts")
    assert (found.version, found.served, found.rows, found.same) == (2, 1, 3, 1)


def test_requests_of_callers_warm_the_next_version_which_must_answer_them(served, project):
    server = served("{}")
    assert ask(server, (120, 10), (20, 30)) == ([12, 1, 2, 3], "1")
    drain_once(project.spool, project.database)
    requests = WarmUpRequests(project.database, project.vault.scope(SCOPE))
    assert requests.record("parts", 10) == 2
    assert [one["inputs"] for one in requests.of("parts")] == [{"x": [120, 10]}, {"x": [20, 30]}]
    wider = keep(project, divided(10, width=3), "wide")
    assert "warm-up request 1 of 2: the input 'x' has the shape [1, 2]" in refused(server, project, wider)
    assert ask(server, (120, 10))[1] == "1"
    project.promote(2, "parts")
    server.until(lambda: ask(server, (120, 10)) == ([10, 0], "2"))


def refused(server, project, number):
    """Promote a version that is refused; why."""
    project.promote(number, "parts")

    def said():
        index = server.client.post("/v2/repository/index", json={}).json()
        return "".join(one["reason"] for one in index if one["version"] == str(number) and "warm-up" in one["reason"])

    server.until(said)
    return said()
