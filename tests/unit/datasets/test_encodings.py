"""Text that is not UTF-8: reported without a declared encoding, read with one."""

from __future__ import annotations

import gzip
import json

import pytest

from argosy.datasets.file_options import FileOptions
from argosy.datasets.files import read_file
from argosy.errors import ExamplesInvalid

ROWS = [("Grüße aus Köln", "groß"), ("“quoted” – café", "klein"), ("plain", "klein")]
TABLE = "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in ROWS)
LINES = "".join(json.dumps({"text": text, "label": label}, ensure_ascii=False) + "\n" for text, label in ROWS)
ARRAY = f"[{','.join(LINES.splitlines())}]"


def found(path, **options):
    return [(row.input, row.label) for row in read_file(path, FileOptions(**options))]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "UTF-16LE", "utf-8", "utf-8-sig", "utf-32"])
@pytest.mark.parametrize(("name", "content"), [("a.tsv", TABLE), ("a.jsonl", LINES), ("a.json", ARRAY)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_encoding_that_is_reported(tmp_path, name, content, encoding, pack):
    (tmp_path / name).write_bytes(pack(content.encode(encoding)))
    assert found(tmp_path / name, encoding=encoding) == ROWS


@pytest.mark.parametrize(("name", "content"), [("a.tsv", TABLE), ("a.jsonl", LINES), ("a.json", ARRAY)])
def test_another_encoding_is_named(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode("cp1252"))
    with pytest.raises(ExamplesInvalid, match=r"2 bad rows.*encoding='cp1252' reads what is not UTF-8"):
        found(tmp_path / name)
    reading = read_file(tmp_path / name, FileOptions(skip_bad=True))
    assert len(list(reading)) == 1
    assert "encoding='cp1252'" in reading.hint


@pytest.mark.parametrize("name", ["a.tsv", "a.json", "a.jsonl"])
def test_utf_16_is_named(tmp_path, name):
    content = {"a.tsv": TABLE, "a.json": ARRAY, "a.jsonl": LINES}[name]
    (tmp_path / name).write_bytes(content.encode("utf-16"))
    with pytest.raises(ExamplesInvalid, match="it is UTF-16: encoding='utf-16'"):
        found(tmp_path / name)


def test_bytes_that_the_encoding_lacks_are_a_bad_row(tmp_path):
    (tmp_path / "a.tsv").write_bytes(TABLE.encode("cp1252") + b"bad \x81\tklein\n")
    with pytest.raises(ExamplesInvalid, match=r"1 bad row.*line 5: it is not cp1252"):
        found(tmp_path / "a.tsv", encoding="cp1252")
    assert found(tmp_path / "a.tsv", encoding="cp1252", skip_bad=True) == ROWS


@pytest.mark.parametrize("name", ["nonsense", "rot13", "zlib", "a b", "\0"])
def test_an_unknown_encoding_is_refused(tmp_path, name):
    (tmp_path / "a.tsv").write_text(TABLE)
    with pytest.raises(ExamplesInvalid, match="there is no encoding"):
        found(tmp_path / "a.tsv", encoding=name)


def test_a_row_of_another_encoding_has_a_limit_too(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text,label\n" + b"\xe4" * 17_000_000 + b",a\ngood,a\n")
    assert found(tmp_path / "a.csv", encoding="latin-1", skip_bad=True) == [("good", "a")]


def test_what_does_not_fit_all_of_it_is_not_suggested(tmp_path):
    (tmp_path / "a.tsv").write_bytes(TABLE.encode("cp1252") + b"bad \x81\x98\xff\tklein\n")
    with pytest.raises(ExamplesInvalid, match=r"encoding='NAME' reads what is not UTF-8, where you know") as raised:
        found(tmp_path / "a.tsv")
    assert "cp1252" not in str(raised.value)


def test_among_what_fits_the_usual_one_is_suggested(tmp_path):
    (tmp_path / "a.tsv").write_bytes("text\tlabel\n日本語のテキスト、\tx\n".encode("shift_jis"))
    with pytest.raises(ExamplesInvalid, match=r"encoding='shift_jis' .*of the usual ones shift_jis and gb18030"):
        found(tmp_path / "a.tsv")


@pytest.mark.parametrize("name", ["a.tsv", "a.jsonl", "a.json"])
def test_a_damaged_row_among_others_in_utf_8_is_no_encoding(tmp_path, name):
    damaged = {"a.tsv": b"bad \xe4\tklein\n", "a.jsonl": b'{"text": "bad \xe4", "label": "x"}\n'}
    content = {"a.tsv": TABLE, "a.jsonl": LINES, "a.json": ARRAY[:-1]}[name].encode()
    content += damaged.get(name, b"," + damaged["a.jsonl"] + b"]")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ExamplesInvalid, match=r"1 bad row.*the rest is UTF-8, so what is not may be damaged") as raised:
        found(tmp_path / name)
    assert "cp1252" not in str(raised.value)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(("name", "content"), [("a.tsv", TABLE), ("a.jsonl", LINES), ("a.json", ARRAY)])
def test_utf_16_without_a_mark_is_known_by_its_nul_bytes(tmp_path, encoding, name, content):
    (tmp_path / name).write_bytes(content.encode(encoding))
    with pytest.raises(ExamplesInvalid, match=f"it is {encoding.upper()}: encoding='{encoding}'"):
        found(tmp_path / name)
    assert found(tmp_path / name, encoding=encoding) == ROWS
