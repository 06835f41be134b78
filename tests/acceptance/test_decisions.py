"""Decisions about answers: set while a server runs, the same in every place that answers, and traced."""

import csv
import json
import random

import pytest

import argosy

NUMBERS = """\
name: demand
dataset: {name: given_split}
adapter: {name: numeric, options: {numbers: [[s]]}}
model: {name: ridge}
"""
MAIL = """\
name: mail
dataset: {name: all, options: {collection: mail}}
adapter: {name: tfidf}
model: {name: logistic}
"""
WORDS = {"spam": "win prize cash free offer money", "ham": "meeting lunch report project monday notes"}
UNSURE = "win cash monday notes"


def growing(count, seed):
    """3·s, and 1.8 more in the validation and test parts."""
    draw = random.Random(seed)
    for place in range(count):
        part = "train" if place < count * 0.6 else "validation" if place < count * 0.8 else "test"
        s = round(draw.uniform(0, 20), 3)
        yield {"s": s, "label": round(3 * s + draw.gauss(0, 0.3) + (part != "train") * 1.8, 3), "split": part}


def mails(count, seed):
    draw = random.Random(seed)
    for _ in range(count):
        label = draw.choice(sorted(WORDS))
        yield f"{' '.join(draw.choices(WORDS[label].split(), k=5))},{label}\n"


@pytest.fixture(scope="module")
def decided(make_project):
    shell = make_project(NUMBERS)
    shell.write("demand.jsonl", "".join(f"{json.dumps(row)}\n" for row in growing(400, 1)))
    shell("examples", "import", "demand.jsonl", "--fields", "s")
    shell("train", "plan.yaml", "--processes", 1)
    shell("models", "promote", "demand@best")
    shell.write("mail.csv", "text,label\n" + "".join(mails(200, 1)))
    shell("examples", "import", "mail.csv", "--into", "mail")
    shell.write("mail.yaml", MAIL)
    shell("train", "mail.yaml", "--processes", 1)
    shell("models", "promote", "mail@best")
    return shell


@pytest.fixture(scope="module")
def server(decided):
    process, client = decided.serve("serve")
    yield client
    client.close()
    assert decided.end(process) == 0


def number(server, s):
    return server.post("/v1/models/demand:predict", json={"instances": [{"s": s}]}).json()["predictions"][0]


def test_numbers_are_corrected_and_kept_within_borders_everywhere(decided, server, until):
    own = number(server, 30)
    assert own == pytest.approx(90, abs=1)
    loads = server.get("/v2/models/demand").json()
    assert "decisions" not in loads.get("parameters", {})
    a_bias_is_measured_on_the_validation_part(decided)
    decided("models", "decide", "demand", "--clamp", "0:60", "--reason", "the array holds 60")
    until(lambda: number(server, 30) == 60)
    assert number(server, -9) == 0
    assert number(server, 2) == pytest.approx(7.8, abs=0.3)
    predict_gives_what_the_server_gives(decided, server)
    the_history_says_who_and_why(decided, server)
    the_answer_and_the_models_own_number_are_logged(decided, server, until)
    an_export_carries_them(decided)
    a_file_is_the_whole_list(decided)
    removed_they_leave_the_models_own_answers(decided, server, until, own)


def a_bias_is_measured_on_the_validation_part(decided):
    shown = decided.json("models", "decide", "demand@1", "--bias", "measured")
    [step] = shown["decisions"]["steps"]
    assert (step["step"], step["rows"]) == ("bias", 80)
    assert step["low"] < step["add"] < step["high"]
    assert step["add"] == pytest.approx(1.8, abs=0.2)


def a_file_is_the_whole_list(decided):
    before = decided.json("models", "decide", "demand")["decisions"]
    decided.write("same.yaml", "steps:\n- {step: clamp, low: 0, high: 60}\n- {step: bias, add: measured}\n")
    assert decided.json("models", "decide", "demand", "same.yaml")["decisions"] == before
    decided.write("other.json", '{"steps": [{"step": "clamp", "low": 5}]}')
    assert "clamp 5:" in decided("models", "decide", "demand", "other.json", "--reason", "never under five")
    assert "leave out the options" in decided.mistake("models", "decide", "demand", "other.json", "--bias", "1")
    for text, said in {
        "[]": "expected a mapping",
        "step: clamp": "expected `steps:` with a list and nothing else",
        "steps: [{step: clmp}]": "steps[0]: `step` is 'clmp' (did you mean 'clamp'?)",
        "steps: [{step: abstain, below: 0.5}]": "abstain is for classes, and the version answers numbers",
    }.items():
        decided.write("bad.yaml", text)
        assert said in decided.mistake("models", "decide", "demand", "bad.yaml")
    assert decided.json("models", "decide", "demand", "same.yaml")["decisions"]["steps"] == before["steps"]


def predict_gives_what_the_server_gives(decided, server):
    given = [number(server, s) for s in (2, 30, -9)]
    texts = [json.dumps({"s": s}) for s in (2, 30, -9)]
    assert [one["value"] for one in decided.json("predict", "demand", *texts)] == pytest.approx(given, abs=1e-9)
    decided.write("rows.jsonl", "".join(f"{text}\n" for text in texts))
    decided("predict", "demand", "--input", "rows.jsonl", "--output", "answers.csv")
    with (decided.folder / "answers.csv").open(encoding="utf-8", newline="") as file:
        assert [float(row["value"]) for row in csv.DictReader(file)] == pytest.approx(given, abs=1e-9)
    with argosy.open(decided.folder) as project:
        model = project.models["demand"]
        answered = [float(one) for one in model.classify([{"s": s} for s in (2, 30, -9)])]
        assert answered == pytest.approx(given, abs=1e-9)
        assert model.scores([{"s": 30}])[0, 0] > 60


def the_history_says_who_and_why(decided, server):
    history = decided.json("models", "decide", "demand")["history"]
    assert [one["revision"] for one in history] == [1, 2]
    assert history[1]["reason"] == "the array holds 60"
    assert "clamp 0:60" in decided("models", "decide", "demand")
    assert "clamp 0:60 (the array holds 60)" in decided("lineage", "demand")
    there = server.get("/v2/models/demand").json()["parameters"]["decisions"]
    assert there["revision"] == 2
    assert [step["step"] for step in there["steps"]] == ["bias", "clamp"]


def the_answer_and_the_models_own_number_are_logged(decided, server, until):
    answer = server.post("/v1/models/demand:predict", json={"instances": [{"s": 30}]}).json()
    [prediction_id] = answer["prediction_ids"]
    story = until(lambda: decided.json("lineage", prediction_id))
    assert story["prediction"]["answer"] == "60.0"
    assert story["prediction"]["decisions"] == 2
    with argosy.open(decided.folder) as project:
        logged = project.backends.prediction_log.get(prediction_id)
    assert logged.scores[0] == pytest.approx(90, abs=1)


def an_export_carries_them(decided):
    decided("models", "export", "demand@1", "demand.argosy")
    decided("models", "import", "demand.argosy", "--as", "elsewhere")
    [revision] = decided.json("models", "decide", "elsewhere@1")["history"]
    assert [step["step"] for step in revision["steps"]] == ["bias", "clamp"]
    assert revision["reason"] == "as exported with demand@1"


def removed_they_leave_the_models_own_answers(decided, server, until, own):
    decided("models", "decide", "demand", "--remove", "bias", "--remove", "clamp")
    until(lambda: number(server, 30) == own)
    assert "none, the model's own answers" in decided("models", "decide", "demand")
    assert "model.decisions" not in decided("models", "show", "demand")


def mail(server, text=UNSURE):
    return server.post("/v1/models/mail:predict", json={"instances": [text]}).json()["predictions"][0]


def test_a_label_is_given_from_a_probability_on(decided, server, until):
    own = mail(server)
    assert own["label"] in WORDS
    decided("models", "decide", "mail", "--abstain", "0.75", "--answer", "unsure", "--threshold", "spam=0.999")
    until(lambda: mail(server)["label"] == "unsure")
    answer = mail(server)
    assert {name: answer[name] for name in ("confidence", "probabilities")} == {
        name: own[name] for name in ("confidence", "probabilities")
    }
    sure = mail(server, "lunch report project meeting notes")
    assert sure["label"] == "ham"
    spam = mail(server, "win free prize cash offer")
    assert (spam["label"], spam["confidence"] > 0.75) == ("", True)
    [known] = decided.json("predict", "mail", UNSURE)
    assert known["label"] == "unsure"
    tensors = [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [UNSURE]}]
    outputs = server.post("/v2/models/mail/infer", json={"inputs": tensors}).json()["outputs"]
    assert {one["name"]: one["data"] for one in outputs}["label"] == ["unsure"]
    for prediction_id, given in ((answer["prediction_id"], "unsure"), (spam["prediction_id"], "")):
        story = until(lambda one=prediction_id: decided.json("lineage", one))
        assert story["prediction"]["answer"] == given
    body = {"prediction_id": answer["prediction_id"], "label": "spam", "kind": "outcome"}
    assert server.post("/feedback", json=body).status_code == 201


def test_the_likeliest_classes_are_given_everywhere(decided, server, until):
    decided("models", "decide", "mail", "--top-k", 2, "--reason", "people choose from two")
    row = until(lambda: "top_labels" in (found := mail(server)) and found)
    classes = server.get("/v2/models/mail").json()["classes"]
    by_class = dict(zip(classes, row["probabilities"], strict=True))
    labels = sorted(classes, key=by_class.__getitem__, reverse=True)
    shares = [by_class[label] for label in labels]
    assert (row["top_labels"], row["top_probabilities"]) == (labels, shares)
    columns = server.post("/v1/models/mail:predict", json={"inputs": {"text": [UNSURE]}}).json()["outputs"]
    assert (columns["top_labels"], columns["top_probabilities"]) == ([labels], [shares])
    pairs = server.post("/v1/models/mail:classify", json={"examples": [{"text": UNSURE}]}).json()["results"]
    assert pairs == [[[label, share] for label, share in zip(labels, shares, strict=True)]]
    [scored] = server.post("/invocations", json={"inputs": [UNSURE]}, headers={"argosy-model": "mail"}).json()[
        "predictions"
    ]
    assert scored["top_labels"] == labels
    v2_has_two_outputs_more(server, labels, shares)
    commands_and_files_give_them(decided, labels, shares)
    assert "top-k 2 (people choose from two)" in decided("lineage", "mail@1")
    decided("models", "decide", "mail", "--remove", "top-k")
    until(lambda: "top_labels" not in mail(server))


def v2_has_two_outputs_more(server, labels, shares):
    there = {one["name"]: one for one in server.get("/v2/models/mail").json()["outputs"]}
    assert (there["top_labels"]["datatype"], there["top_probabilities"]["shape"]) == ("BYTES", [-1, 2])
    tensors = [{"name": "text", "datatype": "BYTES", "shape": [2], "data": [UNSURE] * 2}]
    wanted = [{"name": "top_labels", "parameters": {"binary_data": False}}, {"name": "top_probabilities"}]
    for outputs in ({}, {"outputs": wanted}):
        answer = server.post("/v2/models/mail/infer", json={"inputs": tensors, **outputs}).json()
        found = {one["name"]: one for one in answer["outputs"]}
        assert found["top_labels"]["shape"] == [2, 2]
        assert found["top_labels"]["data"] == labels * 2
        assert found["top_probabilities"]["data"] == pytest.approx(shares * 2, rel=1e-12)  # two rows at once, not one


def commands_and_files_give_them(decided, labels, shares):
    [known] = decided.json("predict", "mail", UNSURE)
    assert (known["top_labels"], known["top_probabilities"]) == (labels, shares)
    assert f"\t{labels[0]} {shares[0]:.3f}, {labels[1]} {shares[1]:.3f}\t" in decided("predict", "mail", UNSURE)
    decided.write("top.csv", f"text\n{UNSURE}\n")
    for name in ("top-answers.csv", "top-answers.jsonl"):
        decided("predict", "mail", "--input", "top.csv", "--output", name)
    with (decided.folder / "top-answers.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert (json.loads(row["top_labels"]), json.loads(row["top_probabilities"])) == (labels, shares)
    line = json.loads((decided.folder / "top-answers.jsonl").read_text(encoding="utf-8"))
    assert (line["top_labels"], line["top_probabilities"]) == (labels, shares)


def test_what_does_not_fit_is_refused_and_changes_nothing(decided):
    before = decided.json("models", "decide", "mail")
    for arguments, said in (
        (("--clamp", "0:1"), "clamp is for numbers, and the version answers classes"),
        (("--bias", "measured"), "bias is for numbers, and the version answers classes"),
        (("--threshold", "span=0.5"), "the version has no class 'span' (did you mean 'spam'?)"),
        (("--threshold", "spam"), "write LABEL=P"),
        (("--top-k", "3"), "top-k 3: the version has 2 classes"),
        (("--top-k", "0"), "top-k: a number of classes, 1 or more, and not 0"),
        (("--abstain", "60"), "a probability above 0, at most 1"),
        (("--remove", "clip"), "there is no step 'clip'"),
        (("--answer", "unsure"), "--answer is what --abstain gives"),
    ):
        assert said in decided.mistake("models", "decide", "mail", *arguments)
    assert "write LOW:HIGH" in decided.mistake("models", "decide", "demand", "--clamp", "60")
    assert "top-k is for classes, and the version answers numbers" in decided.mistake(
        "models", "decide", "demand", "--top-k", "2"
    )
    assert "'much' is not a number" in decided.mistake("models", "decide", "demand", "--bias", "much")
    assert decided.json("models", "decide", "mail") == before
