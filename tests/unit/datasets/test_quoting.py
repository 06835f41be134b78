"""Quotes that open no cell: a cell that seems to contain rows is refused, and every lost line is counted."""

from __future__ import annotations

import pytest

from argosy.datasets.file_options import FileOptions
from argosy.datasets.files import read_file
from argosy.errors import ExamplesInvalid

SPEECH = """\
text\tlabel
"good morning said Ann\tham
hello there\tham
buy now\tspam
so said "Bob"\tham
bye, he said"\tspam
end\tham
"""


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, "utf-8", newline="")
    return path


def found(path, **options):
    reading = read_file(path, FileOptions(**options))
    return [(row.input, row.label) for row in reading], reading.skipped


@pytest.mark.parametrize("name", ["a.tsv", "a.csv"])
def test_a_quote_that_only_begins_a_text_does_not_swallow_rows(tmp_path, name):
    swallowing = 'text\tlabel\nfirst\tham\n"he said\tham\nhello\tham\nbuy\tspam\nbye"\tspam\nlast\tham\n'
    path = written(tmp_path, name, swallowing)
    with pytest.raises(ExamplesInvalid, match=r"4 bad rows.*line 3: a quote opens a cell of 4 lines that look like"):
        list(read_file(path))
    with pytest.raises(
        ExamplesInvalid, match=r"quoting='none' reads quotes as letters, quoting='trust' takes the cell"
    ):
        list(read_file(path))
    assert found(path, skip_bad=True) == ([("first", "ham"), ("last", "ham")], 4)
    rows = [("first", "ham"), ('"he said', "ham"), ("hello", "ham"), ("buy", "spam"), ('bye"', "spam"), ("last", "ham")]
    assert found(path, quoting="none") == (rows, 0)
    cell = "he said\tham\nhello\tham\nbuy\tspam\nbye"
    assert found(path, quoting="trust") == ([("first", "ham"), (cell, "spam"), ("last", "ham")], 0)


def test_every_line_of_malformed_quotes_is_counted(tmp_path):
    path = written(tmp_path, "a.tsv", SPEECH)
    rows, skipped = found(path, skip_bad=True)
    assert len(rows) + skipped == 6
    rows, skipped = found(path, quoting="none")
    assert (len(rows), skipped) == (6, 0)


def test_commas_in_a_text_of_several_lines_are_none_of_rows(tmp_path):
    text = 'text,label\none,ham\ntwo,spam\n"Dear Sir, madam\nthanks, and\ngood bye",ham\n"Hi, there\nbye",spam\n'
    rows, skipped = found(written(tmp_path, "a.csv", text))
    assert (len(rows), skipped) == (4, 0)
    assert rows[2] == ("Dear Sir, madam\nthanks, and\ngood bye", "ham")


def test_a_cell_of_lines_that_end_in_known_labels_is_refused(tmp_path):
    text = 'text,label\none,ham\ntwo,spam\n"he said,ham\nhello,ham\nbye",spam\n'
    with pytest.raises(ExamplesInvalid, match=r"3 bad rows.*line 4: a quote opens a cell of 3 lines"):
        list(read_file(written(tmp_path, "a.csv", text)))


def test_quoted_lines_without_delimiters_stay_one_cell(tmp_path):
    rows, skipped = found(written(tmp_path, "a.tsv", 'text\tlabel\n"two\nlines"\tham\nplain\tspam\n'))
    assert (rows, skipped) == ([("two\nlines", "ham"), ("plain", "spam")], 0)


def test_an_unknown_quoting_lists_those_there_are(tmp_path):
    with pytest.raises(ExamplesInvalid, match=r"no quoting 'non' \(did you mean 'none'\?\); it is check, none, trust"):
        found(written(tmp_path, "a.csv", "text,label\n"), quoting="non")
