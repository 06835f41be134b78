"""Files of examples that cannot be read: the numbers of bad rows, exit code 2, and nothing imported."""

import gzip
import json
import os

import pytest

ROWS = [{"text": f"text {number}", "label": "ab"[number % 2]} for number in range(20)]
LINES = [json.dumps(row).encode() for row in ROWS]
PACKED = gzip.compress(b"\n".join(LINES) * 50)


def nested(levels):
    """A row whose input is nested to that depth."""
    return b'{"text": {"a": ' + b"[" * levels + b"]" * levels + b'}, "label": "a"}'


def broken(at, row):
    return b"\n".join([*LINES[:at], row, *LINES[at:]])


FILES = {
    "not JSON": ("bad.jsonl", broken(2, b"{nonsense"), ["line 3"]),
    "no label": ("bad.jsonl", broken(2, b'{"text": "x"}'), ["line 3", "label"]),
    "an empty text": ("bad.jsonl", broken(4, b'{"text": "", "label": "a"}'), ["line 5"]),
    "a wrong type": ("bad.jsonl", broken(0, b'{"text": 12, "label": "a"}'), ["line 1"]),
    "nesting": ("bad.jsonl", broken(3, nested(600)), ["line 4: the input is nested over 32 levels deep"]),
    "nesting without end": ("bad.jsonl", broken(3, nested(100_000)), ["line 4", "nested too deeply"]),
    "a label of brackets": ("bad.jsonl", broken(1, b'{"text": "", "label": "%s"}' % (b"[" * 9000)), ["line 2"]),
    "a large number": (
        "bad.jsonl",
        broken(1, b'{"text": {"a": 1%s}, "label": "a"}' % (b"0" * 99)),
        ["line 2", "64 bits"],
    ),
    "Latin-1": ("bad.csv", "text,label\nfoo,a\ncafé,b\n".encode("latin-1"), ["line 3", "UTF-8"]),
    "UTF-16": ("bad.csv", "text,label\nfoo,a\n".encode("utf-16"), ["bad.csv"]),
    "a truncated gzip": ("bad.jsonl.gz", PACKED[: len(PACKED) // 2], ["bad.jsonl.gz"]),
    "no gzip": ("bad.jsonl.gz", b"plain", ["bad.jsonl.gz"]),
    "other columns": ("bad.csv", b"a,b,c\n1,2,3\n", ["a, b, c"]),
    "too few cells": ("bad.csv", b"text,label\none,a\ntwo\n", ["line 3"]),
    "nothing": ("bad.csv", b"", ["bad.csv"]),
}


@pytest.mark.parametrize("case", FILES)
def test_nothing_of_a_bad_file_is_imported(imported, case):
    name, content, expected = FILES[case]
    (imported.folder / name).write_bytes(content)
    said = imported.mistake("examples", "import", name, "--into", "bad")
    for words in expected:
        assert words in said, said
    assert "no collection" in imported.mistake("examples", "count", "bad")


def test_good_rows_are_imported_on_request(empty):
    bad = [b"{nonsense", nested(600), nested(100_000), b'{"text": "%s", "label": "%s"}' % (b"x", b"[" * 9000)]
    (empty.folder / "bad.jsonl").write_bytes(broken(2, b"\n".join(bad)))
    report = empty.json("examples", "import", "bad.jsonl", "--skip-bad")
    assert (report["added"], report["skipped"]) == (21, 3)
    assert "3 bad rows skipped" in empty("examples", "import", "bad.jsonl", "--skip-bad")


def test_a_file_or_example_that_is_not_there(imported):
    assert "absent.csv" in imported.mistake("examples", "import", "absent.csv")
    assert "." in imported.mistake("examples", "import", ".")
    assert "no example" in imported.mistake("examples", "show", "0" * 32)
    assert "no example" in imported.mistake("examples", "show", "not-an-id")
    assert "absent/out.csv" in imported.mistake("examples", "export", "--output", "absent/out.csv")
    assert "tickets.csv/shop" in imported.mistake("init", "tickets.csv/shop")
    assert "no-such" in imported.mistake("examples", "export", "no-such")


def test_a_pipe_is_read_like_a_file(imported):
    os.mkfifo(imported.folder / "pipe.csv")
    process = imported.start("examples", "import", "pipe.csv", "--into", "piped", "--json")
    (imported.folder / "pipe.csv").write_text("text,label\none,a\ntwo,b\n")
    assert process.wait(60) == 0
    assert imported.json("examples", "count", "piped")["examples"] == 2


def test_conflicts_can_be_refused(imported):
    imported.write("torn.csv", "text,label\nsame,a\nsame,b\n")
    said = imported.mistake("examples", "import", "torn.csv", "--into", "torn", "--on-conflict", "error")
    assert "line 2 says 'a', line 3 says 'b'" in said
    assert "no collection" in imported.mistake("examples", "count", "torn")
