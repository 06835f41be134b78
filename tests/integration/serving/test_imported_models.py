"""An imported model that hangs on an input: its caller gets 503, others get answers, the server ends in time."""

import hashlib
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "models"))

from onnx_files import counting, reading

from argosy.models.adapted_model import AdaptedModel
from argosy.models.adapters.imported import Imported
from argosy.models.estimators.imported import ForwardedScores

pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
FINE, FOR_EVER = {"a": 2.0, "b": 1.0}, {"a": 1e12, "b": 1.0}
PATH = "/v1/models/counting"


def store(project, content, name="counting"):
    fields = {"a": "number", "b": "number"}
    adapter = Imported("onnx", hashlib.sha256(content).hexdigest(), ("no", "yes"), fields=fields).take(content)
    project.promote(project.keep(AdaptedModel(adapter, ForwardedScores("scores"), ["no", "yes"]), name), name)


@pytest.fixture
def server(project, start):
    project.promote(project.train())
    store(project, counting().SerializeToString())
    return start(imported_seconds=1.0)


def ready(server):
    return server.client.get("/v2/models/counting/ready").json()["ready"]


def test_its_caller_gets_503_and_the_next_is_answered(server):
    before = server.predict(FINE, path=PATH).json()["predictions"]
    assert ready(server)
    refused = server.predict(FOR_EVER, path=PATH)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert "no answer within 1 s" in refused.json()["error"]
    server.until(lambda: ready(server))
    after = server.predict(FINE, path=PATH)
    assert [one["probabilities"] for one in after.json()["predictions"]] == [one["probabilities"] for one in before]


def test_while_it_hangs_it_is_not_ready_for_long_and_others_are_answered(server):
    asked = threading.Thread(target=server.predict, args=(FOR_EVER,), kwargs={"path": PATH})
    asked.start()
    while asked.is_alive():
        assert server.predict("a goal", "shares " * 10_000).status_code == 200
    asked.join()
    server.until(lambda: ready(server))


def test_the_server_ends_while_it_hangs(project, start):
    store(project, counting().SerializeToString())
    server = start(imported_seconds=3600.0, seconds=1.0)
    assert server.predict(FOR_EVER, path=PATH).status_code == 503  # and its thread still waits
    server.process.terminate()
    assert server.process.wait(45) == 0


def test_a_stored_model_that_names_a_file_is_not_loaded(project, start):
    project.promote(project.train())
    store(project, reading(str(project.folder / "argosy.db")).SerializeToString(), "reader")
    server = start()
    answer = server.predict(FINE, path="/v1/models/reader")
    assert answer.status_code == 503
    assert "external data, in another file" in answer.json()["error"]
    assert server.predict("a goal").status_code == 200


@pytest.fixture
def echoing(project, start):
    """A model that answers with the two numbers of its file."""
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 2]) for name in ("X", "Y")]
    graph = helper.make_graph([helper.make_node("Identity", ["X"], ["Y"])], "graph", ends[:1], ends[1:])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    store(project, made.SerializeToString(), "echoing")
    return start()


def test_an_input_that_it_cannot_answer_is_the_callers_mistake(echoing):
    def ask(**body):
        return echoing.client.post("/v1/models/echoing:predict", json=body, headers={"argosy-scores": "true"})

    assert [row["scores"] for row in ask(instances=[[1, 2], {"a": 3, "b": 4}]).json()["predictions"]] == [
        [1, 2],
        [3, 4],
    ]
    for missing in ({"a": 1}, {"a": 1, "b": None}, {"a": 1, "b": "nan"}, [1, None]):
        refused = ask(instances=[[1, 2], [3, 4], missing])
        assert refused.status_code == 400
        said = "row 3: the imported model gave no number: b missing"
        assert refused.json()["error"] == said
