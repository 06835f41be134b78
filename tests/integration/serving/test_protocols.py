"""Both protocols with good requests, and every bad input."""

import base64
import re

import pytest

PREDICT, INFER = "/v1/models/topics:predict", "/v2/models/topics/infer"


def v2(*texts, **more):
    return {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [len(texts)], "data": list(texts)}], **more}


def tensors(answer):
    return {one["name"]: one for one in answer.json()["outputs"]}


def test_v2_answers_every_row_with_an_id_of_its_own(shared):
    answer = shared.client.post(INFER, json=v2("a goal for the team", "shares of the bank", id="mine"))
    body, outputs = answer.json(), tensors(answer)
    assert answer.status_code == 200
    assert (body["model_name"], body["model_version"], body["id"]) == ("topics", "1", "mine")
    assert outputs["label"] == {"name": "label", "datatype": "BYTES", "shape": [2], "data": ["sport", "money"]}
    assert outputs["probabilities"]["shape"] == [2, 2]
    assert sum(outputs["probabilities"]["data"]) == pytest.approx(2.0)
    ids = outputs["prediction_id"]["data"]
    assert len(set(ids)) == 2
    assert answer.headers["argosy-prediction-id"].split(",") == ids
    assert body["parameters"]["prediction_id"] == ids[0]


def test_v2_returns_the_requested_outputs(shared):
    answer = shared.client.post(INFER, json=v2("a goal", outputs=[{"name": "label"}]))
    assert list(tensors(answer)) == ["label", "prediction_id"]
    answer = shared.client.post(INFER, json=v2("a goal", outputs=[{"name": "logits"}]))
    assert (answer.status_code, "label, confidence, probabilities" in answer.json()["error"]) == (400, True)


def test_every_pair_answers_in_the_same_words(shared):
    """Version 1 has probabilities of its own, version 2 (svm) has scores."""
    for version, are in (("1", "own"), ("2", "uncalibrated")):
        metadata = shared.client.get(f"/v2/models/topics/versions/{version}").json()
        assert metadata["parameters"]["probabilities"] == are
        found = tensors(shared.client.post(f"/v2/models/topics/versions/{version}/infer", json=v2("a goal", "oil")))
        assert list(found) == ["label", "confidence", "probabilities", "prediction_id"]
        assert [one["name"] for one in metadata["outputs"]] == list(found)
        assert sum(found["probabilities"]["data"]) == pytest.approx(2)
        path = f"/v1/models/topics/versions/{version}:predict"
        row = shared.client.post(path, json={"instances": ["a goal"]}).json()["predictions"][0]
        assert list(row) == list(found)
        assert row["confidence"] == found["confidence"]["data"][0]
        logged = shared.project.predictions.get(row["prediction_id"])
        assert logged.confidence == row["confidence"]
        more = shared.client.post(path, json={"inputs": ["a goal"]}, headers={"argosy-scores": "true"}).json()[
            "outputs"
        ]
        assert list(more) == [*found, "scores"]
        named = v2("a goal", outputs=[{"name": "scores"}])
        asked = tensors(shared.client.post(f"/v2/models/topics/versions/{version}/infer", json=named))
        assert asked["scores"]["data"] == more["scores"][0]
        assert (more["scores"] == more["probabilities"]) is (version == "1")


def test_a_version_is_named_by_number_or_alias(shared):
    for path in ("/v2/models/topics/versions/2/infer", "/v2/models/topics/versions/canary/infer"):
        answer = shared.client.post(path, json=v2("a goal for the team"))
        assert answer.json()["model_version"] == "2"
        assert tensors(answer)["label"]["data"] == ["sport!"]
        assert "probabilities" in tensors(answer)
    for path in ("/v1/models/topics/versions/2", "/v1/models/topics/labels/canary"):
        assert shared.version(path) == 2


def test_v2_describes_the_server_and_its_models(shared):
    assert shared.client.get("/v2").json()["name"] == "argosy"
    assert shared.client.get("/v2/health/live").json() == {"live": True}
    model = shared.client.get("/v2/models/topics").json()
    assert (model["versions"], model["classes"]) == (["1", "2"], ["money", "sport"])
    assert [one["name"] for one in model["outputs"]] == ["label", "confidence", "probabilities", "prediction_id"]
    assert shared.client.get("/v2/models/topics/versions/canary").json()["classes"] == ["money!", "sport!"]
    assert shared.client.get("/v2/models/topics/ready").status_code == 200
    assert shared.client.get("/v2/models/topics/versions/2/ready").json()["ready"] is True
    assert shared.client.get("/v2/models/topics/versions/9/ready").status_code == 404


def test_tensorflow_rows_and_columns(shared):
    text = {"b64": base64.b64encode(b"a goal for the team").decode()}
    rows = shared.client.post(PREDICT, json={"signature_name": "serving_default", "instances": [text, "the bank"]})
    assert [row["label"] for row in rows.json()["predictions"]] == ["sport", "money"]
    columns = shared.client.post(PREDICT, json={"inputs": {"text": ["a goal for the team"]}}).json()["outputs"]
    assert columns["label"] == ["sport"]
    assert columns["probabilities"][0] == pytest.approx(rows.json()["predictions"][0]["probabilities"])


def test_tensorflow_states_and_signatures(shared):
    status = shared.client.get("/v1/models/topics").json()["model_version_status"]
    assert [(one["version"], one["state"]) for one in status] == [("2", "AVAILABLE"), ("1", "AVAILABLE")]
    one = shared.client.get("/v1/models/topics/labels/canary").json()["model_version_status"]
    assert [each["version"] for each in one] == ["2"]
    metadata = shared.client.get("/v1/models/topics/versions/1/metadata").json()
    assert metadata["model_spec"]["version"] == "1"
    outputs = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]["outputs"]
    assert set(outputs) == {"label", "confidence", "probabilities", "prediction_id"}


def test_caller_subject_and_entity_are_logged(shared):
    names = {"client": "app", "subject": "Zoë", "entity": "order 7"}
    by_parameter = shared.client.post(INFER, json=v2("one", parameters=names))
    headers = {f"argosy-{name}": value.encode() for name, value in names.items()}
    by_header = shared.client.post(PREDICT, json={"instances": ["two"]}, headers=headers)
    for answer, text in ((by_parameter, "one"), (by_header, "two")):
        logged = shared.project.predictions.get(answer.headers["argosy-prediction-id"])
        assert (logged.client, logged.subject, logged.entity, logged.input) == ("app", "Zoë", "order 7", text)
        assert (logged.model, logged.version) == ("topics", 1)


def test_ids_of_many_rows_are_all_in_the_body(shared):
    answer = shared.predict(*["a goal"] * 100)
    ids = [row["prediction_id"] for row in answer.json()["predictions"]]
    assert len(set(ids)) == 100
    assert answer.headers["argosy-prediction-id"].split(",") == ids[:20]
    assert len(shared.project.predictions.get_many(ids)) == 100


HALF_PAIR = b'{"instances": ["a goal \\ud83d"], "more": %b}'
OTHER_MEMORY = {"name": "label", "parameters": {"shared_memory_region": "mine"}}
CLASSIFIED = {"parameters": {"classification": 2}}


@pytest.mark.parametrize(
    ("path", "request_", "status", "said"),
    [
        ("/v1/models/topic:predict", {"json": {"instances": ["a"]}}, 404, "did you mean 'topics'"),
        ("/v2/models/nothing/infer", {"json": v2("a")}, 404, "served are: topics"),
        ("/v2/models/topics/versions/9/infer", {"json": v2("a")}, 404, "it serves: 1, 2, canary, champion"),
        ("/v1/models/topics/labels/old:predict", {"json": {"instances": ["a"]}}, 404, "no version 'old'"),
        (PREDICT, {"json": {"instances": [""]}}, 400, "row 1: the text is empty"),
        (INFER, {"json": v2("a", " ")}, 400, "row 2: the text is empty"),
        (PREDICT, {"json": {"instances": []}}, 400, "no rows"),
        (PREDICT, {"json": {"instances": ["a"] * 101}}, 413, "limit of 100"),
        (PREDICT, {"json": {"instances": ["a" * 100_001]}}, 413, "limit of 100,000"),
        (PREDICT, {"json": {"instances": ["a" * 10_000_000]}}, 413, "limit of 1000000 bytes"),
        (PREDICT, {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "not JSON"),
        (PREDICT, {"content": b"\xff", "headers": {"content-type": "application/json"}}, 400, "not JSON"),
        (
            PREDICT,
            {"content": b"[" * 90_000, "headers": {"content-type": "application/json"}},
            400,
            "nested too deeply",
        ),
        (PREDICT, {"json": ["a"]}, 400, "must be a JSON object, not an array"),
        (PREDICT, {"content": b"a", "headers": {"content-type": "text/plain"}}, 415, "send application/json"),
        (INFER, {"content": b"a", "headers": {"content-type": "text/csv"}}, 415, "or application/octet-stream"),
        (INFER, {"json": v2("a", parameters={"subject": 3.5})}, 400, "the subject is the floating-point number 3.5"),
        (INFER, {"json": v2("a", parameters={"entity": True})}, 400, "the entity is neither text nor a whole number"),
        (INFER, {"json": v2("a", parameters={"entity": "x" * 2000})}, 400, "entity must be text"),
        ("/nowhere", {"json": {}}, 404, "Not Found"),
        ("/v2/health/live", {"json": {}}, 405, "this path takes GET, HEAD, not POST"),
        ("/feedback?model=%00", {"json": {}}, 400, "the path, or its query, has a NUL character"),
        (INFER, {"json": v2("a", outputs=[OTHER_MEMORY])}, 400, "'label' has the parameter 'shared_memory_region'"),
        (INFER, {"json": {"inputs": [{**v2("a")["inputs"][0], **CLASSIFIED}]}}, 400, "parameter 'classification'"),
        (INFER, {"content": HALF_PAIR % b"0"}, 400, "half of a surrogate pair"),
        (PREDICT, {"content": HALF_PAIR % b"0"}, 400, "half of a surrogate pair"),
        (PREDICT, {"content": HALF_PAIR % b"NaN"}, 400, "half of a surrogate pair"),
        (PREDICT, {"content": b'{"signature_name": "\\ud800", "more": NaN}'}, 400, "half of a surrogate pair"),
    ],
)
def test_bad_requests_get_one_clear_line(shared, path, request_, status, said):
    answer = shared.client.post(path, **request_)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert "argosy-prediction-id" not in answer.headers


def test_nothing_refused_is_logged(shared):
    before = shared.project.predictions.count()
    shared.predict("fine", "")
    shared.predict(*["a"] * 101)
    assert shared.project.predictions.count() == before


def test_a_path_refuses_methods_that_it_does_not_have_and_names_those_that_it_has(shared):
    paths = shared.client.get("/openapi.json").json()["paths"]
    names = {"model": "topics", "version": "1", "label": "champion"}
    for path, described in paths.items():
        there = {one.upper() for one in described if one in ("get", "post", "put", "delete", "patch")}
        asked = re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], "x"), path)
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - there:
            answer = shared.client.request(method, asked)
            assert (answer.status_code, path) == (405, path)
            allowed = answer.headers["allow"].split(", ")
            assert set(allowed) - {"HEAD"} == there
            assert f"this path takes {', '.join(allowed)}, not {method}" in answer.text


@pytest.mark.parametrize("place", ["", "/versions/1", "/labels/champion"])
def test_a_verb_is_not_taken_for_a_models_name(shared, place):
    path = f"/v1/models/topics{place}"
    for verb in ("predict", "classify", "regress"):
        answer = shared.client.get(f"{path}:{verb}")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert "this path takes POST, not GET" in answer.json()["error"]
    assert shared.client.head(f"{path}:predict").status_code == 405
    answer = shared.client.get(f"{path}:divine")
    assert (answer.status_code, "there are predict, classify and regress" in answer.json()["error"]) == (404, True)
