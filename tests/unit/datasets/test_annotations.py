"""Exports of annotation tools: Label Studio in its three forms, Argilla nested and flat."""

from __future__ import annotations

import json

import pytest

from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.files import read_file
from argosy.errors import ExamplesInvalid


def pairs(tmp_path, rows, name="export.json", **options):
    (tmp_path / name).write_text(rows if isinstance(rows, str) else json.dumps(rows), "utf-8")
    return [(row.input, row.label) for row in read_file(tmp_path / name, FileOptions(**options))]


def annotation(*choices, name="sentiment", **more):
    result = {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": list(choices)}}
    return {"id": 1, "result": [result], "was_cancelled": False, "created_at": "2026-01-02T03:04:05Z", **more}


def test_tasks_of_label_studio(tmp_path):
    tasks = [
        {"id": 1, "data": {"text": "good"}, "annotations": [annotation("Positive")], "predictions": []},
        {"id": 2, "data": {"text": "both"}, "annotations": [annotation("Positive"), annotation("Negative")]},
        {"id": 3, "data": {"text": "two"}, "annotations": [annotation("Positive", "Negative")]},
    ]
    assert pairs(tmp_path, tasks) == [
        ("good", "Positive"),
        ("both", "Positive"),
        ("both", "Negative"),
        ("two", '["Negative","Positive"]'),
    ]
    (row, *_) = read_file(tmp_path / "export.json")
    assert row.seen_at == 1767323045.0


def test_an_unlabelled_or_skipped_task_has_no_label(tmp_path):
    skipped = annotation("Positive", was_cancelled=True)
    suggested = {"data": {"text": "maybe"}, "annotations": [], "predictions": [annotation("Positive")]}
    tasks = [
        {"data": {"text": "good"}, "annotations": [annotation("Positive")]},
        {"data": {"text": "skipped"}, "annotations": [skipped]},
        suggested,
    ]
    with pytest.raises(ExamplesInvalid, match=r"2 bad rows.*row 2: there is no label; row 3: there is no label"):
        pairs(tmp_path, tasks)
    assert pairs(tmp_path, tasks, skip_bad=True) == [("good", "Positive")]


def test_a_question_of_another_name_is_a_column(tmp_path):
    tasks = [{"data": {"text": "good"}, "annotations": [annotation("Positive", name="tone")]}]
    with pytest.raises(ExamplesInvalid, match=r"which column is the label.*there are: text, tone"):
        pairs(tmp_path, tasks)
    assert pairs(tmp_path, tasks, columns=Columns(label="tone")) == [("good", "Positive")]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '[{"text": "a", "sentiment": {"choices": ["Y", "X"]}}, {"text": "b", "sentiment": "X"}]'),
        ("a.csv", 'text,sentiment\na,"{""choices"": [""Y"", ""X""]}"\nb,X\n'),
        ("a.tsv", 'text\tsentiment\na\t{"choices": ["Y", "X"]}\nb\t{"choices":["X"]}\n'),
    ],
)
def test_small_exports_of_label_studio(tmp_path, name, content):
    assert pairs(tmp_path, content, name) == [("a", '["X","Y"]'), ("b", "X")]


def test_records_of_argilla(tmp_path):
    def record(text, *responses, **more):
        said = [{"value": value, "user_id": f"u{n}", **more} for n, value in enumerate(responses)]
        return {
            "id": text,
            "fields": {"text": text},
            "metadata": {},
            "suggestions": {"label": {"value": "spam", "score": 0.9, "agent": "m"}},
            "responses": {"label": said} if said else {},
            "vectors": {},
            "status": "completed",
        }

    records = [record("a", "ham"), record("b", "ham", "spam"), record("c"), record("d", "ham", status="discarded")]
    found = pairs(tmp_path, records, skip_bad=True)
    assert found == [("a", "ham"), ("b", "ham"), ("b", "spam")]


def test_flat_records_of_argilla(tmp_path):
    rows = [
        {"text": "a", "topic.responses": ["x", "y"], "topic.responses.users": ["u", "v"],
         "topic.responses.status": ["submitted", "draft"], "topic.suggestion": "z"},
        {"text": "b", "topic.responses": [["x", "y"]], "topic.responses.users": ["u"],
         "topic.responses.status": ["submitted"], "topic.suggestion": None},
    ]  # fmt: skip
    found = pairs(tmp_path, "".join(json.dumps(row) + "\n" for row in rows), "export.jsonl")
    assert found == [("a", "x"), ("b", '["x","y"]')]
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.Table.from_pylist(rows[:1]), tmp_path / "flat.parquet")
    assert [(row.input, row.label) for row in read_file(tmp_path / "flat.parquet")] == [("a", "x")]
