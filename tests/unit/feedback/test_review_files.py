"""The review file, exported and imported."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.datasets.lines import read_lines
from argosy.errors import FeedbackInvalid
from argosy.feedback import review_files
from argosy.feedback.review_files import Correction, Logged, ReviewRow, write_review

HEADER = "prediction_id,text,answer,confidence,drawn,correction\n"


def read(lines, known=None, labels=(), answer="a", limit=1_000_000):
    """The corrections in a file of predictions with these answers, all of one model."""

    def logged(prediction_id):
        return Logged("m", answer) if known is None or prediction_id in known else None

    encoded = (line if isinstance(line, bytes) else line.encode() for line in lines)
    return review_files.read_corrections(encoded, limit, logged, lambda _: labels)


def lines(*rows):
    return [HEADER, *(row + "\n" for row in rows)]


def test_written_corrected_and_read_back():
    out = io.StringIO(newline="")
    rows = [
        ReviewRow("p1", 'Goal! "He", it said,\nscores', "sport", 0.51, "uncertain"),
        ReviewRow("p2", {"text": "Shares fall", "desk": "city"}, "sport", 0.93, "uniform"),
        ReviewRow("p3", "Polls open", "politics", 0.5, "uncertain"),
    ]
    assert write_review(rows, out) == 3
    table = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    table[0]["correction"], table[1]["correction"] = "ok", " business "
    corrected = io.StringIO(newline="")
    writer = csv.DictWriter(corrected, table[0])
    writer.writeheader()
    writer.writerows(table)
    returned = read(io.StringIO(corrected.getvalue(), newline=""), {"p1", "p2", "p3"}, answer="sport")
    assert returned.corrections == [Correction(2, "p1", "sport", False), Correction(4, "p2", "business", True)]
    assert (returned.skipped, returned.repeated) == (1, 0)


def test_a_text_cannot_run_as_a_formula():
    out = io.StringIO(newline="")
    write_review([ReviewRow("p1", '=HYPERLINK("http://x")', "spam", 0.5, "uncertain")], out)
    assert out.getvalue().splitlines()[1].startswith("p1,\"'=HYPERLINK(")


def test_problems_name_their_lines_and_nothing_is_taken():
    file = lines(
        "p1,t,a,.5,uniform,b", "zz,t,a,.5,uniform,b", "p1,t,a,.5,uniform,c", "p2,t,,.5", "p2,t,a,.5,uniform,[1 0]"
    )
    with pytest.raises(FeedbackInvalid) as raised:
        read(file, {"p1", "p2"})
    assert str(raised.value) == (
        "line 3: no prediction has the id 'zz'; line 4: 'c' for p1, which line 2 corrects to 'b'; "
        "line 5: it has 4 cells where there are 6 columns; line 6: the label [1 0] is an array that was printed: "
        'write a JSON list, such as ["joy","love"]'
    )


def test_many_problems_are_counted():
    with pytest.raises(FeedbackInvalid, match=r"line 6: .*; and 4 more$"):
        read(lines(*(f"x{number},t,a,.5,uniform,b" for number in range(9))), set())


def test_the_same_row_twice_counts_once():
    returned = read(lines("p1,t,a,.5,uniform,b", "P1,t,a,.5,uniform,b"))
    assert (len(returned.corrections), returned.repeated) == (1, 1)


@pytest.mark.parametrize("said", ["ok", "OK", " Ok "])
@pytest.mark.parametrize("labels", [(), ["bad"], ["ok", "bad"]])
def test_ok_is_the_logged_answer_whatever_the_file_and_labels(said, labels):
    returned = read(lines(f"p1,t,changed by hand,.5,uncertain,{said}"), labels=labels, answer="bad")
    assert returned.corrections[0].label == "bad"
    assert returned.new_labels == []


def test_a_label_that_is_the_word_ok_is_written_in_quotes():
    returned = read(lines('p1,t,bad,.5,uncertain,"""ok"""'), labels=["ok", "bad"], answer="bad")
    assert (returned.corrections[0].label, returned.new_labels) == ("ok", [])


def test_ok_for_an_answer_that_is_not_in_the_log_is_refused():
    with pytest.raises(FeedbackInvalid, match="line 2: 'ok' for an answer that is not in the log"):
        read(lines("p1,t,bad,.5,uncertain,ok"), answer="")
    assert read(lines("p1,t,bad,.5,uncertain,good"), answer="").corrections[0].label == "good"


@pytest.mark.parametrize("labels", [["true", "false"], ["True", "False"]])
def test_truth_values_as_spreadsheets_write_them_are_the_models_labels(labels):
    returned = read(lines("p1,t,a,.5,uniform,TRUE", "p2,t,a,.5,uniform,FALSE"), labels=labels, answer=labels[0])
    assert [one.label for one in returned.corrections] == [labels[0], "false"]
    assert returned.new_labels == []


def test_an_unclosed_quote_is_named_and_bounded():
    open_ = 'p1,"two\nlines","open,.5,uniform,b\n'
    with pytest.raises(FeedbackInvalid, match=r"line 2: .*the quote that opens in line 3 is not closed"):
        read([*lines(), *open_.splitlines(keepends=True), *(f"p{n},t,a,.5,uniform,b\n" for n in range(9))])
    with pytest.raises(FeedbackInvalid, match="the quote that opens in line 3 is not closed within 1,000 bytes"):
        read([*lines(), *open_.splitlines(keepends=True), *["x" * 90 + "\n"] * 99], limit=1000)


def test_a_cell_with_nul_bytes_is_no_id_that_was_issued():
    with pytest.raises(FeedbackInvalid, match="line 2: no prediction has the id"):
        read(lines("p\0,t,a,.5,uniform,b"), {"p1"})


def test_new_labels_are_reported():
    returned = read(lines("p1,t,a,.5,uncertain,sprot", "p2,t,a,.5,uncertain,sport"), labels=["sport", "tech"])
    assert returned.new_labels == ["sprot"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_spreadsheets_save_is_read(delimiter):
    file = [line.replace(",", delimiter) for line in lines("p1,t,a,.5,uniform,b")]
    marked = io.BytesIO(("\ufeff" + "".join(file)).encode())
    assert read(read_lines(marked, 1_000_000, "returned.csv")).corrections == [Correction(2, "p1", "b", True)]


@pytest.mark.parametrize("header", ["", "prediction_id,text,answer,drawn\n", "id,correction,answer,drawn\n"])
def test_a_missing_column_is_named(header):
    with pytest.raises(FeedbackInvalid, match=r"line 1: the column .* is missing; the file needs prediction_id, text"):
        read([header] if header else [])


def test_text_that_is_not_utf_8_is_reported_with_its_line():
    with pytest.raises(FeedbackInvalid, match="line 2: it is not UTF-8"):
        read([HEADER, b"p1,caf\xe9,a,.5,uniform,b\n"])


@given(st.lists(st.tuples(st.text(), st.text(min_size=1)), max_size=8))
def test_any_text_survives_the_round_trip(texts):
    out = io.StringIO(newline="")
    write_review([ReviewRow(f"p{n}", text, label, 0.5, "uniform") for n, (text, label) in enumerate(texts)], out)
    returned = read(io.BytesIO(out.getvalue().encode()))
    assert returned.skipped == len(texts)


def test_lists_of_labels_come_back_in_any_order_and_a_label_by_itself_as_a_list_of_one():
    answer = '"[""joy"",""love""]"'
    rows = [
        f'p1,a,{answer},0.5,uniform,"[""love"", ""joy""]"',
        f"p2,b,{answer},0.5,uniform,fear",
        f"p3,c,{answer},0.5,uniform,OK",
        f"p4,d,{answer},0.5,uniform,[]",
        'p1,a,"[""love"",""joy""]",0.5,uniform,"[""joy"",""love""]"',
    ]
    returned = read(lines(*rows), labels={"joy", "love"}, answer='["joy","love"]')
    assert [one.label for one in returned.corrections] == ['["joy","love"]', '["fear"]', '["joy","love"]', "[]"]
    assert (returned.repeated, returned.new_labels) == (1, ["fear"])


def test_several_labels_for_an_answer_that_is_a_single_one_are_refused():
    with pytest.raises(FeedbackInvalid, match=r"line 2: .* is a list, and the answer 'joy' a single label: write one"):
        read(lines('p1,a,joy,0.5,uniform,"[""love"",""joy""]"'), answer="joy")


def test_a_correction_has_the_form_of_labels_everywhere():
    returned = read(lines("p1,t,a,.5,uniform, Mu\u0308ll ", "p2,t,a,.5,uniform,ok"), answer=" sport")
    assert [one.label for one in returned.corrections] == ["M\u00fcll", " sport"]
