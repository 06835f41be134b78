"""Files made by other people: no row of a quoted file is lost, and none of an unquoted file silently."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.files import read_file

DATA = Path(os.environ.get("ARGOSY_DATA", "../shared/data"))
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="no data: set ARGOSY_DATA")


def read(path, **options):
    reading = read_file(path, FileOptions(**options))
    return [(row.input, row.label) for row in reading], reading


@pytest.mark.parametrize(
    ("name", "label"), [("mayweather", "id"), ("new_year", "resolution_category"), ("covid", "is_retweet")]
)
def test_quoted_tweets_of_several_lines_lose_no_row(name, label):
    columns = Columns("text", label, seen_at="none", source="none")
    path = DATA / "tweets" / f"{name}.csv.gz"
    checked, reading = read(path, columns=columns, skip_bad=True)
    trusted, other = read(path, columns=columns, skip_bad=True, quoting="trust")
    assert checked == trusted
    assert (reading.skipped, reading.problems) == (other.skipped, other.problems)
    assert any("\n" in text for text, _ in checked)


@pytest.fixture(scope="module")
def messages():
    with gzip.open(DATA / "text" / "sms_spam.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [(row["text"].replace("\t", " ").replace("\n", " "), row["label"]) for row in map(json.loads, lines)]


@pytest.mark.parametrize(("mark", "suffix"), [("\t", "tsv"), ("|", "csv")])
def test_unquoted_messages_are_read_or_counted(messages, tmp_path, mark, suffix):
    """In the published format: a label and a message per line, some of which begin with a quote."""
    path = tmp_path / f"sms.{suffix}"
    rows = [(text.replace(mark, " "), label) for text, label in messages]
    head = f"label{mark}text\n"
    path.write_text(head + "".join(f"{label}{mark}{text}\n" for text, label in rows), "utf-8", newline="")
    found, reading = read(path, quoting="none")
    assert [(text, label) for text, label in found] == rows
    assert reading.skipped == 0
    checked, reading = read(path, skip_bad=True)
    assert len(checked) + reading.skipped == len(rows)
    assert set(checked) <= {(text.replace('""', '"').strip('"'), label) for text, label in rows} | set(rows)


def test_messages_in_another_encoding_are_named_and_read(messages, tmp_path):
    rows = [(text, label) for text, label in messages if text.encode("cp1252", "ignore").decode("cp1252") == text]
    lines = (json.dumps({"text": text, "label": label}, ensure_ascii=False) for text, label in rows)
    (tmp_path / "sms.jsonl").write_bytes("\n".join(lines).encode("cp1252"))
    kept, reading = read(tmp_path / "sms.jsonl", skip_bad=True)
    assert "encoding='cp1252'" in reading.hint
    assert len(kept) + reading.skipped == len(rows)
    assert read(tmp_path / "sms.jsonl", encoding="cp1252")[0] == rows
