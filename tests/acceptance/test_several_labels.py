"""Texts with several labels, from a file to a better version, one step after another."""

import csv
import json
import random

import pytest

# fmt: off
WORDS = {
    "joy": ["happy", "glad", "smile", "wonderful"], "love": ["adore", "darling", "heart", "dear"],
    "anger": ["furious", "hate", "rage", "annoyed"], "fear": ["afraid", "scared", "panic", "terror"],
}
# fmt: on
FILLING = ["the", "we", "went", "with", "my", "again", "today", "what"]
PLAN = """\
name: feelings
dataset: {name: all, options: {training_ratio: 0.6}}
adapter: {name: tfidf}
model: {name: one_vs_rest, options: {settings: {C: 10}, threshold: [0.5, macro_f1]}}
"""
ALL = ["joy", "love", "anger"]
ASKED, REVIEWED = 300, 60


def said(count, seed, known=tuple(WORDS), **likely):
    """Each label is in four texts of ten, or in as many as `likely` says."""
    draw = random.Random(seed)
    for number in range(count):
        labels = [label for label in known if draw.random() < likely.get(label, 0.4)]
        words = [draw.choice(WORDS[label]) for label in labels for _ in "ab"] + draw.choices(FILLING, k=4)
        yield " ".join([*words, f"{seed}-{number}"]), labels


@pytest.fixture(scope="module")
def feelings(make_project):
    """Trained on three of the four labels, without `fear`."""
    shell = make_project(PLAN)
    shell.write("argosy.yaml", "name: feelings\ngate: {minimum_rows: 10, cooldown_seconds: 0}\n")
    rows = [{"text": text, "labels": labels[::-1] + labels[:1]} for text, labels in said(240, 1, ALL)]
    shell.write("feelings.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    shell("examples", "import", "feelings.jsonl")
    shell("train", "plan.yaml", "--processes", 1)
    return shell


@pytest.fixture(scope="module")
def server(feelings):
    feelings("models", "promote", "feelings@1")  # the one with thresholds of 0.5: tuned ones depend on the split
    process, client = feelings.serve("serve")
    yield client
    client.close()
    assert feelings.end(process) == 0


@pytest.fixture(scope="module")
def asked(server):
    """Answers to texts in which fear occurs, and what would have been right: (prediction id, labels).

    So many, and fear in so many of them, that whichever are drawn to measure show that it was learned.
    """
    rows = list(said(ASKED, 2, fear=0.7))
    answer = server.post("/v1/models/feelings:predict", json={"instances": [text for text, _ in rows]}).json()
    ids = [row["prediction_id"] for row in answer["predictions"]]
    return [(one, sorted(labels)) for one, (_, labels) in zip(ids, rows, strict=True)]


def test_texts_with_several_labels_go_round_the_loop(feelings, server, asked, until):
    """Each step depends on the previous ones."""
    labels_are_counted_one_by_one(feelings)
    the_leaderboard_is_by_micro_f1(feelings)
    each_label_is_shown_by_itself(feelings)
    models_and_labels_that_do_not_fit_are_refused(feelings)
    answers_are_sets_on_both_protocols(feelings, server)
    feedback_is_a_list_in_any_order(feelings, server, asked, until)
    a_review_takes_lists_and_single_labels(feelings, asked, until)
    a_challenger_that_learned_from_the_corrections_is_promoted(feelings, server, asked, until)
    a_version_is_made_again_and_reported(feelings)


def labels_are_counted_one_by_one(feelings):
    counts = feelings.json("examples", "count")
    assert set(counts["labels"]) == {*ALL, "[]"}
    assert sum(counts["labels"].values()) > counts["examples"] == 240


def the_leaderboard_is_by_micro_f1(feelings):
    rows = feelings.json("leaderboard", "plan.yaml")
    assert {row["ranked_by"] for row in rows} == {"micro_f1"}
    assert min(row["test_micro_f1"] for row in rows) > 0.9
    assert all(row["test_micro_f1_low"] <= row["test_micro_f1"] <= row["test_micro_f1_high"] for row in rows)
    assert "micro-F1 with 95 % intervals" in feelings("leaderboard", "plan.yaml")


def each_label_is_shown_by_itself(feelings):
    reported = feelings("models", "show", "feelings@1")
    assert "Labels on the test part" in reported
    assert {"joy", "threshold", "precision", "recall"} <= set(reported.split())
    trained = feelings.json("models", "show", "feelings@1")["trained"]
    assert set(trained["metrics"]["test"]) == {"micro_f1", "macro_f1", "accuracy", "hamming_loss", "log_loss"}
    assert trained["confusion"]["thresholds"] == [0.5, 0.5, 0.5]
    assert trained["form"]["name"] == "sparse_linear"
    assert trained["form"]["difference"] < 1e-9


def models_and_labels_that_do_not_fit_are_refused(feelings):
    plan = PLAN.replace("one_vs_rest", "logistic").replace("settings: {C: 10}, threshold: [0.5, macro_f1]", "")
    feelings.write("single.yaml", plan)
    said = "model.name: the labels of 'default' are lists, and logistic learns one label a text"
    assert said + ": write model: {name: one_vs_rest}" in feelings.mistake("plan", "check", "single.yaml")
    assert said in feelings.mistake("train", "single.yaml")
    feelings.write("tickets.csv", "text,label\n" + "".join(f"text {n},{'ab'[n % 2]}\n" for n in range(200)))
    feelings("examples", "import", "tickets.csv", "--into", "tickets")
    feelings.write("lists.yaml", PLAN.replace("training_ratio", "collection: tickets, training_ratio"))
    assert "write model: {name: logistic}" in feelings.mistake("plan", "check", "lists.yaml")
    feelings.write("bad.jsonl", '{"text": "a", "labels": [["joy"]]}\n{"text": "b", "labels": ["", "joy"]}\n')
    found = feelings.mistake("examples", "import", "bad.jsonl")
    assert "2 bad rows" in found
    assert "line 2: a label in the list is empty" in found


def answers_are_sets_on_both_protocols(feelings, server):
    text = "happy glad adore heart"
    answer = server.post("/v1/models/feelings:predict", json={"instances": [text, "today"]}).json()["predictions"]
    assert [row["label"] for row in answer] == ['["joy","love"]', "[]"]
    assert sum(answer[0]["probabilities"]) > 1.2
    body = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [text]}]}
    outputs = server.post("/v2/models/feelings/infer", json=body).json()["outputs"]
    assert {one["name"]: one["data"] for one in outputs}["label"] == ['["joy","love"]']
    there = server.get("/v2/models/feelings").json()
    assert there["parameters"]["labels"] == "several"
    assert list(there["parameters"]["thresholds"]) == there["classes"] == sorted(ALL)
    assert feelings.json("predict", "feelings", text)[0]["label"] == '["joy","love"]'


def feedback_is_a_list_in_any_order(feelings, server, asked, until):
    for one, labels in asked[:-REVIEWED]:
        body = {"prediction_id": one, "label": labels[::-1], "uniform": True}
        assert server.post("/feedback", json=body).status_code == 201
    again = {"prediction_id": asked[0][0], "label": json.dumps(asked[0][1]), "uniform": True}
    assert server.post("/feedback", json=again).json()["added"] == 0
    refused = server.post("/feedback", json={"prediction_id": asked[0][0], "label": ["joy", " "]})
    assert (refused.status_code, refused.json()["error"]) == (400, "label: a label in the list is empty")
    one, labels = asked[-1]
    added = feelings("feedback", "add", one, "--label", json.dumps(labels), "--uniform")
    assert "No example has the label 'fear'" in added or "fear" not in labels


def a_review_takes_lists_and_single_labels(feelings, asked, until):
    right = dict(asked)
    names = iter(range(1000))

    def reviewed():
        path = f"review-{next(names)}.csv"
        feelings("feedback", "review", "feelings", "--rows", ASKED, "--output", path)
        with (feelings.folder / path).open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["prediction_id"] in right]
        return rows if len(rows) >= REVIEWED - 1 else None

    rows = until(reviewed)
    for row in rows:
        labels = right[row["prediction_id"]]
        row["correction"] = labels[0] if len(labels) == 1 else json.dumps(labels[::-1])
    with (feelings.folder / "back.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    back = feelings.json("feedback", "import", "back.csv", "--source", "analyst")
    assert (back["corrections"], back["new_labels"]) == (len(rows), ["fear"])


def a_challenger_that_learned_from_the_corrections_is_promoted(feelings, server, asked, until):
    before = champion(feelings)
    assert "Promoted" in feelings("retrain", "feelings") or champion(feelings) != before
    counts = feelings.json("examples", "count")
    assert counts["labels"]["fear"] == sum("fear" in labels for _, labels in asked)
    body = {"instances": ["panic terror scared adore darling"]}

    def answered():
        return server.post("/v1/models/feelings:predict", json=body).json()["predictions"][0]["label"]

    until(lambda: {"fear", "love"} <= set(json.loads(answered())))
    change = feelings.json("models", "diff", f"feelings@{before}", "feelings@champion")["paired"]
    fear = next(one for one in change["classes"] if one["label"] == "fear")
    assert fear["recall"][0] == 0 < fear["recall"][1]


def a_version_is_made_again_and_reported(feelings):
    assert "identical" in feelings("reproduce", "feelings@champion")
    feelings("report", "feelings", "--quick", "--output", "report.html")
    page = (feelings.folder / "report.html").read_text("utf-8")
    assert "Micro-F1" in page
    assert "Recall of each class" in page
    assert "Confusion matrix" not in page
    assert "several" in page


def champion(shell):
    return next(one["number"] for one in shell.json("models", "list")["feelings"] if "champion" in one["aliases"])
