"""Warm-up requests: given in a file, recorded from callers, erased with them, and what a new version must answer."""

import json

import pytest

FIELDS = """\
name: demand
dataset: {name: all, options: {collection: demand}}
adapter: {name: numeric, options: {numbers: [[s]]}}
model: {name: logistic}
"""


@pytest.fixture
def server(live):
    process, client = live.serve("serve")
    yield client
    client.close()
    live.end(process)


def requests_of(shell):
    return shell.json("models", "warm-up", "tickets")


def test_requests_are_given_recorded_and_erased(live, server, until):
    assert "a few general inputs" in live("models", "warm-up", "tickets")
    live.write("requests.jsonl", "".join(json.dumps({"text": f"card {n}", "who": f"p{n}"}) + "\n" for n in range(3)))
    given = ("models", "warm-up", "tickets", "--from", "requests.jsonl", "--subject", "who")
    assert "answer 3 requests before they are served: 0 recorded, 3 given" in live(*given)
    assert requests_of(live) == {"model": "tickets", "requests": 3, "recorded": 0}
    assert "Erased 1 warm-up request of models" in live("examples", "erase", "p1", "--yes")
    bad_ones_change_nothing(live)
    assert requests_of(live)["requests"] == 2
    for n in range(4):
        asked = {"instances": [f"my parcel {n} is late"]}
        server.post("/v1/models/tickets:predict", json=asked, headers={"argosy-subject": f"q{n}"})
    assert "3 recorded, 0 given" in live("models", "warm-up", "tickets", "--record", 3)
    live("examples", "erase", "q3", "--yes")
    assert requests_of(live) == {"model": "tickets", "requests": 2, "recorded": 2}
    a_version_that_does_not_answer_them_is_not_served(live, server, until)


def bad_ones_change_nothing(shell):
    shell.write("bad.jsonl", '{"text": "card"}\n{"text": "  "}\n')
    shell.write("none.jsonl", "")
    shell.write("many.jsonl", '{"text": "card"}\n' * 201)
    for arguments, said in (
        (("--from", "bad.jsonl"), "row 2: the text is empty"),
        (("--from", "many.jsonl"), "a model has at most 200 warm-up requests"),
        (("--record", "0"), "a model has 1 to 200 warm-up requests, and not 0"),
        (("--record", "5"), "no prediction of tickets is in the log"),
        (("--record", "5", "--clear"), "give one of --from, --record and --clear"),
        (("--subject", "who"), "add --from FILE"),
    ):
        assert said in shell.mistake("models", "warm-up", "tickets", *arguments)
    shell.mistake("models", "warm-up", "tickets", "--from", "none.jsonl")


def a_version_that_does_not_answer_them_is_not_served(live, server, until):
    live.write("fields.jsonl", "".join(json.dumps({"s": n, "label": f"q{n % 2}"}) + "\n" for n in range(60)))
    live("examples", "import", "fields.jsonl", "--into", "demand", "--fields", "s")
    live.write("fields.yaml", FIELDS)
    live("train", "fields.yaml", "--processes", 1)
    live("models", "export", "demand@1", "demand.argosy")
    live("models", "import", "demand.argosy", "--as", "tickets")
    live("models", "promote", "tickets@2", "--yes")

    def state():
        found = server.get("/v1/models/tickets").json()["model_version_status"]
        return {one["version"]: one["status"] for one in found}.get("2", {})

    status = until(lambda: state().get("error_message") and state())
    assert status["error_message"].startswith(
        "it does not answer warm-up request 1 of 2: the field 's' must be a number"
    )
    answer = server.post("/v1/models/tickets:predict", json={"instances": ["card charged"]})
    assert answer.headers["argosy-model-version"] == "1"
    live("models", "warm-up", "tickets", "--clear")
    until(lambda: server.get("/v2/models/tickets/versions/2/ready").status_code == 200)


MODEL = """\
class Model:
    def load(self, files):
        pass

    def predict(self, inputs):
        return {"y": inputs["x"].sum(axis=1)}
"""
SIGNATURE = '{inputs: {x: "INT64[-1,2]", word: "BYTES[-1]"}, outputs: {y: "INT64[-1]"}, batched: true}'


def test_a_model_of_tensors_has_requests_and_takes_no_decisions(empty):
    (empty.folder / "sums").mkdir()
    empty.write("sums/model.py", MODEL)
    declared = ("--format", "python", "--signature", SIGNATURE, "--allow-pickle")
    assert "sums@1 is imported" in empty("models", "import", "sums", "--as", "sums", *declared)
    empty.write(
        "rows.jsonl", '{"x": [1, 2], "word": "a"}\n\n{"inputs": {"x": [3, 4], "word": "b"}, "subject": "ann"}\n'
    )
    given = ("models", "warm-up", "sums", "--from", "rows.jsonl")
    assert "answer 2 requests before they are served: 0 recorded, 2 given" in empty(*given)
    assert "Erased 1 warm-up request of models" in empty("examples", "erase", "ann", "--yes")
    for row, problem in {'{"x": [1, 2, 3], "word": "a"}': "the shape [1, 3]", "[1]": "it is no JSON object"}.items():
        empty.write("rows.jsonl", '{"x": [1, 2], "word": "a"}\n' + row)
        assert problem in (said := empty.mistake(*given))
        assert "rows.jsonl: row 2: " in said
    assert "a model of tensors has no columns" in empty.mistake(*given, "--subject", "who")
    assert empty.json("models", "warm-up", "sums") == {"model": "sums", "requests": 1, "recorded": 0}
    said = empty.mistake("models", "decide", "sums", "--clamp", "0:1")
    assert "the version answers tensors by its signature, and has neither a label nor a number" in said
