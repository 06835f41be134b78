"""The roles of columns: paths, roles switched off, guesses that the rows contradict, duplicate names."""

from __future__ import annotations

import json

import pytest

from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.files import read_file
from argosy.errors import ExamplesInvalid


def read(tmp_path, *rows, name="a.jsonl", **columns):
    text = "".join(json.dumps(row) + "\n" for row in rows) if name == "a.jsonl" else rows[0]
    (tmp_path / name).write_text(text, "utf-8")
    reading = read_file(tmp_path / name, FileOptions(Columns(**columns)))
    return list(reading), reading.columns


def test_a_path_leads_into_objects_and_lists(tmp_path):
    rows = [
        {"payload": {"text": "a", "by": [{"id": 7}]}, "tags": ["x"]},
        {"payload": {"text": "b"}, "tags": ["y", "z"]},
    ]
    found, columns = read(tmp_path, *rows, text="payload.text", label="tags.0", subject="payload.by.0.id")
    assert [(row.input, row.label, row.subject) for row in found] == [("a", "x", "7"), ("b", "y", None)]
    assert columns == {"text": "payload.text", "label": "tags.0", "subject": "payload.by.0.id"}


def test_a_column_of_that_very_name_comes_before_a_path(tmp_path):
    found, _ = read(tmp_path, {"a.b": "flat", "a": {"b": "deep"}, "label": "x"}, text="a.b")
    assert found[0].input == "flat"


def test_paths_make_fields(tmp_path):
    found, _ = read(tmp_path, {"p": {"title": "t", "body": "b"}, "label": "x"}, fields=("p.title", "p.body"))
    assert found[0].input == {"p.title": "t", "p.body": "b"}


def test_a_path_that_leads_nowhere_is_named(tmp_path):
    with pytest.raises(ExamplesInvalid, match=r"line 1: there is no 'payload.txt'"):
        read(tmp_path, {"payload": {"text": "a"}, "label": "x"}, text="payload.txt")
    with pytest.raises(ExamplesInvalid, match=r"no column is called 'other.text'"):
        read(tmp_path, {"payload": {"text": "a"}, "label": "x"}, text="other.text")


def test_a_guessed_role_can_be_switched_off(tmp_path):
    text = "text,label,date,split,subject,source\nhello,x,tomorrow,left,Re: you,web\n"
    with pytest.raises(ExamplesInvalid, match="'tomorrow' is no time"):
        read(tmp_path, text, name="a.csv")
    ((row,), columns) = read(tmp_path, text, name="a.csv", seen_at="none", split="none", subject="none", source="none")
    assert (row.seen_at, row.split, row.subject, row.source) == (None, None, None, "")
    assert columns == {"text": "text", "label": "label"}


def test_a_column_without_a_name_is_nobodys(tmp_path):
    ((row,), _) = read(tmp_path, "text,label,,\nhello,x,y,z\n", name="a.csv", subject="none")
    assert (row.input, row.subject) == ("hello", None)


def test_a_column_of_objects_is_no_name(tmp_path):
    row = {"text": "a", "label": "x", "user": {"id": 7}}
    with pytest.raises(
        ExamplesInvalid, match=r"'user' holds objects: name one of their fields, such as subject='user.id'"
    ):
        read(tmp_path, row, subject="user")
    ((found,), _) = read(tmp_path, row, subject="user.id")
    assert found.subject == "7"


def test_a_guess_that_the_rows_belie_is_dropped(tmp_path):
    row = {"text": "a", "label": "x", "source": {"url": "u"}, "subject": {"id": 1}, "origin": "JFK"}
    ((found,), columns) = read(tmp_path, row)
    assert (found.subject, found.source, found.origin) == (None, "", None)
    assert columns == {"text": "text", "label": "label"}


@pytest.mark.parametrize(
    "header", ["text,label,label", "text,label,Größe,Gro\u0308ße".replace("ö", "o\u0308"), "text,text"]
)
def test_columns_of_one_name_are_refused(tmp_path, header):
    cells = ",".join("a" for _ in header.split(","))
    with pytest.raises(ExamplesInvalid, match="two columns are called"):
        read(tmp_path, f"{header}\n{cells}\n", name="a.csv")


def test_names_are_compared_in_one_form(tmp_path):
    ((row,), _) = read(tmp_path, "Gro\u0308\u00dfe , label\nhello,x\n", name="a.csv", text="Gr\u00f6\u00dfe")
    assert row.input == "hello"
    ((row,), _) = read(tmp_path, {"Gro\u0308\u00dfe": "hello", "label": "x"}, text="Gr\u00f6\u00dfe")
    assert row.input == "hello"
