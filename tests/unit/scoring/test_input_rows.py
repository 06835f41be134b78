"""Rows to answer: the column with the text, and bad rows."""

import gzip
import json

import pytest

from argosy.datasets.file_options import FileOptions
from argosy.errors import ExamplesInvalid
from argosy.scoring import input_rows
from argosy.scoring.input_rows import InputReading, InputRow, WantedColumns, in_batches

LONE = {"text": "text"}


def read(path, wanted=WantedColumns(), reads=LONE, **options):  # noqa: B008  # it is frozen
    return list(InputReading(path, FileOptions(**options), wanted, reads))


def written(path, text):
    path.write_text(text, "utf-8")
    return path


def test_the_text_is_the_usual_column_without_any_label(tmp_path):
    path = written(tmp_path / "a.csv", "id,message\n1,one\n2,two\n")
    assert read(path) == [InputRow(2, "one"), InputRow(3, "two")]
    path = written(tmp_path / "b.jsonl", '{"id": 1, "Text": "one"}\n')
    assert read(path) == [InputRow(1, "one")]


def test_a_single_column_may_be_a_file_without_a_header(tmp_path):
    path = written(tmp_path / "a.csv", "eins und eins\nzwei\ndrei\n")
    with pytest.raises(ExamplesInvalid, match="which column is the text"):
        read(path)
    assert [row.given for row in read(path, WantedColumns("eins und eins"))] == ["zwei", "drei"]


def test_the_column_is_named_by_the_models_field(tmp_path):
    path = written(tmp_path / "a.csv", "body,text\none,two\n")
    assert [row.given for row in read(path, reads={"body": "text"})] == ["one"]
    assert [row.given for row in read(path, WantedColumns("text"), reads={"body": "text"})] == ["two"]


def test_fields_become_a_dictionary(tmp_path):
    path = written(tmp_path / "a.jsonl", '{"title": "x", "price": 3.5, "other": 1}\n{"title": "y"}\n')
    assert [row.given for row in read(path, reads={"title": "text", "price": "number"})] == [
        {"title": "x", "price": 3.5},
        {"title": "y", "price": None},
    ]


def test_columns_that_are_kept_and_names(tmp_path):
    path = written(tmp_path / "a.jsonl", '{"text": "x", "who": 90071992547409937.5, "case": {"id": "7"}, "n": 5}\n')
    (row,) = read(path, WantedColumns(keep=("n", "case.id"), subject="who", entity="case.id"))
    assert row == InputRow(1, "x", "", (5, "7"), "90071992547409937.5", "7")


def test_bad_rows_are_reported_in_their_place(tmp_path):
    path = written(tmp_path / "a.csv", 'text,id\none,1\n,2\nthree,3,4\n"  ",5\nsix,6\n')
    rows = read(path, WantedColumns(keep=("id",)))
    assert [(row.number, row.given) for row in rows] == [(2, "one"), (3, None), (4, None), (5, None), (6, "six")]
    assert [bool(row.problem) for row in rows] == [False, True, True, True, False]
    assert "3 cells where there are 2 columns" in rows[2].problem
    assert [row.kept for row in rows] == [("1",), ("2",), (), ("5",), ("6",)]
    rows = read(written(tmp_path / "a.jsonl", '{"text": "x"}\n{"text": \n{"other": 1}\n{"text": "y"}\n'))
    assert [row.given for row in rows] == ["x", None, None, "y"]
    assert "there is no 'text'" in rows[2].problem


def test_a_text_over_the_limit_is_a_bad_row(tmp_path):
    rows = read(written(tmp_path / "a.jsonl", '{"text": "abcdef"}\n{"text": "abc"}\n'), text_bytes=5)
    assert [row.given for row in rows] == [None, "abc"]


def test_a_truncated_file_is_reported_at_its_end(tmp_path):
    lines = "".join(json.dumps({"text": f"text {n} " + "x" * n}) + "\n" for n in range(2000))
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(lines.encode())[:-2000])
    rows = read(path)
    assert rows[0].given == "text 0 "
    assert "breaks off" in rows[-1].problem
    assert rows[-1].given is None


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (WantedColumns(), r"which column is the text\? Say it with .*there are: a, b"),
        (WantedColumns("c"), "no column is called 'c'; there are: a, b"),
        (WantedColumns("a", keep=("bb",)), "no column is called 'bb'"),
        (WantedColumns("a", subject="x"), "no column is called 'x'"),
    ],
)
def test_a_missing_column_is_reported_first(tmp_path, wanted, message):
    with pytest.raises(ExamplesInvalid, match=message):
        read(written(tmp_path / "a.csv", "a,b\n1,2\n"), wanted)


def test_parquet_reads_only_the_requested_columns(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"text": ["one", None], "id": [1, 2], "more": ["x", "y"]})
    parquet.write_table(table, tmp_path / "a.parquet")
    rows = read(tmp_path / "a.parquet", WantedColumns(keep=("id",)))
    assert [(row.given, row.kept) for row in rows] == [("one", (1,)), (None, (2,))]


def test_batches_are_bounded_in_rows_and_in_characters(monkeypatch):
    monkeypatch.setattr(input_rows, "BATCH_ROWS", 3)
    monkeypatch.setattr(input_rows, "BATCH_CHARACTERS", 100)
    rows = [InputRow(n, "x" * (90 if n == 4 else 20)) for n in range(9)]
    assert [len(batch) for batch in in_batches(iter(rows))] == [3, 2, 3, 1]
    rows = [InputRow(n, None, "", ("x" * 60,)) for n in range(5)]
    assert [len(batch) for batch in in_batches(iter(rows))] == [2, 2, 1]
    assert list(in_batches(iter([]))) == []
