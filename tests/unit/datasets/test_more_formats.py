"""JSON arrays, gzipped files under any case of name, and spreadsheets."""

from __future__ import annotations

import datetime
import gzip
import json
import sys

import pytest

from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.files import read_file
from argosy.errors import ExamplesInvalid, ExtraMissing

ROWS = [{"text": f"text {at}", "label": "ab"[at % 2], "subject": 90071992547409937.5} for at in range(300)]


def pairs(path, **options):
    return [(row.input, row.label) for row in read_file(path, FileOptions(**options))]


EXPECTED = [(row["text"], row["label"]) for row in ROWS]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.json.gz", "a.JSON.GZ"])
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array(tmp_path, name, indent):
    content = "\ufeff\n" * (indent is None) + json.dumps(ROWS, indent=indent)
    data = content.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.lower().endswith("gz") else data)
    assert pairs(tmp_path / name) == EXPECTED


def test_digits_of_names_are_kept_in_an_array(tmp_path):
    (tmp_path / "a.json").write_text('[{"text": "a", "label": "b", "subject": 90071992547409937.5}]')
    (row,) = read_file(tmp_path / "a.json")
    assert row.subject == "90071992547409937.5"


def test_bad_items_are_named_by_number(tmp_path):
    (tmp_path / "a.json").write_text('[{"text": "a", "label": "x"},\n 3, {"text": "b"}, ["c"]]')
    with pytest.raises(
        ExamplesInvalid, match=r"3 bad rows.*row 2: it is no JSON object.*row 3: there is no label; row 4"
    ):
        pairs(tmp_path / "a.json")
    assert pairs(tmp_path / "a.json", skip_bad=True) == [("a", "x")]


@pytest.mark.parametrize("content", ['[{"text": "a", "label": "x"}', "[", '[{"text": "a"},]', "[1] [2]"])
def test_an_invalid_array_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ExamplesInvalid, match="no JSON array"):
        pairs(tmp_path / "a.json")


def test_an_array_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr("argosy.datasets.json_lines.ARRAY_BYTES", 1000)
    (tmp_path / "a.json").write_text(json.dumps(ROWS))
    with pytest.raises(ExamplesInvalid, match="over 1,000 bytes: write JSON lines"):
        pairs(tmp_path / "a.json")


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_an_array_that_breaks_off_is_reported(tmp_path, share):
    packed = gzip.compress(json.dumps([{**row, "n": at**7} for at, row in enumerate(ROWS)]).encode())
    (tmp_path / "a.json.gz").write_bytes(packed[: int(len(packed) * share)])
    with pytest.raises(ExamplesInvalid, match="breaks off"):
        pairs(tmp_path / "a.json.gz")


def test_a_table_gzipped_under_capital_letters(tmp_path):
    (tmp_path / "x.CSV.GZ").write_bytes(gzip.compress(b"text,label\nhello,a\n"))
    assert pairs(tmp_path / "x.CSV.GZ") == [("hello", "a")]
    (tmp_path / "y.CSV.GZ").write_bytes(b"text,label\nhello,a\n")
    with pytest.raises(ExamplesInvalid, match=r"called \.gz and is not gzipped"):
        pairs(tmp_path / "y.CSV.GZ")


@pytest.fixture
def workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    pytest.importorskip("python_calamine")

    def write(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "book.xlsx")
        return tmp_path / "book.xlsx"

    return write


def test_a_sheet(workbook):
    day = datetime.datetime(2026, 1, 2, 3, 4, 5)  # as in spreadsheets
    path = workbook(
        tickets=[
            [],
            ["Text ", "Label", "subject", "date", None, "picture"],
            ["hello", 1, 17, day, "x", "y"],
            [],
            ["bye", True, 4711, None, None, None],
            ["0.5", 0.5, None, None, None, None],
        ],
        other=[["text", "label"], ["else", "z"]],
    )
    rows = list(read_file(path))
    assert [(row.input, row.label, row.subject, row.row) for row in rows] == [
        ("hello", "1", "17", 3),
        ("bye", "true", "4711", 5),
        ("0.5", "0.5", None, 6),
    ]
    assert [row.seen_at for row in rows] == [1767323045.0, None, None]
    assert pairs(path, sheet="other") == [("else", "z")]
    with pytest.raises(
        ExamplesInvalid, match=r"no sheet is called 'ticket' \(did you mean 'tickets'\?\); there are: tickets"
    ):
        pairs(path, sheet="ticket")


def test_bad_rows_of_a_sheet_are_numbered_as_it_counts(workbook):
    path = workbook(a=[["text", "label"], ["hello", "x"], ["no label", None]])
    with pytest.raises(ExamplesInvalid, match=r"1 bad row.*row 3: the label is empty"):
        pairs(path)
    with pytest.raises(ExamplesInvalid, match="two columns are called 'label'"):
        pairs(workbook(a=[["text", "label", "label"], ["hello", "x", "y"]]))
    with pytest.raises(ExamplesInvalid, match="which column is the label"):
        pairs(workbook(a=[["text", "kind"], ["hello", "x"]]))
    assert pairs(workbook(a=[["text", "kind"], ["hello", "x"]]), columns=Columns(label="kind")) == [("hello", "x")]
    with pytest.raises(ExamplesInvalid, match="no row"):
        pairs(workbook(a=[]))


def test_a_sheet_that_unpacks_to_much_is_refused(workbook, monkeypatch):
    path = workbook(a=[["text", "label"], ["hello", "x"]])
    monkeypatch.setattr("argosy.datasets.spreadsheets.UNPACKED_BYTES", 100)
    with pytest.raises(ExamplesInvalid, match="over the limit of 100"):
        pairs(path)


def test_without_the_extra_the_command_to_install_it(tmp_path, monkeypatch):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'argosy\[xlsx\]'"):
        pairs(tmp_path / "a.xlsx")
