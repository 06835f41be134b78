"""Invalid plans: each is refused with one line that names the place and exit code 2, and changes nothing."""

import pytest

DATASET = "dataset: {name: all}\n"
ADAPTER = "adapter: {name: tfidf}\n"
MODEL = "model: {name: logistic}\n"
GOOD = DATASET + ADAPTER + MODEL

MISTAKES = {
    "malformed YAML": ("dataset: {name: all\nadapter: x", ["plan.yaml:2", "','"]),
    "a tab in YAML": ("dataset:\n\tname: all\n", ["plan.yaml:2:1"]),
    "an empty file": ("", ["plan.yaml"]),
    "a key twice": (GOOD + MODEL, ["plan.yaml:4", "model"]),
    "an unknown key": (GOOD + "modell: {}\n", ["modell", "did you mean 'model'?"]),
    "an unknown plug-in": (
        DATASET + "adapter: {name: tdidf}\n" + MODEL,
        ["did you mean 'tfidf'?", "hashing", "adapter"],
    ),
    "an unknown option": (
        DATASET + ADAPTER + "model: {name: svm, options: {c: 1}}\n",
        ["model.options.c", "tolerance"],
    ),
    "an ill-typed option": (
        DATASET + "adapter: {name: hashing, options: {buckets: many}}\n" + MODEL,
        ["adapter.options.buckets", "'many'", "whole number"],
    ),
    "a value that is not allowed": (
        DATASET + ADAPTER + "model: {name: svm, options: {kernel: cubic}}\n",
        ["model.options.kernel", "linear", "rbf"],
    ),
    "a value out of bounds": (
        "dataset: {name: all, options: {training_ratio: 1.5}}\n" + ADAPTER + MODEL,
        ["dataset.options.training_ratio", "1"],
    ),
    "an empty option list": (DATASET + ADAPTER + "model: {name: logistic, options: {C: []}}\n", ["model.options.C"]),
    "a rule about nothing": (GOOD + "forbid: {model.options.D: 1}\n", ["forbid", "model.options.D"]),
    "a trigger that never fires": (GOOD + 'on: {schedule: "0 0 30 2 *"}\n', ["on.schedule", "none of the months has"]),
    "a trigger beyond the project": (GOOD + 'on: {files: "../*.csv"}\n', ["plan.yaml:4", "on.files", "'..'"]),
    "a trigger on no rows": (GOOD + "on: {examples: news, every: 0}\n", ["on.every", "at least 1"]),
    "a missing part": (DATASET + ADAPTER, ["model"]),
    "an unknown collection": (
        "dataset: {name: all, options: {collection: defualt}}\n" + ADAPTER + MODEL,
        ["defualt", "did you mean 'default'?"],
    ),
    "an empty span": (
        "dataset: {name: span, options: {start: 2016-01-02, end: 2016-01-01}}\n" + ADAPTER + MODEL,
        ["dataset", "2016-01-02"],
    ),
    "no rows": ("dataset: {name: span, options: {end: 2001-01-01}}\n" + ADAPTER + MODEL, ["no ", "default"]),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_in_a_plan_is_reported_in_one_line(imported, case):
    text, expected = MISTAKES[case]
    imported.write("plan.yaml", text)
    said = imported.mistake("plan", "submit", "plan.yaml")
    for words in expected:
        assert words in said, said


def test_no_refused_plan_left_anything_behind(imported):
    assert "no plan" in imported.mistake("plan", "status", "plan")
    jobs = next(found for found in imported.json("doctor") if found["check"] == "jobs")
    assert jobs["found"] == "none yet"


def test_a_plan_of_over_a_million_permutations_needs_a_limit(imported):
    ratios = ", ".join(f"0.{number}" for number in range(1000, 2100))
    many = ", ".join(str(number) for number in range(1, 1001))
    imported.write(
        "huge.yaml",
        f"dataset: {{name: all, options: {{training_ratio: [{ratios}]}}}}\n{ADAPTER}"
        f"model: {{name: logistic, options: {{C: [{many}]}}}}\n",
    )
    assert "1,100,000" in imported.mistake("plan", "check", "huge.yaml")
    imported.write("four.yaml", DATASET + ADAPTER + "model: {name: logistic, options: {C: [1, 2, 3, 4]}}\n")
    assert "4" in imported.mistake("train", "four.yaml", "--limit", 3)
    assert imported.json("plan", "check", "four.yaml", "--limit", 4)["permutations"] == 4


def test_one_class_is_no_dataset(empty):
    empty.write("one.csv", "text,label\n" + "".join(f"text {number},spam\n" for number in range(200)))
    empty("examples", "import", "one.csv")
    said = empty.mistake("train", "plan.yaml")
    assert "'spam'" in said
    assert "one class" in said


def test_an_empty_project_cannot_be_trained(empty):
    assert "default" in empty.mistake("train", "plan.yaml")
    assert "no file absent.yaml" in empty.mistake("plan", "status", "absent.yaml")
    assert "absent.yaml" in empty.mistake("plan", "check", "absent.yaml")
