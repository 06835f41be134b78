"""A file of all rows: a damaged or hand-made one is refused, and nothing of it is stored."""

import msgspec
import pytest

from argosy.database import migrations
from argosy.database.engines.sqlite import SqliteDatabase
from argosy.database.rows import fill_from_rows, write_rows
from argosy.errors import RowsUnreadable, SchemaNewer


@pytest.fixture
def empty(tmp_path):
    made = SqliteDatabase(f"sqlite:///{tmp_path}/other.db")
    yield made
    made.close()


def framed(*frames):
    data = [msgspec.msgpack.encode(frame) for frame in frames]
    return b"".join(len(one).to_bytes(8, "little") + one for one in data)


HEAD = {"type": "head", "steps": sorted(migrations.steps()), "numbers": {}}
SPOOLS = {"type": "table", "name": "spools", "columns": ["name", "position"]}


def rows(*given):
    return {"type": "rows", "rows": given}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SQLite format 3\0" * 100,
        framed(HEAD)[:-1],
        framed(SPOOLS),
        (1 << 60).to_bytes(8, "little") + b"x",
        framed(HEAD, {**SPOOLS, "name": "sqlite_master"}),
        framed(HEAD, {**SPOOLS, "name": 'spools" VALUES (1, 2); --'}),
        framed(HEAD, {**SPOOLS, "columns": ["name"]}),
        framed(HEAD, {**SPOOLS, "columns": []}),
        framed(HEAD, rows(("a", 1))),
        framed(HEAD, SPOOLS, rows(("a", 1, 2))),
        framed(HEAD, SPOOLS, rows(("a", [1]))),
        framed(HEAD, SPOOLS, rows(("a", 1 << 63))),
        framed(HEAD, SPOOLS, rows(("a", 1), ("a", 2))),
        framed(HEAD, SPOOLS, rows(("a", None))),
        framed(HEAD, SPOOLS, rows(("a", 1)), HEAD),
        framed(HEAD, SPOOLS) + framed(rows(("a", 1)))[:-1],
    ],
)
def test_a_file_that_was_not_written_so_is_refused(empty, tmp_path, data):
    (tmp_path / "rows").write_bytes(data)
    with pytest.raises(RowsUnreadable, match="rows"):
        fill_from_rows(empty, tmp_path / "rows")
    with empty.read() as transaction:
        assert transaction.tables() == {}


def test_rows_of_a_newer_argosy_are_refused(empty, tmp_path):
    (tmp_path / "rows").write_bytes(framed({**HEAD, "steps": [1, migrations.newest_step() + 1]}))
    with pytest.raises(SchemaNewer, match="upgrade with pip"):
        fill_from_rows(empty, tmp_path / "rows")


def test_rows_of_an_older_schema_are_brought_up_to_date(empty, tmp_path, monkeypatch):
    older = SqliteDatabase(f"sqlite:///{tmp_path}/older.db")
    first = {number: sql for number, sql in migrations.steps().items() if number <= 2}
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "steps", lambda: first)
        older.migrate()
        with older.write() as transaction:
            transaction.execute(
                "INSERT INTO jobs (kind, label, payload, requires, state, submitted_at)"
                " VALUES ('gate', 'a', '{}', '{}', 'queued', 1)"
            )
        with older.read() as state:
            write_rows(state, tmp_path / "rows")
    older.close()
    fill_from_rows(empty, tmp_path / "rows")
    with empty.read() as transaction:
        assert migrations.is_current(transaction)
        assert transaction.execute("SELECT label, priority FROM jobs") == [("a", 1)]


def test_a_database_that_is_not_empty_is_left_alone(database, tmp_path):
    with database.read() as state:
        write_rows(state, tmp_path / "rows")
    with database.write() as transaction:
        transaction.execute("INSERT INTO spools (name, position) VALUES ('a', 1)")
    with pytest.raises(RowsUnreadable, match="is not empty"):
        fill_from_rows(database, tmp_path / "rows")
