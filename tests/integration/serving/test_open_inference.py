"""Answers have the form that the Open Inference Protocol requires: its schemas, restated, and closed to other keys."""

import pytest
from jsonschema import Draft202012Validator

TEXT, FLAG = {"type": "string"}, {"type": "boolean"}
DATATYPES = [
    "BOOL",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "FP16",
    "FP32",
    "FP64",
    "BYTES",
]
PARAMETERS = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}


def closed(required, **optional):
    """An object with these keys and no others."""
    properties = {**required, **optional}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def listed(schema):
    return {"type": "array", "items": schema}


DATATYPE = {"enum": DATATYPES}
DESCRIBED_TENSOR = closed({"name": TEXT, "datatype": DATATYPE, "shape": listed({"type": "integer", "minimum": -1})})
OUTPUT = closed(
    {"name": TEXT, "shape": listed({"type": "integer", "minimum": 0}), "datatype": DATATYPE, "data": {"type": "array"}},
    parameters=PARAMETERS,
)
FORMS = {
    "server metadata": closed({"name": TEXT, "version": TEXT, "extensions": listed(TEXT)}),
    "live": closed({"live": FLAG}),
    "ready": closed({"ready": FLAG}),
    "model ready": closed({"name": TEXT, "ready": FLAG}),
    "inference": closed(
        {"model_name": TEXT, "outputs": listed(OUTPUT)}, model_version=TEXT, id=TEXT, parameters=PARAMETERS
    ),
    "error": closed({"error": TEXT}),
}
MODEL = {
    "type": "object",
    "properties": {
        "name": TEXT,
        "versions": listed(TEXT),
        "platform": TEXT,
        "inputs": listed(DESCRIBED_TENSOR),
        "outputs": listed(DESCRIBED_TENSOR),
    },
    "required": ["name", "platform", "inputs", "outputs"],
}
ROW = {"name": "text", "datatype": "BYTES", "shape": [2], "data": ["a goal", "the bank"]}


def check(form, answer, status=200):
    assert answer.status_code == status, answer.text
    Draft202012Validator(FORMS[form]).validate(answer.json())


def test_health_and_metadata(shared):
    get = shared.client.get
    check("server metadata", get("/v2"))
    check("live", get("/v2/health/live"))
    check("ready", get("/v2/health/ready"))
    for path in ("/v2/models/topics", "/v2/models/topics/versions/2"):
        check("model ready", get(f"{path}/ready"))
        Draft202012Validator(MODEL).validate(get(path).json())


@pytest.mark.parametrize("path", ["/v2/models/topics/infer", "/v2/models/topics/versions/2/infer"])
@pytest.mark.parametrize(
    "more", [{}, {"id": "mine"}, {"outputs": [{"name": "label"}]}, {"parameters": {"client": "app"}}]
)
def test_inference(shared, path, more):
    answer = shared.client.post(path, json={"inputs": [ROW], **more})
    check("inference", answer)
    for output in answer.json()["outputs"]:
        elements = 1
        for size in output["shape"]:
            elements *= size
        assert len(output["data"]) == elements
        assert output["shape"][0] == 2
    assert answer.json()["id"] == more.get("id", answer.json()["id"])


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v2/models/nothing/infer", {"inputs": [ROW]}, 404),
        ("/v2/models/topics/versions/9/infer", {"inputs": [ROW]}, 404),
        ("/v2/models/topics/infer", {}, 400),
        ("/v2/models/topics/infer", {"inputs": []}, 400),
        ("/v2/models/topics/infer", {"inputs": [{**ROW, "datatype": "TEXT"}]}, 400),
        ("/v2/models/topics/infer", {"inputs": [{**ROW, "shape": [3]}]}, 400),
        ("/v2/models/topics/infer", {"inputs": [ROW], "outputs": [{"name": "other"}]}, 400),
        ("/v2/nothing", {}, 404),
    ],
)
def test_errors(shared, path, body, status):
    check("error", shared.client.post(path, json=body), status)
