"""Whatever the body, the answer is not a 5xx, the next good request is answered, and answers are logged."""

import pytest
from nasty_bodies import BODIES

from argosy.predictions import segments

PREDICT, INFER = "/v1/models/fields:predict", "/v2/models/fields/infer"
GOOD = {"topics": "a goal", "fields": {"ratio": 1.0, "plan": "a"}}


def routes(server, ending):
    """Every path of each model that accepts a body and has this ending."""
    paths = server.client.get("/openapi.json").json()["paths"]
    taking = [path for path in paths if "models/topics" not in path and "models/fields" not in path]
    taking = [path for path in taking if "post" in paths[path] and path.endswith(ending) and "/repository/" not in path]
    named = [path if "{model}" in path or path == "/feedback" else f"{path}?model={{model}}" for path in taking]
    found = [path.format(model=model, version="1", label="champion") for path in named for model in GOOD]
    return list(dict.fromkeys(found))


def ids(answer):
    """The ids of the predictions that were answered."""
    if answer.headers["content-type"] == "application/octet-stream" or "argosy-prediction-id" not in answer.headers:
        return answer.headers.get("argosy-prediction-id", "").split(",")
    said = answer.json()
    if "prediction_ids" in said:
        return said["prediction_ids"]
    if "predictions" in said:
        return [one["prediction_id"] for one in said["predictions"]]
    if "sequence" in said:
        return [said["prediction_id"]]
    tensors = said["outputs"]
    return tensors["prediction_id"] if isinstance(tensors, dict) else tensors[-1]["data"]


@pytest.mark.parametrize("name", BODIES)
def test_no_body_is_a_server_error_or_stops_anything(of_fields, name):
    ending, made = BODIES[name]
    paths, before = routes(of_fields, ending), of_fields.project.predictions.count()
    answered, statuses = set(), set()
    for number, (body, headers) in enumerate(made()):
        path, model = paths[number % len(paths)], list(GOOD)[number % 2]
        given = {key: value.encode("latin-1") for key, value in headers.items()}
        answer = of_fields.client.post(path, content=body, headers={"content-type": "application/json", **given})
        assert answer.status_code < 500, (path, body[:500], headers)
        assert len(answer.content) < 100_000, (path, body[:500])
        good = of_fields.client.post(f"/v1/models/{model}:predict", json={"instances": [GOOD[model]]})
        assert good.status_code == 200, (path, body[:500], headers)
        answered.update(ids(answer), ids(good))
        statuses.add(answer.status_code)
    answered.discard("")
    assert 400 in statuses
    assert of_fields.project.predictions.count() - before == len(answered)
    assert of_fields.project.predictions.get_many(answered)
    assert segments.damaged(of_fields.project.spool) == []
    assert "Traceback" not in (of_fields.project.folder / "server.log").read_text()


DEEP = "[" * 600 + "]" * 600
LONG = ",".join(f'"c{n}":[1]' for n in range(5000))


def tensor(shape, data):
    return '{"inputs":[{"name":"ratio","datatype":"FP64","shape":[' + shape + '],"data":[' + data + "]}]}"


def second(fields):
    """Two rows, of which the first is valid."""
    return '{"instances":[{"ratio":1},{' + fields + "}]}"


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (PREDICT, second('"ratio":1.7976931348623157e308'), 400, "row 2: the field 'ratio' must be a number between"),
        (PREDICT, second('"ratio":"x"'), 400, "row 2: the field 'ratio' must be a number, not a text"),
        (PREDICT, second('"ratio":1,"a":' + "9" * 20), 400, "row 2: a number of the input has more than 64 bits"),
        (PREDICT, second('"a":' + DEEP), 400, "row 2: the input is nested over 32 levels deep"),
        (PREDICT, '{"inputs":{' + LONG + "}}", 413, "over 5,000 values"),
        (INFER, '{"inputs":[' + ",".join(["{}"] * 5000) + "]}", 413, "over 5,000 values"),
        (INFER, tensor("1" + ",1" * 4000, "1"), 400, "it must be [rows], [rows, 1] or [rows, 2]"),
        (INFER, tensor("1" + ",1" * 6000, "1"), 413, "over 5,000 values"),
        (INFER, tensor("9" * 400, "1"), 413, "over the limit of 100"),
        (INFER, tensor("1", DEEP), 400, "element 1 is not of the datatype FP64"),
    ],
)
def test_what_is_refused_is_named(of_fields, path, body, status, said):
    answer = of_fields.client.post(path, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text


def test_a_request_may_have_more_rows_than_two_bytes_count(project, start):
    project.promote(project.train())
    server = start(rows=70_000)
    rows = server.predict(*["a goal"] * 70_000).json()["predictions"]
    assert len({row["prediction_id"] for row in rows}) == 70_000
    assert project.predictions.count() == 70_000
    assert project.predictions.get(rows[-1]["prediction_id"]).input == "a goal"
