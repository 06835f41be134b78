"""The output file of each input file."""

from pathlib import Path

import pytest

from argosy.errors import UserMistake
from argosy.scoring.destinations import destinations


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("in/b.csv", "in/a.jsonl.gz", "in/c.parquet", "in/.hidden.csv", "in/notes.txt", "one.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    return tmp_path


def pairs(inputs, output):
    return [(source.shown, target.shown) for source, target in destinations(inputs, output, Path("copies"))]


def test_a_file_into_a_file(folder):
    assert pairs(["one.csv"], "two.parquet") == [("one.csv", "two.parquet")]


def test_a_file_into_a_folder(folder):
    assert pairs(["one.csv"], "in") == [("one.csv", "in/one.csv")]
    assert pairs(["one.csv"], "new/") == [("one.csv", "new/one.csv")]


def test_a_folder_and_a_pattern_into_a_folder(folder):
    whole = [("in/a.jsonl.gz", "out/a.jsonl"), ("in/b.csv", "out/b.csv"), ("in/c.parquet", "out/c.parquet")]
    assert pairs(["in"], "out") == whole
    assert pairs(["in/*.[cp]*"], "out") == whole[1:]


@pytest.mark.parametrize(
    ("inputs", "output", "message"),
    [
        (["no.csv"], "out.csv", "there is no such file"),
        (["no*.csv"], "out.csv", "there is no file to score"),
        (["one.csv"], "out.xlsx", "must end in"),
        (["one.csv"], "one.csv", "scored into itself"),
        (["one.csv"], "no/out.csv", "there is no folder no"),
        (["in"], "out.csv", "is one file, but there are 3"),
        (["one.csv", "in/../one.csv"], "out", "two files would be scored into out/one.csv"),
        (["https://example.org/one.csv"], "out.csv", "s3://, gs://, az:// are scored"),
    ],
)
def test_what_cannot_be_meant(folder, inputs, output, message):
    with pytest.raises(UserMistake, match=message):
        pairs(inputs, output)
