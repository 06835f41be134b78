"""A database of the first schema, with rows in every table, becomes one of the newest and loses nothing."""

import hashlib
import sqlite3
from importlib import resources
from pathlib import Path

import pytest

import argosy
from argosy.database import migrations
from argosy.database.engines.sqlite import SqliteDatabase
from argosy.errors import DatabaseUnavailable, SchemaNewer

DATA = (Path(__file__).parent / "first_schema.sql").read_text("utf-8")
KEYS = {
    "examples": "+ZAvKMjEVT+f490IaEqqLtviGxXhHk9e6gcN+yQzrCw=",
    "predictions": "3T7KEvyP3Ai8NrSaz/OcXjMD7baxldqXrRpf7B8Wtfk=",
}
GONE = {("jobs", "published_at"), ("outbox", "queue")}
"""Columns that a later step has removed or renamed."""
MADE_ANEW = {"messages"}
"""Tables whose rows a later step has let go."""
PREDICTION = "01a2014f70f3a644b41fee2427e700007c7672934e41"
FIRST = "71102fcedefd43e3"


def schema(path):
    with sqlite3.connect(path) as connection:
        return connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()


def tables(path):
    """Table to its columns and rows, but for the list of steps."""
    with sqlite3.connect(path) as connection:
        names = [
            name for kind, name, _ in schema(path) if kind == "table" and not name.startswith(("sqlite_", "schema_"))
        ]
        found = {}
        for name in names:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            found[name] = columns, connection.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()
        return found


def picked(columns, rows, wanted):
    places = [columns.index(column) for column in wanted]
    return [tuple(row[place] for place in places) for row in rows]


@pytest.fixture
def first(tmp_path, monkeypatch):
    """A project's folder as the first Argosy left it."""
    file, keys = tmp_path / ".argosy" / "argosy.db", tmp_path / ".argosy" / "keys"
    keys.mkdir(parents=True, mode=0o700)
    for role, key in KEYS.items():
        (keys / f"{role}.key").write_text(key)
        (keys / f"{role}.key").chmod(0o600)
    (tmp_path / "argosy.yaml").write_text("name: notes\n")
    steps = migrations.steps()
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "steps", lambda: {1: steps[1]})
        database = SqliteDatabase(f"sqlite:///{file}")
        assert database.migrate() == 1
        database.close()
    with sqlite3.connect(file) as connection:
        connection.executescript(DATA)
    return tmp_path


def test_the_first_schema_is_as_it_was():
    """A step that users may have applied is never edited: a later change is a new step."""
    text = resources.files("argosy.database").joinpath("schema", "0001_first.sql").read_text("utf-8")
    assert hashlib.sha256("\n".join(migrations.statements(text)).encode()).hexdigest().startswith(FIRST)


def test_every_table_of_the_first_schema_has_rows(first):
    assert [name for name, (_, rows) in tables(first / ".argosy" / "argosy.db").items() if not rows] == []


def test_an_upgraded_database_has_the_schema_of_a_new_one_and_every_row(first, tmp_path):
    file = first / ".argosy" / "argosy.db"
    before = tables(file)
    database = SqliteDatabase(f"sqlite:///{file}")
    assert database.migrate() == migrations.newest_step()
    database.close()
    fresh = SqliteDatabase(f"sqlite:///{tmp_path}/fresh.db")
    fresh.migrate()
    fresh.close()
    after = tables(file)
    assert {name: set(columns) for name, (columns, _) in after.items()} == {
        name: set(columns) for name, (columns, _) in tables(tmp_path / "fresh.db").items()
    }
    assert schema(file) == schema(tmp_path / "fresh.db")
    for name in before.keys() - MADE_ANEW:
        columns, rows = before[name]
        kept = [column for column in columns if (name, column) not in GONE]
        assert picked(*after[name], kept) == picked(columns, rows, kept), name
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_an_upgraded_project_works(first):
    project = argosy.open(first)
    assert project.examples.count().labels == {"green": 13, "red": 11}
    exported = {example.input: example for example in project.examples.export()}
    revised = exported["red note 3 of red"]
    assert (revised.label, revised.subject, revised.revision) == ("green", "person-3", 2)
    [champion] = [version for version in project.models.versions("notes") if "champion" in version.aliases]
    assert (champion.reference, champion.mark) == ("notes@1", "")
    assert [move.action for move in project.models.history("notes")] == ["rollback", "promote", "promote"]
    assert len(project.leaderboard()) == 2
    assert project.feedback.log.get(PREDICTION).input == "a red note"
    assert [job.kind for job in project.queue.jobs()].count("train") == 2
    with project.database.read() as transaction:
        rows = transaction.execute("SELECT DISTINCT kind, priority FROM jobs")
    assert all(priority == (kind != "train") for kind, priority in rows)
    assert project.tokens.list() == []
    erased = project.examples.erase("person-1", mark=True)
    assert erased.examples > 0
    assert erased.predictions == 2
    assert sorted(erased.models) == ["notes@1", "notes@2"]
    assert all(version.mark for version in project.models.versions("notes"))
    project.examples.add([("a new note", "red")])
    assert project.examples.count().labels["red"] > 0
    project.close()


def test_an_upgrade_that_fails_leaves_the_first_schema_as_it_was(first, monkeypatch):
    file = first / ".argosy" / "argosy.db"
    before, rows = schema(file), tables(file)
    broken = {**migrations.steps(), migrations.newest_step() + 1: "CREATE TABLE jobs (x INTEGER)"}
    monkeypatch.setattr(migrations, "steps", lambda: broken)
    database = SqliteDatabase(f"sqlite:///{file}")
    with pytest.raises(DatabaseUnavailable, match="already exists"):
        database.migrate()
    database.close()
    assert (schema(file), tables(file)) == (before, rows)


def test_a_project_of_a_newer_argosy_is_refused(first):
    project = argosy.open(first)
    with project.database.write() as transaction:
        newer = {"number": migrations.newest_step() + 1}
        transaction.execute("INSERT INTO schema_steps VALUES (:number, 0, :number)", newer)
    project.close()
    with pytest.raises(SchemaNewer, match="upgrade with pip"):
        argosy.open(first).examples.collections()
