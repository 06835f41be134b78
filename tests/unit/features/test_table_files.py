"""Files as tables of features: values keep their types, and every bad row is found before the first is given."""

import gzip
import json

import pytest

from argosy.errors import FeaturesInvalid
from argosy.features.rows import MOST_BYTES, TableFile
from argosy.testing.expecting import raised


def table(tmp_path, name, content, key="user", columns=()):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    file = TableFile(path, key, columns)
    return file.columns, {row.key: row.values for row in file.rows()}


def test_csv_has_numbers_where_a_whole_column_is_of_them(tmp_path):
    content = "user,age,total,code,note\nana,41,9.5,007,\nbo,,-1e3,8,x\ncy,0,3,12,4\n"
    assert table(tmp_path, "users.csv", content) == (
        ("age", "total", "code", "note"),
        {"ana": (41, 9.5, "007", None), "bo": (None, -1000.0, "8", "x"), "cy": (0, 3, "12", "4")},
    )
    packed = gzip.compress(content.encode())
    assert table(tmp_path, "users.csv.gz", packed) == table(tmp_path, "users.csv", content)


@pytest.mark.parametrize("written", ["+1", "1_000", "0x1f", "1.", ".5", "inf", "nan", "1e999", "01", "٣", " 1"])
def test_what_json_would_not_call_a_number_stays_a_text(tmp_path, written):
    _, rows = table(tmp_path, "users.csv", f"user,age\nana,{written}\nbo,2\n")
    assert [type(age) for (age,) in rows.values()] == [str, str]


def test_json_lines_keep_their_types(tmp_path):
    rows = [{"user": 7, "a": True, "b": 1.5, "c": "é"}, {"user": " bo ", "c": None, "d": "x"}]
    content = "".join(f"{json.dumps(row)}\n" for row in rows)
    assert table(tmp_path, "users.jsonl", content) == (
        ("a", "b", "c", "d"),
        {"7": (True, 1.5, "é", None), "bo": (None, None, None, "x")},
    )


def test_parquet_and_named_columns(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {"user": ["ana", "bo"], "age": [1, None], "score": [0.5, float("nan")], "list": [[1], [2]]}
    parquet.write_table(
        arrow.table({name: columns[name] for name in ("user", "age", "score")}), tmp_path / "users.parquet"
    )
    file = TableFile(tmp_path / "users.parquet", "user", ("score", "age"))
    assert [(row.key, row.values) for row in file.rows()] == [("ana", (0.5, 1)), ("bo", (None, None))]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"user": "a", "x": [1]}\n', "line 1: 'x' holds a list: a text, a number, true, false or null"),
        ('{"user": ""}\n', "line 1: its 'user' is empty"),
        ('{"user": 1.5e300}\n{"user": null}\n', "line 2: its 'user' is empty"),
        ('{"id": 1}\n', "line 1: it has no column 'user', but id"),
        ('{"user": "a\\u0000b"}\n', "line 1: the key has a NUL character"),
        ('{"user": "a", "x": "\\ud800"}\n', "line 1: "),
        (json.dumps({"user": "a", "x": "y" * MOST_BYTES}) + "\n", "bytes: 65,536 at most"),
        ('{"user": "a", "first name": 1}\n', "the column 'first name'"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path, content, said):
    assert said in str(raised(FeaturesInvalid, table, tmp_path, "users.jsonl", content))


def test_all_bad_rows_are_counted_and_the_first_named(tmp_path):
    content = "user,age\n" + "".join(f"{'' if number % 2 else number},1\n" for number in range(20))
    said = str(raised(FeaturesInvalid, table, tmp_path, "users.csv", content))
    assert "10 bad rows: line 3: its 'user' is empty; line 5" in said
    assert said.endswith("; and 5 more")


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    said = str(raised(FeaturesInvalid, table, tmp_path, "users.csv", "user,age\nana,1\n", "user", ("agee",)))
    assert said.endswith("users.csv: it has no column 'agee', but user, age")
    said = str(raised(FeaturesInvalid, table, tmp_path, "users.csv", "user,age\nana,1\nbo,2\n", "usr"))
    assert said.endswith("users.csv: it has no column 'usr', but user, age")


def test_a_file_without_rows_is_an_empty_table(tmp_path):
    assert table(tmp_path, "users.jsonl", "") == ((), {})
