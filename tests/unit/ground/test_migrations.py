"""The schema is the sum of its steps; each is applied once, all or none."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources

import pytest

from argosy.database import migrations
from argosy.database.engines.sqlite import SqliteDatabase
from argosy.errors import DatabaseUnavailable, SchemaNewer
from argosy.testing.waiting import PATIENCE


@pytest.fixture
def database(tmp_path):
    opened = SqliteDatabase(f"sqlite:///{tmp_path / 'test.db'}")
    yield opened
    opened.close()


def schema(database):
    with database.read() as transaction:
        return transaction.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")


def steps_applied(database):
    with database.read() as transaction:
        return [row[0] for row in transaction.execute("SELECT number FROM schema_steps ORDER BY number")]


def test_steps_are_numbered_from_one_and_no_number_is_used_twice():
    folder = resources.files("argosy.database").joinpath("schema")
    numbers = sorted(int(file.name[:4]) for file in folder.iterdir() if file.name.endswith(".sql"))
    assert list(migrations.steps()) == numbers
    assert numbers[0] == 1
    assert migrations.newest_step() == numbers[-1]


def test_a_step_that_another_branch_numbered_lower_is_still_applied(database, monkeypatch):
    ahead = {1: "CREATE TABLE a (x INTEGER)", 3: "CREATE TABLE c (x INTEGER)"}
    monkeypatch.setattr(migrations, "steps", lambda: ahead)
    database.migrate()
    monkeypatch.setattr(migrations, "steps", lambda: {**ahead, 2: "CREATE TABLE b (x INTEGER)"})
    assert database.migrate() == 3
    assert steps_applied(database) == [1, 2, 3]


def test_a_new_database_gets_every_step(database):
    assert database.migrate() == migrations.newest_step()
    assert steps_applied(database) == list(migrations.steps())
    names = {name for name, _ in schema(database)}
    assert {"examples", "datasets", "jobs", "outbox", "trained", "versions", "predictions", "feedback"} <= names


def test_migrating_again_changes_nothing(database):
    database.migrate()
    before = schema(database)
    assert database.migrate() == migrations.newest_step()
    assert schema(database) == before
    assert steps_applied(database) == list(migrations.steps())


def test_a_database_with_some_steps_gets_the_others(database, monkeypatch):
    first = {1: "CREATE TABLE a (x INTEGER)"}
    monkeypatch.setattr(migrations, "steps", lambda: first)
    assert database.migrate() == 1
    both = {**first, 2: "-- why; not\nCREATE TABLE b (x INTEGER);\nINSERT INTO a VALUES (1);"}
    monkeypatch.setattr(migrations, "steps", lambda: both)
    assert database.migrate() == 2
    assert [name for name, _ in schema(database)] == ["a", "b", "schema_steps"]
    with database.read() as transaction:
        assert transaction.execute("SELECT x FROM a") == [(1,)]


def test_a_step_that_fails_leaves_the_database_as_it_was(database, monkeypatch):
    monkeypatch.setattr(migrations, "steps", lambda: {1: "CREATE TABLE a (x INTEGER)"})
    database.migrate()
    before = schema(database)
    broken = {1: "", 2: "CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER)"}
    monkeypatch.setattr(migrations, "steps", lambda: broken)
    with pytest.raises(DatabaseUnavailable, match="already exists"):
        database.migrate()
    assert schema(database) == before
    assert steps_applied(database) == [1]


def test_a_newer_database_is_refused_untouched(database):
    database.migrate()
    before = schema(database)
    newer = migrations.newest_step() + 1
    with database.write() as transaction:
        transaction.execute("INSERT INTO schema_steps VALUES (:number, 0, :number)", {"number": newer})
    with pytest.raises(SchemaNewer) as caught:
        database.migrate()
    expected = f"has schema {newer}, this Argosy knows up to {newer - 1}: upgrade with pip install -U argosy"
    assert str(caught.value).endswith(expected)
    assert schema(SqliteDatabase(database.url)) == before


def test_processes_that_migrate_together_apply_each_step_once(database):
    program = (
        "import sys; from argosy.database.engines.sqlite import SqliteDatabase;"
        "sys.exit(SqliteDatabase(sys.argv[1]).migrate() < 1)"
    )
    command = [sys.executable, "-c", program, database.url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    failures = [error for _, error in (process.communicate(timeout=PATIENCE) for process in processes) if error]
    assert failures == []
    assert steps_applied(database) == list(migrations.steps())


def test_statements_are_split_without_their_comments():
    sql = "-- first; not a statement\nCREATE TABLE a (x INTEGER); -- why\n\nCREATE TABLE b (y TEXT);\n"
    assert migrations.statements(sql) == ["CREATE TABLE a (x INTEGER)", "CREATE TABLE b (y TEXT)"]
