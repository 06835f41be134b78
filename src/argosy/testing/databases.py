"""What every `Database` must do. Each of `CHECKS` takes a function that opens one new, migrated database's next handle.

@pytest.mark.parametrize("check", CHECKS)
def test_contract(check, tmp_path):
    check(lambda: opened(f"sqlite:///{tmp_path}/a.db"))
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from argosy.database.database import ConstraintViolated, Database, Transaction
from argosy.testing.expecting import raised

Open = Callable[[], Database]

_PUT: Final = "INSERT INTO plans (name, source, submitted_at) VALUES (:name, :source, 0)"
_NAMES: Final = "SELECT name FROM plans ORDER BY name"


class Stopped(Exception):
    """Raised inside a transaction to end it."""


def _put(transaction: Transaction, name: str, source: str = "") -> None:
    transaction.execute(_PUT, {"name": name, "source": source})


def _names(database: Database) -> list[str]:
    with database.read() as transaction:
        return [row[0] for row in transaction.execute(_NAMES)]


def commits_are_seen_by_others(opened: Open) -> None:
    writer, reader = opened(), opened()
    with writer.write() as transaction:
        _put(transaction, "a")
        assert _names(reader) == []
    assert _names(reader) == ["a"]


def an_exception_leaves_nothing(opened: Open) -> None:
    database = opened()

    def stop() -> None:
        with database.write() as transaction:
            _put(transaction, "a")
            raise Stopped

    raised(Stopped, stop)
    assert _names(database) == []
    with database.write() as transaction:
        _put(transaction, "b")
    assert _names(database) == ["b"]


def a_copy_is_made_at_a_moment_when_nobody_commits(opened: Open) -> None:
    database, writer, order = opened(), opened(), []

    def write() -> None:
        with writer.write() as transaction:
            _put(transaction, "a")
        order.append("written")

    thread = threading.Thread(target=write)

    def beside() -> None:
        thread.start()
        thread.join(0.2)  # it cannot end before this does
        order.append("beside")

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "copy"
        database.snapshot(target, beside)
        assert target.stat().st_size > 0
    thread.join(60)
    assert order == ["beside", "written"]
    assert _names(database) == ["a"]


def a_snapshot_stands_still(opened: Open) -> None:
    reader, writer = opened(), opened()
    with reader.read() as snapshot:
        before = snapshot.execute(_NAMES)
        with writer.write() as transaction:  # does not wait for the reader, nor the reader for it
            _put(transaction, "a")
        assert snapshot.execute(_NAMES) == before == []
    assert _names(reader) == ["a"]


def writers_take_turns(opened: Open) -> None:
    shared = opened()
    with shared.write() as transaction:
        _put(transaction, "counter", "0")

    def count(database: Database) -> None:
        for _ in range(25):
            with database.write() as transaction:
                value = int(transaction.execute("SELECT source FROM plans")[0][0])
                transaction.execute("UPDATE plans SET source = :source", {"source": str(value + 1)})

    threads = [threading.Thread(target=count, args=(database,)) for database in (shared, shared, opened(), opened())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with shared.read() as transaction:
        assert transaction.execute("SELECT source FROM plans") == [("100",)]


def changes_are_noticed(opened: Open) -> None:
    watcher, writer = opened(), opened()
    seen = watcher.changed()
    assert watcher.changed() == seen
    with writer.write() as transaction:
        _put(transaction, "a")
    assert watcher.changed() != seen


def constraints_are_named(opened: Open) -> None:
    database = opened()

    def put() -> None:
        with database.write() as transaction:
            _put(transaction, "a")

    put()
    raised(ConstraintViolated, put)
    assert _names(database) == ["a"]


def returning_and_streaming_give_rows(opened: Open) -> None:
    database = opened()
    with database.write() as transaction:
        rows = [{"name": f"{number:03}", "source": ""} for number in range(300)]
        assert transaction.execute_many(_PUT, rows) == 300
        assert transaction.execute(_PUT + " RETURNING name", {"name": "last", "source": ""}) == [("last",)]
        assert sum(1 for _ in transaction.stream(_NAMES)) == 301
        assert transaction.execute("SELECT name FROM plans WHERE name = :name", {"name": "none"}) == []


def time_does_not_run_backwards(opened: Open) -> None:
    first, second = opened(), opened()
    with first.write() as transaction:
        before = transaction.now()
    with second.read() as transaction:
        assert 0 <= transaction.now() - before < 60


def migrating_again_changes_nothing(opened: Open) -> None:
    database = opened()
    with database.write() as transaction:
        _put(transaction, "a")
    number = database.migrate()
    assert number == opened().migrate() >= 1
    assert _names(database) == ["a"]
    with database.read() as transaction:
        assert transaction.has_table("plans")
        assert not transaction.has_table("absent")


def a_closed_handle_opens_again(opened: Open) -> None:
    database = opened()
    with database.write() as transaction:
        _put(transaction, "a")
    database.close()
    assert _names(database) == ["a"]


CHECKS: Final[tuple[Callable[[Open], None], ...]] = (
    commits_are_seen_by_others,
    an_exception_leaves_nothing,
    a_snapshot_stands_still,
    a_copy_is_made_at_a_moment_when_nobody_commits,
    writers_take_turns,
    changes_are_noticed,
    constraints_are_named,
    returning_and_streaming_give_rows,
    time_does_not_run_backwards,
    migrating_again_changes_nothing,
    a_closed_handle_opens_again,
)
