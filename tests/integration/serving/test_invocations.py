"""MLflow's scoring protocol, with its own client and with the bodies of its documentation."""

import json

import pandas as pd
import pytest
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

TEXTS = ["a goal for the team", "shares of the bank"]
LABELS = ["sport", "money"]
JSON, CSV = {"content-type": "application/json"}, {"content-type": "text/csv"}


@pytest.fixture
def client(shared):
    return ScoringServerClient(*shared.url.removeprefix("http://").split(":"))


def labels(answer):
    assert answer.status_code == 200, answer.text
    return [row["label"] for row in answer.json()["predictions"]]


def test_mlflows_client_is_answered(client, shared):
    client.ping()
    assert client.get_version() == shared.client.get("/v2").json()["version"]
    found = client.invoke(pd.DataFrame({"text": TEXTS})).get_predictions()
    assert list(found["label"]) == LABELS
    assert set(found.columns) == {"label", "confidence", "probabilities", "prediction_id"}
    assert shared.project.predictions.get(found["prediction_id"][0]).input == TEXTS[0]
    found = client.invoke(pd.DataFrame({"text": TEXTS}), params={"entity": "order 7", "scores": True, "other": 1})
    [row, _] = found.get_predictions().to_dict("records")
    assert row["scores"] == row["probabilities"]
    assert shared.project.predictions.get(row["prediction_id"]).entity == "order 7"


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"index": [0, 1], "columns": ["text"], "data": [[text] for text in TEXTS]}},
        {"dataframe_split": {"columns": ["headline"], "data": [[text] for text in TEXTS]}},
        {"dataframe_split": {"columns": ["number", "text"], "data": [[1, text] for text in TEXTS]}},
        {"dataframe_records": [{"text": text, "number": 1} for text in TEXTS]},
        {"instances": TEXTS},
        {"instances": [[text] for text in TEXTS]},
        {"instances": [{"text": text} for text in TEXTS], "params": None},
        {"inputs": TEXTS},
        {"inputs": {"text": TEXTS}},
    ],
)
def test_every_shape_is_read(shared, body):
    assert labels(shared.client.post("/invocations", json=body)) == LABELS


@pytest.mark.parametrize("kind", ["text/csv", "text/csv; charset=utf-8"])
def test_csv_is_read_as_data_frames_write_it(shared, kind):
    frame = pd.DataFrame({"text": [f'{TEXTS[0]}, "twice"\nover', *TEXTS[1:]]})
    answer = shared.client.post("/invocations", content=frame.to_csv(index=False), headers={"content-type": kind})
    assert labels(answer) == LABELS
    first = answer.json()["predictions"][0]["prediction_id"]
    assert shared.project.predictions.get(first).input == frame["text"][0]


def test_fields_may_be_missing(of_fields):
    rows = [{"ratio": 0.4, "plan": "a"}, {"ratio": -0.4, "plan": None}]
    expected = labels(of_fields.client.post("/v1/models/fields:predict", json={"instances": rows}))
    path = "/invocations?model=fields"
    assert labels(of_fields.client.post(path, content="ratio,plan\n0.4,a\n-0.4,\n\n", headers=CSV)) == expected
    nan = '{"dataframe_split": {"columns": ["ratio", "plan"], "data": [[0.4, "a"], [-0.4, NaN]]}}'
    assert labels(of_fields.client.post(path, content=nan, headers=JSON)) == expected
    assert labels(of_fields.client.post(path, json={"inputs": {"ratio": [0.4, -0.4], "plan": ["a", None]}})) == expected


def test_the_model_is_named_where_there_are_several(of_fields):
    body = {"instances": [TEXTS[0]]}
    refused = of_fields.client.post("/invocations", json=body)
    assert (refused.status_code, refused.json()["error_code"]) == (400, "BAD_REQUEST")
    assert "served are: fields, topics" in refused.json()["message"]
    for name in ("topics", "topics@1", "topics@champion"):
        assert labels(of_fields.client.post("/invocations", json=body, headers={"argosy-model": name})) == ["sport"]
        assert labels(of_fields.client.post(f"/invocations?model={name}", json=body)) == ["sport"]
    unknown = of_fields.client.post("/invocations?model=topcs", json=body)
    assert (unknown.status_code, unknown.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert "did you mean 'topics'" in unknown.json()["message"]


@pytest.mark.parametrize(
    ("content", "headers", "status", "said"),
    [
        (b"{", JSON, 400, "not JSON"),
        (b"[]", JSON, 400, "must be a JSON object"),
        (b"{}", JSON, 400, "exactly one of dataframe_split, dataframe_records, instances, inputs"),
        (b'{"instances": ["a"], "inputs": ["a"]}', JSON, 400, "it has 2"),
        (b'{"columns": ["text"], "data": [["a"]]}', JSON, 400, "it has 0"),
        (b'{"instances": ["a"], "params": []}', JSON, 400, "params must be an object"),
        (b'{"instances": ["a"], "params": {"client": 1.5}}', JSON, 400, "the client is"),
        (b'{"dataframe_split": [["a"]]}', JSON, 400, "dataframe_split must be an object"),
        (b'{"dataframe_split": {"columns": ["a", "a"], "data": []}}', JSON, 400, "each once"),
        (b'{"dataframe_split": {"columns": ["a"], "data": [["b", "c"]]}}', JSON, 400, "data[0] must be an array of 1"),
        (b'{"dataframe_split": {"columns": ["a"], "data": [[1]]}}', JSON, 400, "row 1: the column 'a' must be text"),
        (b'{"dataframe_split": {"columns": ["a", "b"], "data": [["c", "d"]]}}', JSON, 400, "no column 'text'"),
        (b'{"dataframe_split": {"columns": [["text"]], "data": [["a"]]}}', JSON, 400, "name the columns"),
        (b'{"instances": ["\\ud800"], "params": {"client": NaN}}', JSON, 400, "half of a surrogate pair"),
        (b"text\n" + b"a" * 200_000, CSV, 413, "row 1: the input has 200,000 bytes"),
        (b'{"dataframe_records": ["a"]}', JSON, 400, "an array of objects"),
        (b'{"dataframe_records": [{}]}', JSON, 400, "no column 'text'"),
        (b'{"dataframe_records": []}', JSON, 400, "no rows"),
        (b'{"instances": [' + b'"a",' * 100 + b'"a"]}', JSON, 413, "limit of 100"),
        (b"text\n" + b"a\n" * 101, CSV, 413, "limit of 100"),
        (b"text\n", CSV, 400, "no rows"),
        (b"", CSV, 400, "first line must name the columns"),
        (b"text,text\na,b\n", CSV, 400, "each once"),
        (b"text,more\na\n", CSV, 400, "line 2 of the body has 1 cell, the first line names 2 columns: text,"),
        (b'text\n"a', CSV, 400, "line 2 of the body is not CSV"),
        (b"text\n\xff\n", CSV, 400, "not UTF-8"),
        (b"<a/>", {"content-type": "text/xml"}, 415, "send application/json or text/csv"),
    ],
)
def test_what_is_refused_is_said_in_mlflows_form(shared, content, headers, status, said):
    answer = shared.client.post("/invocations", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error_code", "message"]
    assert said in answer.json()["message"]
    assert "\n" not in answer.json()["message"]


def test_another_method_is_refused_in_mlflows_form(shared):
    answer = shared.client.get("/invocations")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {
        "error_code": "BAD_REQUEST",
        "message": "this path takes POST, not GET: GET / says what there is",
    }


def test_a_setting_chooses_the_model(project, start):
    project.promote(project.train())
    project.promote(project.train("tone", suffix="~"), "tone")
    (project.folder / "argosy.yaml").write_text("name: shop\nserver: {default_model: tone}\n")
    server = start()
    assert labels(server.client.post("/invocations", json={"instances": [TEXTS[0]]})) == ["sport~"]
    assert labels(server.client.post("/invocations?model=topics", json={"instances": [TEXTS[0]]})) == ["sport"]
    scored = server.client.post("/classify", json={"sequence": TEXTS[0], "labels": ["sport~"]}).json()
    assert (scored["model_name"], scored["labels"]) == ("tone", ["sport~"])


def test_labels_are_scored(shared):
    body = {"sequence": TEXTS[0], "labels": ["money", "sport"]}
    answer = shared.client.post("/classify", content=json.dumps(body))
    found = answer.json()
    assert (found["sequence"], found["labels"]) == (TEXTS[0], ["sport", "money"])
    assert found["scores"] == sorted(found["scores"], reverse=True)
    assert sum(found["scores"]) == pytest.approx(1)
    assert answer.headers["argosy-prediction-id"] == found["prediction_id"]
    assert shared.project.predictions.get(found["prediction_id"]).input == TEXTS[0]
    one = shared.client.post("/classify?model=topics@canary", json={**body, "labels": ["money!"]}).json()
    assert (one["labels"], one["model_version"]) == (["money!"], "2")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"labels": ["sport"]}, 400, "sequence must be a text, not null"),
        ({"sequence": "a", "labels": []}, 400, "one at least"),
        ({"sequence": "a", "labels": "sport"}, 400, "an array of texts"),
        ({"sequence": "a", "labels": ["sport", "sport"]}, 400, "a label twice"),
        ({"sequence": "a", "labels": ["sport", "war"]}, 400, "no class 'war'; there are: money, sport"),
        ({"sequence": " ", "labels": ["sport"]}, 400, "the text is empty"),
        ({"sequence": "a" * 100_001, "labels": ["sport"]}, 413, "limit of 100,000"),
    ],
)
def test_other_labels_are_refused(shared, body, status, said):
    answer = shared.client.post("/classify", json=body)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert said in answer.json()["error"]


def test_a_model_of_fields_scores_no_labels(of_fields):
    answer = of_fields.client.post("/classify?model=fields", json={"sequence": "a", "labels": ["low"]})
    assert (answer.status_code, "does not classify texts" in answer.json()["error"]) == (400, True)
