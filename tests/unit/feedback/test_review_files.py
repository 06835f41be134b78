"""The analyst's file, out and back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.errors import FeedbackInvalid
from argosy.feedback.review_files import Correction, ReviewRow, read, write

HEADER = "prediction_id,text,answer,confidence,drawn,correction\n"


def anything(_):
    return True


def lines(*rows):
    return [HEADER, *(row + "\n" for row in rows)]


def test_written_corrected_and_read_back():
    out = io.StringIO(newline="")
    rows = [
        ReviewRow("p1", 'Goal! "He", it said,\nscores', "sport", 0.51, "uncertain"),
        ReviewRow("p2", {"text": "Shares fall", "desk": "city"}, "sport", 0.93, "uniform"),
        ReviewRow("p3", "Polls open", "politics", 0.5, "uncertain"),
    ]
    assert write(rows, out) == 3
    table = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    table[0]["correction"], table[1]["correction"] = "ok", " business "
    corrected = io.StringIO(newline="")
    writer = csv.DictWriter(corrected, table[0])
    writer.writeheader()
    writer.writerows(table)
    returned = read(io.StringIO(corrected.getvalue(), newline=""), {"p1", "p2", "p3"}.__contains__)
    assert returned.corrections == [Correction(3, "p1", "sport", False), Correction(4, "p2", "business", True)]
    assert (returned.skipped, returned.repeated) == (1, 0)


def test_a_text_cannot_run_as_a_formula():
    out = io.StringIO(newline="")
    write([ReviewRow("p1", '=HYPERLINK("http://x")', "spam", 0.5, "uncertain")], out)
    assert out.getvalue().splitlines()[1].startswith("p1,\"'=HYPERLINK(")


def test_problems_name_their_lines_and_nothing_is_taken():
    file = lines("p1,t,a,.5,uniform,b", "zz,t,a,.5,uniform,b", "p1,t,a,.5,uniform,c", "p2,t,,.5,uniform,ok")
    with pytest.raises(FeedbackInvalid) as raised:
        read(file, {"p1", "p2"}.__contains__)
    assert str(raised.value) == (
        "line 3: no prediction has the id 'zz'; line 4: 'c' for p1, which line 2 corrects to 'b'; "
        "line 5: 'ok' beside an empty answer"
    )


def test_many_problems_are_counted():
    with pytest.raises(FeedbackInvalid, match=r"line 6: .*; and 4 more$"):
        read(lines(*(f"x{number},t,a,.5,uniform,b" for number in range(9))), set().__contains__)


def test_the_same_row_twice_counts_once():
    returned = read(lines("p1,t,a,.5,uniform,b", "p1,t,a,.5,uniform,b"), anything)
    assert (len(returned.corrections), returned.repeated) == (1, 1)


def test_ok_is_a_label_where_a_model_knows_it():
    file = lines("p1,t,bad,.5,uncertain,ok")
    assert read(file, anything).corrections[0].label == "bad"
    assert read(file, anything, ["ok", "bad"]).corrections[0].label == "ok"


def test_new_labels_are_told():
    returned = read(lines("p1,t,a,.5,uncertain,sprot", "p2,t,a,.5,uncertain,sport"), anything, ["sport", "tech"])
    assert returned.new_labels == ["sprot"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_spreadsheets_save_is_read(delimiter):
    file = [line.replace(",", delimiter) for line in lines("p1,t,a,.5,uniform,b")]
    file[0] = "\ufeff" + file[0]
    assert read(file, anything).corrections == [Correction(2, "p1", "b", True)]


@pytest.mark.parametrize("header", ["", "prediction_id,text,answer,drawn\n", "id,correction,answer,drawn\n"])
def test_a_missing_column_is_named(header):
    with pytest.raises(FeedbackInvalid, match=r"line 1: the column .* is missing; the file needs prediction_id, text"):
        read([header] if header else [], anything)


def test_what_is_no_utf_8_is_said_with_its_line(tmp_path):
    path = tmp_path / "returned.csv"
    path.write_bytes(HEADER.encode() + b"p1,caf\xe9,a,.5,uniform,b\n")
    with path.open(encoding="utf-8", newline="") as file, pytest.raises(FeedbackInvalid, match="UTF-8"):
        read(file, anything)


@given(st.lists(st.tuples(st.text(), st.text(min_size=1)), max_size=8))
def test_any_text_survives_the_round_trip(texts):
    out = io.StringIO(newline="")
    write([ReviewRow(f"p{n}", text, label, 0.5, "uniform") for n, (text, label) in enumerate(texts)], out)
    returned = read(io.StringIO(out.getvalue(), newline=""), anything)
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
    returned = read(lines(*rows), anything, {"joy", "love"})
    assert [one.label for one in returned.corrections] == ['["joy","love"]', '["fear"]', '["joy","love"]', "[]"]
    assert (returned.repeated, returned.new_labels) == (1, ["fear"])


def test_several_labels_for_an_answer_that_is_a_single_one_are_refused():
    with pytest.raises(FeedbackInvalid, match=r"line 2: .* is several labels, and the answer 'joy' a single one"):
        read(lines('p1,a,joy,0.5,uniform,"[""love"",""joy""]"'), anything)
