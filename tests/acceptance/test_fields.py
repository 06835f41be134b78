"""Dictionaries of fields through the whole loop: import, train, predict, serve by both protocols, correct."""

import csv
import json
import random
import struct

import pytest

PLAN = """\
name: churn
dataset: {name: all, options: {training_ratio: 0.6}}
adapter: [{name: numeric}, {name: numeric, options: {numbers: [[age, visits]], categories: [[plan]]}}]
model: {name: logistic, options: {C: 10}}
"""
LOYAL = {"age": 61, "plan": "gold", "visits": 30, "note": "very happy thank you"}
LEAVING = {"age": 22, "plan": "free", "visits": 1, "note": "please cancel my contract"}


def customers(count, seed=5):
    draw = random.Random(seed)
    for number in range(count):
        is_loyal = number % 2 == 0
        age, visits = draw.gauss(55 if is_loyal else 28, 8), draw.gauss(20 if is_loyal else 4, 4)
        plan = draw.choice(["gold", "gold", "silver"] if is_loyal else ["free", "free", "silver"])
        words = ["happy", "thank", "good"] if is_loyal else ["cancel", "contract", "bad"]
        note = " ".join(draw.choices([*words, "please", "my", "the"], k=6))
        yield {
            "customer": f"c{number}",
            "age": "" if draw.random() < 0.1 else f"{age:.0f}",
            "visits": f"{visits:.1f}",
            "plan": plan,
            "note": note,
            "label": "loyal" if is_loyal else "leaving",
        }


@pytest.fixture(scope="module")
def churn(make_project):
    shell = make_project(PLAN)
    rows = list(customers(300))
    with (shell.folder / "customers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    shell("examples", "import", "customers.csv", "--fields", "age,visits,plan,note,customer")
    shell("train", "plan.yaml", "--processes", 1)
    shell("models", "promote", "churn@1")
    return shell


@pytest.fixture(scope="module")
def server(churn):
    process, client = churn.serve("serve")
    yield client
    client.close()
    assert churn.end(process) == 0


def v2(server, *inputs):
    answer = server.post("/v2/models/churn/infer", json={"inputs": list(inputs)})
    assert answer.status_code == 200, answer.text
    return answer.json()["outputs"][0]["data"]


def tensor(name, datatype, *data, **parameters):
    return {"name": name, "datatype": datatype, "shape": [len(data)], "data": list(data), "parameters": parameters}


def test_it_learned_from_the_fields(churn):
    for version in (1, 2):
        trained = churn.json("models", "show", f"churn@{version}")
        assert trained["trained"]["metrics"]["test"]["accuracy"]["value"] > 0.9


def test_predict_takes_dictionaries_as_json(churn):
    answers = churn.json("predict", "churn", json.dumps(LOYAL), json.dumps(LEAVING))
    assert [answer["label"] for answer in answers] == ["loyal", "leaving"]
    assert "a dictionary of the fields" in churn.mistake("predict", "churn", "just words")


def test_rows_of_objects_as_tensorflow_serving_has_them(server):
    body = {"instances": [LOYAL, LEAVING, {"age": None, "plan": "never heard of", "visits": "2"}]}
    answer = server.post("/v1/models/churn:predict", json=body)
    assert [row["label"] for row in answer.json()["predictions"]] == ["loyal", "leaving", "leaving"]
    body = {"inputs": {name: [LOYAL[name], LEAVING[name]] for name in LOYAL}}
    assert server.post("/v1/models/churn:predict", json=body).json()["outputs"]["label"] == ["loyal", "leaving"]


def test_one_tensor_a_field(server):
    columns = [
        tensor("age", "FP64", 61, 22),
        tensor("visits", "INT64", 30, 1),
        tensor("plan", "BYTES", "gold", "free"),
        tensor("note", "BYTES", "thank you", None),
    ]
    assert v2(server, *columns) == ["loyal", "leaving"]
    assert v2(server, tensor("visits", "FP64", 30, 1)) == ["loyal", "leaving"], "a lone field is a field"


def test_missing_numbers_are_nan_in_binary(server):
    data = struct.pack("<2d", float("nan"), float("nan")) + struct.pack("<2d", 30, 1)
    names = ("age", "visits")
    head = json.dumps(
        {
            "inputs": [
                {"name": n, "datatype": "FP64", "shape": [2], "parameters": {"binary_data_size": 16}} for n in names
            ]
        }
    ).encode()
    headers = {"inference-header-content-length": str(len(head)), "content-type": "application/octet-stream"}
    answer = server.post("/v2/models/churn/infer", content=head + data, headers=headers)
    assert answer.json()["outputs"][0]["data"] == ["loyal", "leaving"]


def test_objects_as_json_in_one_tensor(server):
    rows = tensor("customers", "BYTES", json.dumps(LOYAL), json.dumps(LEAVING), content_type="json")
    assert v2(server, rows) == ["loyal", "leaving"]
    broken = tensor("customers", "BYTES", "[1]", content_type="json")
    answer = server.post("/v2/models/churn/infer", json={"inputs": [broken]})
    assert (answer.status_code, "is not a JSON object" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("instance", "said"),
    [
        ("just words", "a dictionary of the fields"),
        ({"aeg": 3}, "the input has these fields: aeg"),
        ({"age": "old"}, "the field 'age' must be a number, not a text"),
        ({"age": [3]}, "the field 'age' must be a number, not a list"),
        ({"plan": {"a": 1}}, "the field 'plan' must be a text"),
    ],
)
def test_an_invalid_row_is_refused_in_one_line(server, instance, said):
    answer = server.post("/v1/models/churn:predict", json={"instances": [instance]})
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_the_metadata_names_the_fields(server):
    inputs = server.get("/v2/models/churn").json()["inputs"]
    types = {one["name"]: one["datatype"] for one in inputs}
    assert types == {"age": "FP64", "visits": "FP64", "plan": "BYTES", "note": "BYTES"}
    signature = server.get("/v1/models/churn/metadata").json()["metadata"]["signature_def"]["signature_def"]
    assert signature["serving_default"]["inputs"]["age"]["dtype"] == "DT_DOUBLE"


def test_a_corrected_dictionary_becomes_an_example(churn, server, until):
    odd = {"age": 40, "plan": "silver", "visits": 11, "note": "undecided"}
    answer = server.post("/v1/models/churn:predict", json={"instances": [odd]}).json()["predictions"][0]
    until(lambda: churn.run("feedback", "add", answer["prediction_id"], "--label", "loyal").code == 0)
    again = churn("feedback", "add", answer["prediction_id"], "--label", " loyal ")
    assert again == "Known already: nothing changed.\n"  # and no doubt about a label with spaces around it
    churn("feedback", "review", "churn", "--output", "review.csv")
    assert "undecided" in (churn.folder / "review.csv").read_text()
