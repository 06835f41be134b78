"""What every `Database` must do. Each of `CHECKS` takes a function that opens one new, migrated database's next handle.

@pytest.mark.parametrize("check", CHECKS)
def test_contract(check, tmp_path):
    check(lambda: opened(f"sqlite:///{tmp_path}/a.db"))
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from argosy.database.database import LIST_VALUES, ConstraintViolated, Database, Row, TextRefused, Transaction
from argosy.database.migrations import steps
from argosy.database.rows import fill_from_rows, write_rows
from argosy.testing.expecting import raised
from argosy.testing.waiting import PATIENCE

Open = Callable[[], Database]

_PUT: Final = "INSERT INTO plans (name, source, submitted_at) VALUES (:name, :source, 0)"
_NAMES: Final = "SELECT name FROM plans ORDER BY name"
_TAKE: Final = """
DELETE FROM plans WHERE name = (SELECT name FROM plans ORDER BY name LIMIT 1 /* FOR UPDATE SKIP LOCKED */)
RETURNING name"""


class Stopped(Exception):
    """Raised inside a transaction to end it."""


def _put(transaction: Transaction, name: str, source: str = "") -> None:
    transaction.execute(_PUT, {"name": name, "source": source})


def _announce(database: Database, name: str) -> None:
    with database.write() as transaction:
        _put(transaction, name)
        transaction.announce()


def _at_once(actions: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


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


def a_snapshot_is_of_a_moment_when_nobody_commits(opened: Open) -> None:
    database, writer, order = opened(), opened(), []

    def write() -> None:
        with writer.write() as transaction:
            _put(transaction, "a")
        order.append("written")

    thread = threading.Thread(target=write)

    def meanwhile() -> None:
        thread.start()
        thread.join(0.2)  # it cannot end before this does
        order.append("meanwhile")

    with database.snapshot(meanwhile) as state:
        thread.join(PATIENCE)  # it writes on now, and is not seen
        assert order == ["meanwhile", "written"]
        assert state.execute(_NAMES) == []
    assert _names(database) == ["a"]


def all_rows_go_from_one_to_another(opened: Open) -> None:
    database, other = opened(), opened()
    row = {"id": 7, "scope": "predictions", "data": bytes(range(256)), "time": 1796515200.125}
    with database.write() as transaction:
        transaction.execute_many(_PUT, [(f"{number:04}", "é") for number in range(1200)])
        sql = "INSERT INTO data_keys (scope, wrapped, created_at) VALUES (:scope, :data, :time)"
        transaction.execute(sql, row)
        transaction.execute("INSERT INTO outbox (id, topic, body, created_at) VALUES (:id, 'a', '{}', :time)", row)
        transaction.execute("INSERT INTO outbox (topic, body, created_at) VALUES ('a', '{}', 0)")
        transaction.set_numbers({"outbox": 9})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows"
        with database.read() as state:
            write_rows(state, file)
            before = {name: _all(state, name, columns) for name, columns in state.tables().items()}
        with other.write() as transaction:
            for view in re.findall(r"CREATE VIEW (\w+)", "".join(steps().values())):
                transaction.define(f"DROP VIEW {view}")
            for table in reversed(transaction.tables()):
                transaction.define(f"DROP TABLE {table}")
        fill_from_rows(other, file)
    with other.write() as transaction:
        after = {name: _all(transaction, name, columns) for name, columns in transaction.tables().items()}
        assert {**before, "schema_steps": after["schema_steps"]} == after
        given = transaction.execute("INSERT INTO outbox (topic, body, created_at) VALUES ('a', '', 0) RETURNING id")
        assert given == [(10,)]


def _all(transaction: Transaction, table: str, columns: Sequence[str]) -> list[Row]:
    return transaction.execute(f"SELECT * FROM {table} ORDER BY {columns[0]}")  # noqa: S608  # the schema's own names


def a_snapshot_stands_still(opened: Open) -> None:
    reader, writer = opened(), opened()
    with reader.read() as snapshot:
        before = snapshot.execute(_NAMES)
        with writer.write() as transaction:  # does not wait for the reader, nor the reader for it
            _put(transaction, "a")
        assert snapshot.execute(_NAMES) == before == []
    assert _names(reader) == ["a"]


def those_with_a_lock_take_turns(opened: Open) -> None:
    shared = opened()
    with shared.write() as transaction:
        _put(transaction, "counter", "0")

    def count(database: Database) -> None:
        for _ in range(25):
            with database.write() as transaction:
                transaction.lock("counter")
                value = int(transaction.execute("SELECT source FROM plans")[0][0])
                transaction.execute("UPDATE plans SET source = :source", {"source": str(value + 1)})

    threads = [threading.Thread(target=count, args=(database,)) for database in (shared, shared, opened(), opened())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with shared.read() as transaction:
        assert transaction.execute("SELECT source FROM plans") == [("100",)]


def a_statement_that_checks_what_it_changes_needs_no_lock(opened: Open) -> None:
    databases, taken = [opened() for _ in range(4)], []
    with databases[0].write() as transaction:
        _put(transaction, "free")

    def take(database: Database) -> None:
        with database.write() as transaction:
            taken.extend(transaction.execute("UPDATE plans SET name = 'taken' WHERE name = 'free' RETURNING name"))

    _at_once([lambda database=database: take(database) for database in databases])  # type: ignore[misc]
    assert taken == [("taken",)]


def rows_are_taken_once(opened: Open) -> None:
    databases, taken = [opened() for _ in range(4)], []
    with databases[0].write() as transaction:
        transaction.execute_many(_PUT, [(f"{number:02}", "") for number in range(40)])

    def take(database: Database) -> None:
        while True:
            with database.write() as transaction:
                rows = transaction.execute(_TAKE)
            if not rows:
                return
            taken.extend(rows)

    _at_once([lambda database=database: take(database) for database in databases])  # type: ignore[misc]
    assert sorted(taken) == [(f"{number:02}",) for number in range(40)]


def changes_are_noticed(opened: Open) -> None:
    watcher, writer = opened(), opened()
    assert watcher.wait_for_change(0.0)  # the first time there may have been one
    assert not watcher.wait_for_change(0.0)
    _announce(writer, "a")
    assert watcher.wait_for_change(PATIENCE)
    assert not watcher.wait_for_change(0.01)


def a_waiting_reader_is_woken(opened: Open) -> None:
    watcher, writer, notified = opened(), opened(), []

    def wait() -> None:
        while not _names(watcher):
            notified.append(watcher.wait_for_change(PATIENCE))
        watcher.close()

    thread = threading.Thread(target=wait)
    thread.start()
    _announce(writer, "a")
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert all(notified)


def constraints_are_named(opened: Open) -> None:
    database = opened()

    def put() -> None:
        with database.write() as transaction:
            _put(transaction, "a")

    put()
    raised(ConstraintViolated, put)
    assert _names(database) == ["a"]


def a_nul_in_a_text_is_refused_by_its_name(opened: Open) -> None:
    database = opened()
    rows = [{"name": "a", "source": ""}, {"name": "b", "source": "x\0y"}]

    def put() -> None:
        with database.write() as transaction:
            _put(transaction, "a\0b")

    def put_many() -> None:
        with database.write() as transaction:
            transaction.execute_many(_PUT, rows)

    def find() -> None:
        with database.read() as transaction:
            transaction.execute("SELECT name FROM plans WHERE name IN (:names)", {"names": ["a", "a\0b"]})

    assert "name has a NUL" in str(raised(TextRefused, put))
    assert "source has a NUL" in str(raised(TextRefused, put_many))
    assert "names_1 has a NUL" in str(raised(TextRefused, find))
    assert _names(database) == []


def values_come_back_as_they_were(opened: Open) -> None:
    database = opened()
    time, number, data = 1796515200.1234567, (1 << 62) + 1, bytes(range(256))
    row = {"name": "100% :name 'é' \u2028", "position": number, "time": time, "data": data}
    with database.write() as transaction:
        transaction.execute("INSERT INTO spools (name, position) VALUES (:name, :position)", row)
        sql = "INSERT INTO data_keys (scope, wrapped, created_at) VALUES (:name, :data, :time)"
        transaction.execute(sql, row)
        transaction.execute(sql, {"name": "b", "data": b"", "time": float("inf")})
    with database.read() as transaction:
        assert transaction.execute("SELECT name, position FROM spools") == [(row["name"], number)]
        keys = transaction.execute("SELECT wrapped, created_at FROM data_keys ORDER BY created_at")
        assert keys == [(data, time), (b"", float("inf"))]
        assert transaction.execute("SELECT 1 FROM spools WHERE name LIKE '100%' AND ':name' <> '%'") == [(1,)]


def text_is_ordered_by_its_bytes(opened: Open) -> None:
    database, names = opened(), ["é", "a", "Z", "_", "10", "9", "B", "ä b", "ä-a", "😀", "\uffee"]
    with database.write() as transaction:
        transaction.execute_many(_PUT, [(name, "") for name in names])
    assert _names(database) == sorted(names, key=str.encode)
    with database.read() as transaction:
        assert transaction.execute("SELECT max(name) FROM plans WHERE name < 'a'") == [("_",)]


def nulls_are_ordered_as_said(opened: Open) -> None:
    database = opened()
    with database.write() as transaction:
        _put(transaction, "never")
        _put(transaction, "then")
        transaction.execute("UPDATE plans SET cancelled_at = 1 WHERE name = :name", {"name": "then"})
    with database.read() as transaction:
        for place, names in (("FIRST", ["never", "then"]), ("LAST", ["then", "never"])):
            rows = transaction.execute(f"SELECT name FROM plans ORDER BY cancelled_at NULLS {place}")  # noqa: S608
            assert [row[0] for row in rows] == names


def a_list_stands_for_its_values(opened: Open) -> None:
    database = opened()
    with database.write() as transaction:
        transaction.execute_many(_PUT, [(f"{number:05}", "") for number in range(LIST_VALUES)])
    with database.read() as transaction:
        some = "SELECT name FROM plans WHERE name IN (:names) AND source = :source ORDER BY name"
        assert transaction.execute(some, {"names": ["00007", "00003", "x"], "source": ""}) == [("00003",), ("00007",)]
        assert transaction.execute(some, {"names": [], "source": ""}) == []
        every = [f"{number:05}" for number in range(LIST_VALUES)]
        assert len(list(transaction.stream(some, {"names": every, "source": ""}))) == LIST_VALUES


def returning_and_streaming_give_rows(opened: Open) -> None:
    database = opened()
    with database.write() as transaction:
        rows = [{"name": f"{number:03}", "source": ""} for number in range(300)]
        assert transaction.execute_many(_PUT, rows) == 300
        assert transaction.execute(_PUT + " RETURNING name", {"name": "last", "source": ""}) == [("last",)]
        assert transaction.execute_many(_PUT, [(f"tuple {number}", "") for number in range(1500)]) == 1500
        assert transaction.execute_many(_PUT, []) == 0
        assert sum(1 for _ in transaction.stream(_NAMES)) == 1801
        assert transaction.execute("SELECT name FROM plans WHERE name = :name", {"name": "none"}) == []


def scratch_rows_are_loaded_in_order(opened: Open) -> None:
    database, columns = opened(), ("name", "source", "submitted_at")
    with database.scratch() as scratch:
        scratch.execute("CREATE TABLE scratch.waiting (n INTEGER PRIMARY KEY, name TEXT, source TEXT)")
        scratch.execute_many(
            "INSERT INTO waiting VALUES (:n, :name, :source)", [(n, f"{n}", "ü\t\\N") for n in range(2000)]
        )
        query = "SELECT name, source, 0.5 FROM waiting WHERE n >= :least ORDER BY n DESC"
        assert _names(database) == []
        with database.write() as transaction:
            assert transaction.load("plans", columns, scratch, query, {"least": 500}) == 1500
        with database.read() as transaction:
            assert transaction.execute("SELECT DISTINCT source FROM plans") == [("ü\t\\N",)]
            assert transaction.execute("SELECT count(*) FROM plans") == [(1500,)]
    with database.scratch() as scratch:
        scratch.execute("CREATE TABLE scratch.waiting (name TEXT, source TEXT)")  # nothing stayed
        scratch.execute_many("INSERT INTO waiting VALUES (:name, :source)", [("new", ""), ("1000", "")])

        def load() -> None:
            with database.write() as transaction:
                transaction.load("plans", columns, scratch, "SELECT name, source, 0.5 FROM waiting")

        raised(ConstraintViolated, load)
    assert "new" not in _names(database)
    assert len(_names(database)) == 1500


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
    a_snapshot_is_of_a_moment_when_nobody_commits,
    all_rows_go_from_one_to_another,
    those_with_a_lock_take_turns,
    a_statement_that_checks_what_it_changes_needs_no_lock,
    rows_are_taken_once,
    changes_are_noticed,
    a_waiting_reader_is_woken,
    constraints_are_named,
    a_nul_in_a_text_is_refused_by_its_name,
    values_come_back_as_they_were,
    text_is_ordered_by_its_bytes,
    nulls_are_ordered_as_said,
    a_list_stands_for_its_values,
    returning_and_streaming_give_rows,
    scratch_rows_are_loaded_in_order,
    time_does_not_run_backwards,
    migrating_again_changes_nothing,
    a_closed_handle_opens_again,
)
