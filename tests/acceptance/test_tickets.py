"""Three thousand tickets with fields and deliberately wrong labels: which labels are found to be in doubt."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "support_tickets"))
import tickets

PLAN = """\
name: desk
dataset: {name: all, options: {training_ratio: 0.7}}
adapter: {name: numeric, options: {texts: [[subject, body]]}}
model: {name: logistic}
"""


def key(fields):
    return json.dumps([fields[name] for name in ("subject", "body", "product", "priority")])


@pytest.fixture(scope="module")
def desk(make_project):
    shell = make_project(PLAN)
    shell.rows = tickets.tickets(3000)
    tickets.write(shell.folder / "tickets.jsonl", shell.rows)
    fields = ("--fields", "subject,body,product,priority", "--subject", "customer")
    shell.imported = shell.json("examples", "import", "tickets.jsonl", *fields)
    shell.reported = shell("examples", "import", "tickets.jsonl", *fields, "--into", "again")
    shell("train", "plan.yaml", "--processes", 1)
    shell("report", "desk", "--doubts", "doubts.jsonl", "--output", "page.html")
    return shell


def test_the_import_reports_columns_and_contradictions(desk):
    assert desk.imported["columns"] == {
        "fields": "subject, body, product, priority",
        "label": "category",
        "seen_at": "created_at",
        "subject": "customer",
    }
    assert "the input from subject, body, product, priority, the label from category" in desk.reported
    contradicted = sum(one.planted == "contradicted" for one in desk.rows)
    assert desk.imported["conflicts"] == contradicted
    labels = [one.row["category"] for one in desk.rows]
    for named in desk.imported["disagreements"]:
        lines = {int(place.removeprefix("line ")): label for place, label in named.items()}
        assert {line: labels[line - 1] for line in lines} == lines
        assert len(set(lines.values())) > 1
    assert f"… and {contradicted - 5} more" in desk.reported


def test_labels_in_doubt_are_mostly_wrong_and_most_wrong_ones_are_in_doubt(desk):
    truth = {key(one.row): one.truth for one in desk.rows}
    kept = (json.loads(line) for line in desk("examples", "export").splitlines())
    wrong = {one["example_id"] for one in kept if one["label"] != truth[key(one["text"])]}
    doubts = [json.loads(line) for line in (desk.folder / "doubts.jsonl").read_text("utf-8").splitlines()]
    found = [one["example_id"] for one in doubts]
    assert len(wrong & set(found)) / len(found) >= 0.65
    assert len(wrong & set(found)) / len(wrong) >= 0.7
    assert len(wrong & set(found[:50])) >= 45
    hits = [one for one in doubts if one["example_id"] in wrong]
    assert sum(one["suggested"] == truth[key(one["text"])] for one in hits) / len(hits) >= 0.8


def test_the_page_shows_the_rare_class_and_what_is_mixed_up(desk):
    markup = (desk.folder / "page.html").read_text("utf-8")
    assert "times the rows of the smallest, privacy." in markup
    assert "Figures of the smallest rest on few rows." in markup
    assert "Most often: " in markup


def test_corrected_labels_are_imported_as_revisions(desk, copy_of):
    desk = copy_of(desk)
    rows = [json.loads(line) for line in (desk.folder / "doubts.jsonl").read_text("utf-8").splitlines()]
    desk.write("right.jsonl", "".join(json.dumps({**one, "label": one["suggested"]}) + "\n" for one in rows))
    assert desk.json("examples", "import", "right.jsonl")["revised"] == len(rows)
    assert "may hold corrections" in desk.mistake("report", "desk", "--doubts", "doubts.jsonl")


def test_a_plan_for_one_text_explains_how_to_read_fields(desk):
    desk.write("text.yaml", PLAN.replace("numeric, options: {texts: [[subject, body]]}", "tfidf"))
    for command in (("plan", "check"), ("train",)):
        said = desk.mistake(*command, "text.yaml")
        assert "the adapter's option 'field', the adapter 'numeric' takes them all" in said
