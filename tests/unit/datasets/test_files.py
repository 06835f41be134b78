from __future__ import annotations

import gzip
import json
import tracemalloc

import pytest

from argosy.datasets.example import content
from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.files import read_file
from argosy.errors import ExamplesInvalid

ROWS = [{"text": f"text {at}", "label": "ab"[at % 2]} for at in range(4)]


def written(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def pairs(path):
    return [(row.input, row.label) for row in read_file(path)]


EXPECTED = [(row["text"], row["label"]) for row in ROWS]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.JSONL"])
def test_json_lines(tmp_path, name):
    assert pairs(written(tmp_path, name, lines(*ROWS))) == EXPECTED


def test_gzipped(tmp_path):
    assert pairs(written(tmp_path, "a.jsonl.gz", gzip.compress(lines(*ROWS).encode()))) == EXPECTED


def test_gzip_is_recognised_by_its_bytes(tmp_path):
    assert pairs(written(tmp_path, "a.jsonl", gzip.compress(lines(*ROWS).encode()))) == EXPECTED


def test_blank_lines_a_byte_order_mark_and_no_last_newline(tmp_path):
    text = "\ufeff\n" + lines(*ROWS).replace("\n", "\r\n\n").rstrip()
    assert pairs(written(tmp_path, "a.jsonl", text)) == EXPECTED


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "text,label\nhello,x\n"),
        ("a.csv", "Label;Text\nx;hello\n"),
        ("a.tsv", "label\ttext\nx\thello\n"),
        ("a.csv", '\ufeff"category","message","other"\r\n"x","hello","z"\r\n'),
    ],
)
def test_columns_are_found_by_their_usual_names(tmp_path, name, text):
    assert pairs(written(tmp_path, name, text)) == [("hello", "x")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", "ham\tGo there\nspam\tBuy, buy\nham\tOk\n"),
        ("a.csv", 'Go there,ham\n"Buy, buy",spam\nOk,ham\n'),
    ],
)
def test_two_columns_need_no_header(tmp_path, name, text):
    assert pairs(written(tmp_path, name, text)) == [("Go there", "ham"), ("Buy, buy", "spam"), ("Ok", "ham")]


def test_columns_as_said(tmp_path):
    path = written(tmp_path, "a.csv", "title,what,who,when\nhello,x,Ann,2016-1-2\nbye,y,,\n")
    columns = Columns(text="title", label="what", subject="who", seen_at="when")
    first, second = read_file(path, FileOptions(columns))
    assert (first.input, first.label, first.subject, first.seen_at, first.row) == ("hello", "x", "Ann", 1451692800.0, 2)
    assert (second.subject, second.seen_at, second.row) == (None, None, 3)


def test_fields_make_a_dictionary(tmp_path):
    path = written(tmp_path, "a.csv", "title,body,label\nhello,world,x\n")
    (row,) = read_file(path, FileOptions(Columns(fields=("title", "body"))))
    assert row.input == {"title": "hello", "body": "world"}


def test_quoted_cells_may_span_lines_and_rows_are_named_by_their_first(tmp_path):
    path = written(tmp_path, "a.csv", 'text,label\n"two\nlines",x\nplain,y\n')
    assert [(row.input, row.row) for row in read_file(path)] == [("two\nlines", 2), ("plain", 4)]


def test_numbers_and_lists_are_labels(tmp_path):
    rows = [{"text": "1", "label": 3}, {"text": "2", "label": True}, {"text": "3", "label": ["a", "b"]}]
    assert [label for _, label in pairs(written(tmp_path, "a.jsonl", lines(*rows)))] == ["3", "true", '["a","b"]']


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("2015-02-24 11:35:52 -0800", 1424806552.0),
        ("2016-01-01", 1451606400.0),
        (1451606400, 1451606400.0),
        ("1451606400.5", 1451606400.5),
        ("20160101", 1451606400.0),
        ("-5.5", -5.5),
        ("", None),
        (None, None),
    ],
)
def test_times(tmp_path, given, seconds):
    (row,) = read_file(written(tmp_path, "a.jsonl", lines({"text": "t", "label": "x", "created_at": given})))
    assert row.seen_at == seconds


@pytest.mark.parametrize(("given", "split"), [("val", "validation"), ("dev", "validation"), ("oos_train", "train")])
def test_splits_under_other_names(tmp_path, given, split):
    (row,) = read_file(written(tmp_path, "a.jsonl", lines({"text": "t", "label": "x", "split": given})))
    assert row.split == split


GOOD = b'{"text": "good", "label": "a"}\n'


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b'{"text": "no end\n', "no JSON object"),
        (b'["a", "list"]\n', "no JSON object"),
        (b'{"text": "caf\xe9", "label": "a"}\n', "not UTF-8"),
        (b'{"label": "a"}\n', "no 'text'"),
        (b'{"text": "t"}\n', "no label"),
        (b'{"text": "", "label": "a"}\n', "empty"),
        (b'{"text": 3, "label": "a"}\n', "a text or a dictionary of fields, not a int"),
        (b'{"text": "t", "label": {}}\n', "neither text nor number"),
        (b'{"text": "t", "label": "a", "split": "other"}\n', "train, validation or test"),
        (b'{"text": "t", "label": "a", "seen_at": "yesterday"}\n', "no time"),
        (b'{"text": "t", "label": "a", "seen_at": [1]}\n', "no time"),
        (b'{"text": "t", "label": "a", "seen_at": 1e999}\n', "no JSON object"),
        (b'{"text": "\\ud800", "label": "a"}\n', "no JSON object"),
        (b'{"text": "' + b"x" * 1_000_001 + b'", "label": "a"}\n', "over the limit"),
        (b'{"a":' * 5000 + b"\n", "no JSON object"),
    ],
)
def test_a_bad_line_is_named_and_can_be_skipped(tmp_path, bad, problem):
    path = written(tmp_path, "a.jsonl", GOOD + bad + GOOD)
    with pytest.raises(ExamplesInvalid, match=rf"1 bad row, .*2 good.*skip_bad=True.*line 2: .*{problem}"):
        list(read_file(path))
    reading = read_file(path, FileOptions(skip_bad=True))
    assert len(list(reading)) == 2
    assert reading.skipped == 1


def test_the_first_bad_lines_are_listed_and_all_are_counted(tmp_path):
    path = written(tmp_path, "a.jsonl", GOOD + b"nonsense\n" * 1200)
    with pytest.raises(ExamplesInvalid) as raised:
        list(read_file(path))
    message = str(raised.value)
    assert "1,200 bad rows" in message
    assert all(f"line {at}:" in message for at in range(2, 7))
    assert "line 7:" not in message
    assert "and 1,195 more" in message


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (b"one cell\n", "1 cell where there are 2 columns"),
        (b"a,b,c\n", "3 cells"),
        (b'"open,a\nx,y\n', "quoting"),
        (b"caf\xe9,a\n", "not UTF-8"),
        (b",a\n", "empty"),
        (b"text,\n", "label is empty"),
    ],
)
def test_a_bad_csv_line_is_named(tmp_path, bad, problem):
    path = written(tmp_path, "a.csv", b"text,label\ngood,a\n" + bad)
    with pytest.raises(ExamplesInvalid, match=rf"line 3: .*{problem}"):
        list(read_file(path))
    assert len(list(read_file(path, FileOptions(skip_bad=True)))) == 1


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_gzip_keeps_its_good_rows_only_when_asked(tmp_path, share):
    whole = gzip.compress(lines(*({"text": f"{at} {at**7}", "label": "a"} for at in range(20_000))).encode())
    path = written(tmp_path, "a.jsonl.gz", whole[: int(len(whole) * share)])
    with pytest.raises(ExamplesInvalid, match="breaks off"):
        list(read_file(path))
    reading = read_file(path, FileOptions(skip_bad=True))
    kept = list(reading)
    assert 0 < len(kept) < 20_000
    assert reading.skipped >= 1


def test_damaged_compression_is_reported(tmp_path):
    whole = bytearray(gzip.compress(lines(*ROWS * 3000).encode()))
    whole[len(whole) // 2] ^= 0xFF
    with pytest.raises(ExamplesInvalid, match="line"):
        list(read_file(written(tmp_path, "a.jsonl.gz", bytes(whole))))


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.jsonl", b"", "no row"),
        ("a.csv", b"", "no row"),
        ("a.csv", b"text,label\n", "no row"),
        ("a.jsonl.gz", b"", "no row"),
        ("a.jsonl.gz", b"plain text", "not gzipped"),
        ("a.docx", b"PK", "must be .jsonl, .json, .csv or .tsv"),
        ("a.xlsx", b"PK", "cannot be read as a spreadsheet"),
        ("a.csv", "text,label\nx,y\n".encode("utf-16"), "UTF-16"),
        ("a.jsonl", lines(*ROWS).encode("utf-16"), "UTF-16"),
        ("a.csv", b"\x00\xff\xfe\x81" * 400, "line|column|names"),
        ("a.jsonl", b'{"body_text": "x", "label": "y"}\n', "which column is the text"),
        ("a.jsonl", b'{"text": "x", "kind": "y"}\n', "which column is the label"),
        ("a.csv", b"a,b,c\na,b,d\n", "no names"),
    ],
)
def test_an_unusable_file_is_reported(tmp_path, name, data, problem):
    for skip_bad in (False, True):
        with pytest.raises(ExamplesInvalid, match=problem):
            list(read_file(written(tmp_path, name, data), FileOptions(skip_bad=skip_bad)))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ExamplesInvalid, match="No such file"):
        list(read_file(tmp_path / "a.jsonl"))
    with pytest.raises(ExamplesInvalid, match="directory"):
        list(read_file(tmp_path))


@pytest.mark.parametrize("columns", [Columns(text="txt"), Columns(fields=("txt",)), Columns(subject="txt")])
def test_an_unknown_column_suggests_the_nearest(tmp_path, columns):
    with pytest.raises(ExamplesInvalid, match=r"no column is called 'txt' \(did you mean 'text'\?\); there are: text"):
        list(read_file(written(tmp_path, "a.jsonl", lines(*ROWS)), FileOptions(columns)))


def test_text_and_fields_exclude_each_other(tmp_path):
    with pytest.raises(ExamplesInvalid, match="not both"):
        list(
            read_file(written(tmp_path, "a.jsonl", lines(*ROWS)), FileOptions(Columns(text="text", fields=("label",))))
        )


def test_a_bad_file_leaves_nothing_in_the_collection(tmp_path, examples):
    path = written(tmp_path, "a.jsonl", GOOD * 3000 + b"nonsense\n")
    with pytest.raises(ExamplesInvalid, match="line 3001"):
        examples.import_file("news", path)
    assert examples.collections() == {}
    report = examples.import_file("news", path, FileOptions(skip_bad=True))
    assert (report.added, report.duplicates, report.skipped) == (1, 2999, 1)


def test_a_conflict_names_the_lines(tmp_path, examples):
    path = written(tmp_path, "a.csv", "text,label\nsame,a\nother,b\nsame,b\n")
    with pytest.raises(ExamplesInvalid, match="line 2 says 'a', line 4 says 'b'"):
        examples.import_file("news", path, on_conflict="error")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(("name", "head"), [("a.jsonl", b'{"text": "open'), ("a.csv", b'text,label\n"open')])
def test_a_line_without_an_end_is_named_and_never_held(tmp_path, name, head, pack):
    good = GOOD if name == "a.jsonl" else b"good,a\n"
    path = written(tmp_path, name, pack(head + b"x" * 100_000_000 + b"\n" + good))
    reading = read_file(path, FileOptions(skip_bad=True))
    tracemalloc.start()
    try:
        assert [row.input for row in reading] == ["good"]
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()
    (problem,) = reading.problems
    assert problem == f"line {1 + head.count(10)}: it is longer than 16,000,000 bytes"


def test_a_row_may_be_longer_where_texts_may(tmp_path):
    path = written(tmp_path, "a.jsonl", json.dumps({"text": "x" * 17_000_000, "label": "a"}))
    (row,) = read_file(path, FileOptions(text_bytes=20_000_000))
    assert len(row.input) == 17_000_000


@pytest.mark.parametrize(
    ("more", "ending"), [(b"x,a\n" * 9, "is not closed"), (b"some words,a\n" * 1_500_000, "within 16,000,000 bytes")]
)
def test_the_line_is_named_where_an_unclosed_quote_opens(tmp_path, more, ending):
    head = b'text,label\n"two\nlines",a\n"one more\n","op""en\n'
    reading = read_file(written(tmp_path, "a.csv", head + more), FileOptions(skip_bad=True))
    found = [row.input for row in reading]
    (problem,) = reading.problems
    assert problem.startswith("line 4: its quoting is malformed: the quote that opens in line 5 is not closed")
    assert problem.endswith(f"{ending}: quoting='none' reads quotes as letters")
    assert found[0] == "two\nlines"
    assert len(found) == 1 or len(found) > 200_000  # reading continues after that many bytes


def test_many_unclosed_quotes_are_each_read_once(tmp_path):
    reading = read_file(
        written(tmp_path, "a.csv", b"text,label\ngood,a\n" + b'"open,a\n' * 50_000), FileOptions(skip_bad=True)
    )
    assert [row.input for row in reading] == ["good"]
    assert reading.skipped == 50_000  # each quote is closed by the next one


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("90071992547409937.5", "90071992547409937.5"),
        ("90071992547409937", "90071992547409937"),
        (str(2**70), str(2**70)),
        ('" 17.50 "', "17.50"),
        ("17.50", "17.50"),
        ('"Zoe\\u0308"', "Zo\u00eb"),
        ("null", None),
    ],
)
def test_who_it_is_about_is_exact_text(tmp_path, given, text):
    rest = '"text": "t", "label": "x", "source": 1.50'
    (row,) = read_file(written(tmp_path, "a.jsonl", f'{{"subject": {given}, {rest}}}'))
    assert (row.subject, row.source) == (text, "1.50")


@pytest.mark.parametrize("given", ["true", "[1]"])
def test_an_invalid_name_is_refused(tmp_path, given):
    path = written(tmp_path, "a.jsonl", f'{{"subject": {given}, "text": "t", "label": "x"}}')
    with pytest.raises(ExamplesInvalid, match="line 1: the subject is neither text nor a whole number"):
        list(read_file(path))


def test_numbers_of_an_input_stay_numbers(tmp_path):
    fields = '"subject": 1.50, "n": [2.5]'
    path = written(tmp_path, "a.jsonl", f'{{"text": {{{fields}}}, {fields.split(",")[0]}, "label": 1.50}}')
    (row,) = read_file(path)
    assert (content(row.input), row.subject, row.label) == (b'f{"n":[2.5],"subject":1.5}', "1.50", "1.5")
    (row,) = read_file(path, FileOptions(Columns(fields=("subject", "label"), label="label", subject="subject")))
    assert content(row.input) == b'f{"label":1.5,"subject":1.5}'


def test_an_apostrophe_is_removed_only_from_our_own_files(tmp_path):
    (row,) = read_file(written(tmp_path, "a.csv", "text,label\n'=quoted,a\n"))
    assert row.input == "'=quoted"
