"""The access log: one line for each request over every protocol, and nothing in it of what was asked."""

import json

import httpx
import pytest
from grpc_calls import ask, infer_message

SECRET = "a goal in the ninetieth minute"
BODY = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [SECRET]}]}


def lines(server):
    """Of the access log, as far as it was written."""
    log = (server.project.folder / "server.log").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in log]
    return [line for line in found if line["logger"] == "argosy.access" and "/health" not in line["path"]]


@pytest.fixture
def logged(project, start, monkeypatch):
    monkeypatch.setenv("ARGOSY_LOG_FORMAT", "json")
    (project.folder / "argosy.yaml").write_text("server: {access_log: true}\n", "utf-8")
    project.promote(project.train())
    return start


@pytest.mark.parametrize("is_fast", [True, False])
def test_a_request_is_a_line(logged, is_fast):
    server = logged()
    extra = {} if is_fast else {"connection": "close"}  # which goes the long way
    path = "/v2/models/topics/infer"
    answer = server.client.post(f"{path}?text={SECRET}", json=BODY, headers={"argosy-subject": "ada", **extra})
    server.until(lambda: lines(server))
    [line] = lines(server)
    assert line.pop("us") > 0
    assert {name: line[name] for name in ("method", "path", "status", "bytes", "token", "prediction")} == {
        "method": "POST",
        "path": path,
        "status": 200,
        "bytes": len(answer.content),
        "token": "",
        "prediction": answer.headers["argosy-prediction-id"],
    }
    log = (server.project.folder / "server.log").read_text("utf-8")
    assert not any(word in log for word in (SECRET, "ninetieth", "ada"))


def test_a_token_is_named_and_never_shown(project, logged):
    token = project.tokens.create("news-app", ["predict"])
    server = logged()
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        client.post("/v2/models/topics/infer", json=BODY).raise_for_status()
        client.get("/v2/models").raise_for_status()
        assert client.get(f"/{SECRET}/{token}").status_code == 404
    assert server.client.get("/v2/models").status_code == 401
    server.until(lambda: len(lines(server)) == 4)
    seen = [(line["path"], line["status"], line["token"]) for line in lines(server)]
    assert seen == [
        ("/v2/models/topics/infer", 200, "news-app"),
        ("/v2/models", 200, "news-app"),
        ("-", 404, ""),
        ("/v2/models", 401, ""),
    ]
    assert token not in (server.project.folder / "server.log").read_text("utf-8")


def test_a_call_over_grpc_is_a_line(logged):
    server = logged(grpc=True)
    ask(server, "ModelInfer", infer_message(SECRET))
    server.until(lambda: lines(server))
    [line] = lines(server)
    assert (line["method"], line["status"], line["path"]) == (
        "GRPC",
        "OK",
        "/inference.GRPCInferenceService/ModelInfer",
    )
    assert line["prediction"]
    assert line["bytes"] > 0


def test_it_is_off_by_default(project, start, monkeypatch):
    monkeypatch.setenv("ARGOSY_LOG_FORMAT", "json")
    project.promote(project.train())
    server = start()
    server.predict(SECRET)
    server.client.get("/v2/models")
    assert lines(server) == []
