"""Examples from another database: SQLite and PostgreSQL, read-only, and no credentials in messages."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

import argosy
from argosy.errors import ExamplesInvalid

ROWS = [(f"ticket number {n}", "ab"[n % 2], 1000 + n) for n in range(5000)]


@pytest.fixture
def project(tmp_path):
    with argosy.open(tmp_path / "shop", create=True) as opened:
        yield opened


@pytest.fixture
def file(tmp_path):
    """A database file with tickets."""
    path = tmp_path / "tickets 100%.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE tickets (body TEXT, queue TEXT, customer INTEGER, photo BLOB)")
        connection.executemany("INSERT INTO tickets VALUES (?, ?, ?, x'ff00')", ROWS)
    connection.close()
    return path


def test_a_query_of_sqlite(project, file):
    query = "SELECT * FROM tickets WHERE customer < 1100"
    report = project.examples.import_query(query, f"sqlite:///{file}", text="body", label="queue", subject="customer")
    assert (report.added, report.columns) == (100, {"text": "body", "label": "queue", "subject": "customer"})
    first = next(project.examples.export())
    assert (first.input, first.label, first.subject, first.source) == (*ROWS[0][:2], "1000", "sqlite:tickets 100%.db")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT absent FROM tickets", "no such column: absent"),
        ("SELEC 1", "syntax error"),
        ("DELETE FROM tickets RETURNING body AS text, queue AS label", "readonly database"),
        ("CREATE TABLE more (a)", "readonly database"),
        ("COMMIT", "returns no rows"),
        ("SELECT body, queue FROM tickets", "which column is the label"),
        ("SELECT body AS text, queue AS label, queue AS label FROM tickets", "two columns are called 'label'"),
        ("SELECT photo AS text, queue AS label FROM tickets", "row 1: 'text' holds a bytes"),
        ("SELECT body AS text, queue AS label FROM tickets WHERE 0", "no row"),
        ("SELECT body AS text, NULL AS label FROM tickets", "5,000 bad rows"),
    ],
)
def test_a_query_of_sqlite_that_cannot_be_used_changes_nothing(project, file, query, said):
    before = file.read_bytes()
    with pytest.raises(ExamplesInvalid, match=said):
        project.examples.import_query(query, f"sqlite:///{file}")
    assert file.read_bytes() == before
    assert project.examples.collections() == {}


@pytest.mark.parametrize("url", ["mysql://a:secret@b/c", "sqlite:///absent.db", "nonsense", "postgresql:secret"])
def test_a_database_that_is_not_there(project, url):
    with pytest.raises(ExamplesInvalid) as raised:
        project.examples.import_query("SELECT 1", url)
    assert "secret" not in str(raised.value)


def command(project, *arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "argosy", "examples", "import", *arguments],
        cwd=project.root,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )


def test_the_command(project, file):
    query = ["--query", "SELECT body AS text, queue AS label FROM tickets"]
    ran = command(project, *query, "--database", f"sqlite:///{file}")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Imported 5,000 examples into 'default'." in ran.stdout
    again = command(project, *query, ARGOSY_SOURCE_DATABASE=f"sqlite:///{file}")
    assert "5,000 duplicates" in again.stdout
    for wrong in (query, [], ["a.csv", *query], ["a.csv", "--database", "sqlite:///x"], [*query, "--sheet", "a"]):
        ran = command(project, *wrong)
        assert (ran.returncode, ran.stderr[:7], ran.stderr.count("\n")) == (2, "Error: ", 1)


@pytest.fixture
def url(postgresql_url):
    """A PostgreSQL database with tickets."""
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgresql_url) as connection:
        connection.execute(
            "CREATE TABLE tickets (meta JSONB, queue TEXT, customer NUMERIC, seen TIMESTAMPTZ, photo BYTEA)"
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO tickets VALUES (jsonb_build_object('body', %s::text), %s, %s + 0.50,
                   '2026-01-02T03:04:05Z', 'x')""",
                ROWS,
            )
    return postgresql_url


def test_a_query_of_postgresql(project, url):
    named = {"text": "meta.body", "label": "queue", "subject": "customer", "seen_at": "seen"}
    report = project.examples.import_query("SELECT * FROM tickets ORDER BY customer;", url, **named)
    assert report.added == 5000
    first = next(project.examples.export())
    assert (first.input, first.label, first.subject) == (*ROWS[0][:2], "1000.50")
    assert (first.seen_at, first.source) == (1767323045.0, f"postgresql:{urlsplit(url).path[1:]}")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nothing FROM tickets", 'column "nothing" does not exist'),
        ("DELETE FROM tickets", "syntax error"),
        (
            "WITH gone AS (DELETE FROM tickets RETURNING queue) SELECT queue AS text, queue AS label FROM gone",
            "DECLARE",
        ),
        ("SELECT 1 / 0 AS text, 'a' AS label", "division by zero"),
        ("SELECT '100%' AS text, '' AS label", "1 bad row"),
    ],
)
def test_a_query_of_postgresql_that_cannot_be_used_changes_nothing(project, url, query, said):
    with pytest.raises(ExamplesInvalid, match=said):
        project.examples.import_query(query, url)
    report = project.examples.import_query("SELECT count(*)::text AS text, 'n' AS label FROM tickets", url)
    assert report.added == 1
    assert next(project.examples.export()).input == "5000"


def test_a_function_cannot_write(project, url):
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE FUNCTION empties() RETURNS TEXT LANGUAGE sql AS 'DELETE FROM tickets RETURNING queue'"
        )
    with pytest.raises(ExamplesInvalid, match="read-only transaction"):
        project.examples.import_query("SELECT empties() AS text, 'a' AS label", url)


@pytest.mark.parametrize(
    "wrong",
    [
        "postgresql://bob:s3cret%40word@127.0.0.1:1/none",
        "postgresql://bob:s3cret%zz@127.0.0.1:1/none",
        "postgresql://bob:s3cretword@[::1/none",
        "postgresql://bob:s3cretword@localhost:port/none",
        "postgresql://bob@localhost:1/none?password=s3cretword&nonsense=1",
    ],
)
def test_no_message_contains_a_password(project, wrong):
    pytest.importorskip("psycopg")
    ran = command(project, "--query", "SELECT 1", "--database", wrong)
    assert (ran.returncode, ran.stderr[:7]) == (2, "Error: ")
    assert "s3cret" not in ran.stderr + ran.stdout


def test_a_wrong_user_is_not_said(project, url):
    parts = urlsplit(url)
    wrong = parts._replace(netloc=f"nosuchuser:s3cret@{parts.netloc.rpartition('@')[2]}").geturl()
    with pytest.raises(ExamplesInvalid) as raised:
        project.examples.import_query("SELECT 1", wrong)
    assert "nosuchuser" not in str(raised.value)
    assert "s3cret" not in str(raised.value)
