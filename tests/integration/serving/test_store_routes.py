"""The store over HTTP, as another client sees it and as `RemoteStore` does."""

import hashlib
import re
import subprocess
import sys

import httpx
import numpy as np
import pytest

from argosy import RemoteStore, processes
from argosy.errors import DefinitionInvalid, ModelNotFound, StoreUnavailable, VersionNotFound
from argosy.testing.waiting import PATIENCE, until


@pytest.fixture
def server(project, start):
    project.promote(project.train())
    return start()


@pytest.fixture
def client(server):
    return server.client


@pytest.fixture
def remote(server, tmp_path):
    return RemoteStore(server.url, cache=tmp_path / "cache")


def test_models_are_listed_and_sent_again_only_when_they_change(client):
    answer = client.get("/store/models")
    (topics,) = [model for model in answer.json()["models"] if model["name"] == "topics"]
    assert topics["versions"][0]["number"] == 1
    tag = answer.headers["etag"]
    assert client.get("/store/models", headers={"if-none-match": f'"other", {tag}'}).status_code == 304
    assert client.get("/store/models", headers={"if-none-match": '"other"'}).status_code == 200


def test_a_version_shows_how_it_was_made(client):
    answer = client.get("/store/models/topics/versions/1").json()
    assert answer["version"]["model"] == "topics"
    assert answer["definition"]["adapter"]["name"] == "tfidf"
    assert client.get("/store/models/topics/versions/99").status_code == 404
    assert client.get("/store/models/nothing/versions/1").status_code == 404


def test_an_artifact_comes_whole_in_ranges_and_as_json(client):
    digest = client.get("/store/models/topics/versions/1").json()["version"]["artifact"]
    place = f"/store/artifacts/{digest}"
    whole = client.get(place)
    assert hashlib.sha256(whole.content).hexdigest() == digest
    assert whole.headers["etag"] == f'"{digest}"'
    part = client.get(place, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert client.get(place, headers={"if-none-match": f'"{digest}"'}).status_code == 304
    shown = client.get(place, headers={"accept": "application/json"}).json()
    arrays = [*arrays_in(shown)]
    assert arrays
    for array in arrays:
        assert np.array(array["values"], array["dtype"]).reshape(array["shape"]).size == len(array["values"])
    assert client.get("/store/artifacts/" + "0" * 64).status_code == 404
    assert client.get("/store/artifacts/..%2F..%2Fetc%2Fpasswd").status_code == 404


def arrays_in(value):
    if isinstance(value, dict):
        if value.keys() == {"dtype", "shape", "values"}:
            yield value
        for inner in value.values():
            yield from arrays_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from arrays_in(inner)


def test_a_remote_store_fetches_a_model_with_the_same_answers(remote, server, client):
    body = {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a goal for the team"]}]}
    there = client.post("/v2/models/topics/infer", json=body).json()["outputs"][0]["data"]
    model = remote.fetch("topics")
    assert model.classify(["a goal for the team"]) == there
    assert remote.trained("topics@1").definition["adapter"]["name"] == "tfidf"


def test_what_was_fetched_needs_no_server_again(remote, monkeypatch):
    digest = remote.stored_version("topics@1").artifact
    path = remote.fetch_artifact(digest)
    with monkeypatch.context() as away:
        away.setattr(remote, "url", "http://127.0.0.1:9")
        assert remote.fetch_artifact(digest) == path
        path.chmod(0o600)
        path.write_bytes(b"another")
        with pytest.raises(StoreUnavailable):
            remote.fetch_artifact(digest)
    assert hashlib.sha256(remote.fetch_artifact(digest).read_bytes()).hexdigest() == digest


def test_missing_models_are_reported(remote):
    with pytest.raises(ModelNotFound, match="nothing"):
        remote.stored_version("nothing")
    with pytest.raises(VersionNotFound):
        remote.stored_version("topics@99")


def test_a_token_with_the_scope_is_required(server, tmp_path):
    url, tokens = server.url, server.project.tokens
    other, right = tokens.create("other", ["predict"]), tokens.create("right", ["store"])
    server.until(lambda: server.client.get("/store/models").status_code == 401)
    with pytest.raises(StoreUnavailable, match="answers 401: set ARGOSY_STORE_TOKEN to one of its tokens"):
        RemoteStore(url, cache=tmp_path).all_versions()
    with pytest.raises(StoreUnavailable, match="403") as refused:
        RemoteStore(url, other, tmp_path).all_versions()
    assert other not in str(refused.value)
    assert RemoteStore(url, right, tmp_path).all_versions()


@pytest.mark.parametrize("url", ["", "news", "ftp://host", "http://", "https://user:s3cret@host"])
def test_an_invalid_address_is_refused(url, tmp_path):
    with pytest.raises(DefinitionInvalid) as refused:
        RemoteStore(url, cache=tmp_path)
    assert "s3cret" not in str(refused.value)


def test_a_missing_server_is_one_line(tmp_path):
    with pytest.raises(StoreUnavailable, match="refused"):
        RemoteStore("http://127.0.0.1:9", cache=tmp_path).all_versions()


def test_another_project_serves_its_models_and_keeps_its_own_predictions(server, tmp_path):
    home = tmp_path / "elsewhere"
    home.mkdir()
    (home / "argosy.yaml").write_text("name: elsewhere\n")
    command = [sys.executable, "-m", "argosy", "-C", str(home), "serve", "--port", "0", "--store", server.url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://\S+", process.stdout.readline())[0]
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:

            def ask():
                return client.post("/v1/models/topics:predict", json={"instances": ["a goal"]})

            until(lambda: client.get("/v2/health/ready").status_code == 200)
            answer = ask()
            assert answer.headers["argosy-model-version"] == "1"
            server.project.promote(server.project.train(suffix="s"))
            until(lambda: ask().headers["argosy-model-version"] == "2")
            given = {"prediction_id": answer.headers["argosy-prediction-id"], "label": "money"}
            assert client.post("/feedback", json=given).status_code == 201
    finally:
        processes.stop(process)


@pytest.mark.parametrize("options", [["--strict"], ["--code", "stored"]])
def test_what_is_about_own_versions_is_refused_with_another_store(options, tmp_path):
    (tmp_path / "argosy.yaml").write_text("name: elsewhere\n")
    command = [sys.executable, "-m", "argosy", "-C", str(tmp_path), "serve", "--store", "http://127.0.0.1:9", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, "leave out --store" in done.stderr) == (2, True)
