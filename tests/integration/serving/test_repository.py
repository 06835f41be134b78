"""Triton's extensions with Triton's client: the model repository and statistics."""

import pytest
import tritonclient.http as triton

TEXT = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["a goal", "the bank"]}]}


@pytest.fixture
def server(project, start):
    project.promote(project.train())
    project.promote(project.train(suffix="!"), alias="canary")
    project.promote(project.train("tone", suffix="~"), "tone")
    return start()


@pytest.fixture
def client(server):
    with triton.InferenceServerClient(server.url.removeprefix("http://")) as made:
        yield made


def states(client):
    return {(row["name"], row["version"]): row["state"] for row in client.get_model_repository_index()}


def test_a_model_is_unloaded_until_it_is_loaded(server, client):
    everything = {("tone", "1"): "READY", ("topics", "1"): "READY", ("topics", "2"): "READY"}
    assert states(client) == everything
    client.unload_model("topics")
    assert server.predict("a goal").status_code == 404
    assert client.is_model_ready("tone")
    server.until(lambda: states(client)["topics", "1"] == "UNAVAILABLE")
    [first, _] = [row for row in client.get_model_repository_index() if row["name"] == "topics"]
    assert first["reason"].startswith("unloaded by request")
    ready = server.client.post("/v2/repository/index", json={"ready": True}).json()
    assert [row["name"] for row in ready] == ["tone"]
    client.unload_model("topics")
    client.load_model("topics")
    assert server.predict("a goal").status_code == 200
    assert states(client) == everything
    client.load_model("topics")


def test_an_unloaded_model_stays_so_while_its_aliases_move(server, client):
    client.unload_model("topics")
    server.project.promote(server.project.train(suffix="?"))
    server.project.promote(server.project.train("news"), "news")
    server.until(lambda: ("news", "1") in states(client) and states(client)["news", "1"] == "READY")
    assert states(client)["topics", "3"] == "UNAVAILABLE"
    assert server.predict("a goal").status_code == 404
    client.load_model("topics")
    assert server.predict("a goal").json()["predictions"][0]["label"] == "sport?"


def test_a_load_that_fails_says_why(server, client):
    client.unload_model("tone")
    server.until(lambda: states(client)["tone", "1"] == "UNAVAILABLE")
    path = server.project.store.artifacts.path(server.project.store.stored_version("tone@1").artifact)
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    refused = server.client.post("/v2/repository/models/tone/load")
    assert refused.status_code == 503
    assert "version 1:" in refused.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("models/nothing/load", b"", 404, "there are: topics"),
        ("models/topcs/unload", b"{}", 404, "did you mean 'topics'"),
        ("models/topics/load", b'{"parameters": {"config": "{}"}}', 400, "leave out parameters"),
        ("models/topics/load", b'{"parameters": []}', 400, "leave out parameters"),
        ("models/topics/load", b"{", 400, "not JSON"),
        ("models/topics/unload", b"[]", 400, "must be a JSON object"),
        ("index", b'{"ready": 1}', 400, "true or false"),
    ],
)
def test_bad_requests_get_one_clear_line(shared, path, body, status, said):
    answer = shared.client.post(f"/v2/repository/{path}", content=body)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert said in answer.json()["error"]


def test_statistics_count_rows_requests_and_calls(server, client):
    before = client.get_inference_statistics("topics", "1")["model_stats"][0]
    assert (before["inference_count"], before["last_inference"], before["batch_stats"]) == (0, 0, [])
    for _ in range(3):
        assert server.client.post("/v2/models/topics/infer", json=TEXT).status_code == 200
    server.predict("a goal")
    server.predict("")
    [found] = client.get_inference_statistics("topics", "1")["model_stats"]
    assert (found["name"], found["version"], found["inference_count"]) == ("topics", "1", 7)
    assert found["inference_stats"]["success"]["count"] == 4
    assert found["inference_stats"]["success"]["ns"] >= found["inference_stats"]["compute_infer"]["ns"] > 0
    assert found["execution_count"] == sum(one["compute_infer"]["count"] for one in found["batch_stats"])
    assert [one["batch_size"] for one in found["batch_stats"]] == [1, 2]
    assert found["last_inference"] > before["last_inference"]
    named = [(one["name"], one["version"]) for one in client.get_inference_statistics()["model_stats"]]
    assert named == [("tone", "1"), ("topics", "1"), ("topics", "2")]
    assert len(client.get_inference_statistics("topics")["model_stats"]) == 2
    by_alias = server.client.get("/v2/models/topics/versions/canary/stats").json()["model_stats"]
    assert [one["version"] for one in by_alias] == ["2"]
    assert server.client.get("/v2/models/topics/versions/9/stats").status_code == 404
    assert server.client.get("/v2/models/nothing/stats").status_code == 404


def test_the_server_says_which_extensions_it_has(client):
    assert client.get_server_metadata()["extensions"] == ["binary_tensor_data", "model_repository", "statistics"]
