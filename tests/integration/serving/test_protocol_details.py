"""Requests of clients of other servers: compressed bodies, rows without names, KServe's V1."""

import gzip
import json
import zlib

import pytest

PREDICT, INFER = "/v1/models/topics:predict", "/v2/models/topics/infer"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_bodies_are_read_on_every_route(shared, encoding, compress):
    headers = {**JSON, "content-encoding": encoding}
    predicted = shared.client.post(PREDICT, content=compress(b'{"instances": ["a goal"]}'), headers=headers)
    assert predicted.json()["predictions"][0]["label"] == "sport"
    given = {"prediction_id": predicted.json()["predictions"][0]["prediction_id"], "label": "money"}
    answer = shared.client.post("/feedback", content=compress(json.dumps(given).encode()), headers=headers)
    assert (answer.status_code, answer.json()["added"]) == (201, 1)


@pytest.mark.parametrize(
    ("encoding", "body", "status", "said"),
    [
        ("br", b"{}", 415, "send gzip or deflate"),
        ("gzip", b"{}", 400, "not gzip"),
        ("gzip", gzip.compress(b"x" * 5_000_000), 413, "limit of 1000000 bytes"),
        ("deflate", zlib.compress(b'{"instances": ["a"]}')[:-4], 400, "ends before"),
    ],
)
def test_other_compressed_bodies_are_refused(shared, encoding, body, status, said):
    answer = shared.client.post(PREDICT, content=body, headers={**JSON, "content-encoding": encoding})
    assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text
    assert shared.predict("a goal").status_code == 200


def test_kserves_client_finds_server_and_model_ready(shared):
    """What `InferenceRESTClient` with protocol v1 reads: `is_server_live`, `is_model_ready`."""
    assert shared.client.get("/").json()["status"].lower() == "alive"
    for path in ("/v1/models/topics", "/v1/models/topics/versions/2", "/v1/models/topics/labels/canary"):
        answer = shared.client.get(path).json()
        assert (answer["name"], answer["ready"]) == ("topics", True)
    assert shared.client.get("/v1/models/other").status_code == 404


def test_a_model_that_cannot_answer_is_not_ready(project, start):
    project.promote(project.train())
    number = project.train("broken", suffix="!")
    project.promote(number, "broken")
    path = project.store.artifacts.path(project.store.stored_version(f"broken@{number}").artifact)
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    answer = start().client.get("/v1/models/broken").json()
    assert (answer["ready"], answer["model_version_status"][0]["state"]) == (False, "END")


def test_the_signature_must_be_one_that_there_is(shared):
    for name in ("serving_default", "", None):
        answer = shared.client.post(PREDICT, json={"signature_name": name, "instances": ["a goal"]})
        assert answer.status_code == 200
    answer = shared.client.post(PREDICT, json={"signature_name": "classify", "instances": ["a goal"]})
    assert (answer.status_code, "'serving_default' alone" in answer.json()["error"]) == (400, True)


def labels(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["outputs"][0]["data"]


def test_rows_without_names_have_the_fields_in_the_order_of_the_metadata(of_fields):
    names = [one["name"] for one in of_fields.client.get("/v2/models/fields").json()["inputs"]]
    row = {"ratio": 0.4, "plan": "a"}
    named = of_fields.client.post("/v1/models/fields:predict", json={"instances": [row]}).json()["predictions"][0]
    values = [row[name] for name in names]
    listed = of_fields.client.post("/v1/models/fields:predict", json={"instances": [values, values]})
    assert [one["probabilities"] for one in listed.json()["predictions"]] == [named["probabilities"]] * 2
    tensor = {"name": "x", "datatype": "BYTES", "shape": [1, 2], "data": [str(value) for value in values]}
    answer = of_fields.client.post("/v2/models/fields/infer", json={"inputs": [tensor]})
    assert labels(answer) == [named["label"]]
    tensor["shape"] = [2, 1]
    refused = of_fields.client.post("/v1/models/fields:predict", json={"instances": [[0.4]]})
    assert (refused.status_code, "reads 2 fields" in refused.json()["error"]) == (400, True)


def test_null_is_absent_and_base64_is_decoded(shared):
    tensor = {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a goal for the team"], "parameters": None}
    body = {"inputs": [tensor], "id": None, "parameters": None, "outputs": None}
    assert labels(shared.client.post(INFER, json=body)) == ["sport"]
    encoded = {**tensor, "data": ["YSBnb2FsIGZvciB0aGUgdGVhbQ=="], "parameters": {"content_type": "base64"}}
    answer = shared.client.post(INFER, json={"inputs": [encoded]})
    assert labels(answer) == ["sport"]
    logged = shared.project.predictions.get(answer.headers["argosy-prediction-id"])
    assert logged.input == "a goal for the team"


def test_a_bad_row_among_many_is_named(of_fields):
    rows = [{"ratio": 0.1, "plan": "a"}] * 7
    rows[5] = {"ratio": "many", "plan": "a"}
    answer = of_fields.client.post("/v1/models/fields:predict", json={"instances": rows})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("row 6: the field 'ratio' must be a number")
