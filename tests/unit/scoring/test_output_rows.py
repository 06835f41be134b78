"""Answers as bytes: CSV without formulas, lines of JSON, and Parquet made of them."""

import csv
import io
import json
from pathlib import Path

import pytest

from argosy.datasets.parquet import lines_to_parquet
from argosy.errors import PathInvalid, UserMistake
from argosy.scoring.output_rows import AnsweredRow, Layout, check_distinct, encoded, form_of

ROWS = [
    AnsweredRow(2, ("=1+1", 7), "sport", 0.1 + 0.2, (0.25, 0.75), "abc"),
    AnsweredRow(3, ("a, b\n", None), problem="the text is empty"),
]
KEEP = ("note", "label")
SCORES = ("probability.law", "probability.sport")


def layout(form, **given):
    return Layout(form, "topics@3", **{"keep": KEEP, "scores": SCORES, "is_logged": True, **given})


def test_csv():
    text = encoded(layout("csv"), ROWS, with_header=True).decode()
    header, first, second = csv.reader(io.StringIO(text))
    assert header == [
        "row",
        "note",
        "input_label",
        "label",
        "confidence",
        *SCORES,
        "version",
        "prediction_id",
        "problem",
    ]
    assert first == ["2", "'=1+1", "7", "sport", repr(0.1 + 0.2), "0.25", "0.75", "topics@3", "abc", ""]
    assert second == ["3", "a, b\n", "", "", "", "", "", "", "", "the text is empty"]
    assert encoded(layout("csv"), ROWS[1:], with_header=False).startswith(b"3,")


def test_lines_of_json():
    first, second = map(json.loads, encoded(layout("jsonl"), ROWS, with_header=True).splitlines())
    assert list(first) == list(layout("jsonl").columns)
    assert (first["input_label"], first["confidence"], first["probability.sport"]) == (7, 0.1 + 0.2, 0.75)
    assert (second["label"], second["version"], second["problem"]) == (None, None, "the text is empty")


def test_unrequested_figures_have_no_column():
    bare = layout("jsonl", keep=(), scores=(), is_logged=False)
    (line,) = encoded(bare, [AnsweredRow(1, (), "law", 0.5)], with_header=True).splitlines()
    assert json.loads(line) == {"row": 1, "label": "law", "confidence": 0.5, "version": "topics@3", "problem": None}


def test_parquet_has_the_same_rows(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    given = layout("parquet")
    (tmp_path / "lines").write_bytes(encoded(given, ROWS, with_header=True))
    made = lines_to_parquet(tmp_path / "lines", given.columns, tmp_path / "a.parquet")
    rows = parquet.read_table(made).to_pylist()
    assert list(rows[0]) == list(given.columns)
    assert [row["note"] for row in rows] == ["=1+1", "a, b\n"]
    assert [(row["row"], row["input_label"], row["probability.law"]) for row in rows] == [
        (2, "7", 0.25),
        (3, None, None),
    ]


def test_a_kept_column_has_no_name_of_another():
    check_distinct(layout("csv"))
    with pytest.raises(UserMistake, match=r"two columns of the output would be called 'probability\.law'"):
        check_distinct(layout("csv", keep=("probability.law",)))


def test_the_suffix_decides_the_format():
    found = [form_of(Path(name)) for name in ("a.csv", "a.JSONL", "a.ndjson", "a.parquet")]
    assert found == ["csv", "jsonl", "jsonl", "parquet"]
    with pytest.raises(PathInvalid, match="must end in"):
        form_of(Path("a.xlsx"))
