"""Bad requests: each gets a 4xx and one line, and the server continues."""

import pytest

TENSOR = {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["x"]}
PREDICT = "/v1/models/tickets:predict"


@pytest.fixture(scope="module")
def server(trained):
    trained("models", "promote", "tickets@best")
    process, client = trained.serve("serve")
    yield client
    client.close()
    assert trained.end(process) == 0
    assert "Traceback" not in (trained.folder / "started.log").read_text()


def ask(text):
    return {"instances": [text]}


@pytest.mark.parametrize(
    ("path", "sent", "status", "expected"),
    [
        (PREDICT, {"json": ask("")}, 400, "empty"),
        (PREDICT, {"json": ask("x" * 10_000_000)}, 413, "limit"),
        (PREDICT, {"json": ask("x" * 2_000_000)}, 413, "limit"),
        (PREDICT, {"json": {"instances": ["x"] * 1001}}, 413, "1000"),
        (PREDICT, {"content": "{not json", "headers": {"content-type": "application/json"}}, 400, "not JSON"),
        (PREDICT, {"content": "<xml/>", "headers": {"content-type": "text/xml"}}, 415, "text/xml"),
        (PREDICT, {"json": {"instances": 3}}, 400, "instances"),
        ("/v1/models/tickts:predict", {"json": ask("x")}, 404, "tickets"),
        ("/v1/models/tickets/versions/99:predict", {"json": ask("x")}, 404, "99"),
        ("/v2/models/tickts/infer", {"json": {"inputs": [TENSOR]}}, 404, "tickets"),
        ("/v2/models/tickets/infer", {"json": {"inputs": []}}, 400, "input"),
        ("/feedback", {"json": {"prediction_id": "0" * 44, "label": "refund"}}, 404, "0" * 44),
        ("/feedback", {"json": {"label": "refund"}}, 400, "prediction_id"),
    ],
)
def test_a_bad_request_is_answered_in_one_line(server, path, sent, status, expected):
    answer = server.post(path, **sent)
    assert answer.status_code == status, answer.text[:500]
    assert expected in answer.text
    assert len(answer.json()["error"].splitlines()) == 1
    assert server.post(PREDICT, json=ask("my parcel")).status_code == 200


def test_feedback_twice_is_kept_once_and_contradictory_feedback_is_kept(server):
    [row] = server.post(PREDICT, json=ask("my parcel")).json()["predictions"]
    statuses = [
        server.post("/feedback", json={"prediction_id": row["prediction_id"], "label": label}).status_code
        for label in ("refund", "refund", "delivery")
    ]
    assert statuses == [201, 200, 201]
