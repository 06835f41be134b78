"""Options of another format are refused; columns in nested objects are suggested."""

import json

import pytest

from argosy.datasets.example import Example
from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.files import read_file
from argosy.datasets.python_rows import examples_of
from argosy.errors import ExamplesInvalid


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("a.csv", {"sheet": "May"}, "sheet='May' is for a spreadsheet, and this is CSV or TSV: leave it out"),
        ("a.jsonl.gz", {"sheet": "May"}, "sheet='May' is for a spreadsheet, and this is JSON"),
        ("a.json", {"quoting": "none"}, "quoting='none' is for CSV or TSV, and this is JSON"),
        ("a.parquet", {"encoding": "cp1252"}, "encoding='cp1252' is for JSON and CSV or TSV, and this is Parquet"),
        ("a.pq", {"quoting": "trust"}, "quoting='trust' is for CSV or TSV, and this is Parquet"),
        ("a.xlsx", {"quoting": "trust"}, "quoting='trust' is for CSV or TSV, and this is a spreadsheet"),
        ("a.ods", {"encoding": "utf-8"}, "encoding='utf-8' is for JSON and CSV or TSV, and this is a spreadsheet"),
    ],
)
def test_an_option_of_another_format_is_refused(tmp_path, name, options, said):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ExamplesInvalid, match=said):
        list(read_file(tmp_path / name, FileOptions(**options)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (FileOptions(Columns(text="body")), "text='body' is for data frames and dictionaries"),
        (FileOptions(Columns(fields=("a", "b"))), "fields="),
        (FileOptions(skip_bad=True), "skip_bad=True is for"),
        (FileOptions(missing=frozenset({"nan", "NULL"})), "missing='NULL,nan' is for"),
    ],
)
@pytest.mark.parametrize("row", [("a text", "x"), Example("a text", "x")])
def test_rows_without_columns_have_no_options_of_columns(options, said, row):
    with pytest.raises(ExamplesInvalid, match=said):
        examples_of([row], options)


@pytest.mark.parametrize(
    ("row", "columns", "said"),
    [
        (
            {"id": 1, "payload": {"id": 2, "text": "t"}},
            {},
            "which column is the text? Say it with text='payload.text';",
        ),
        ({"id": 1, "a": {"b": {"Body": "t"}}}, {}, "text='a.b.Body'"),
        ({"id": 1, "a": {"body": {"text": "t"}}}, {}, "text='a.body.text'"),
        ({"id": 1, "a": {"claim": "c", "body": "t"}}, {}, "text='a.body'"),
        ({"text": "t", "meta": {"labels": ["x"]}}, {}, "which column is the label? Say it with label='meta.labels';"),
        ({"text": "t", "id": 1}, {}, "label='COLUMN'"),
        ({"a": {"b": {"c": {"d": {"e": {"text": "t"}}}}}}, {}, "text='COLUMN'"),
        ({"a": 1, "meta": {"topic": "x"}}, {"fields": ("a",)}, "label='meta.topic'"),
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_usual_name_within_objects_is_proposed(tmp_path, row, columns, said, name):
    text = json.dumps(row)
    (tmp_path / name).write_text(f"[{text}]" if name == "a.json" else text)
    with pytest.raises(ExamplesInvalid) as raised:
        list(read_file(tmp_path / name, FileOptions(Columns(**columns))))
    assert said in str(raised.value)
