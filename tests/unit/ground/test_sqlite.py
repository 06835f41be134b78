"""The SQL port's guarantees, on SQLite."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from argosy.database import ConstraintViolated
from argosy.database.engines.sqlite import SqliteDatabase
from argosy.errors import DatabaseUnavailable, DefinitionInvalid
from argosy.testing.waiting import PATIENCE

DEADLINE_SECONDS = PATIENCE


@pytest.fixture
def database(tmp_path):
    opened = SqliteDatabase(f"sqlite:///{tmp_path / 'test.db'}")
    with opened.write() as transaction:
        transaction.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY, word TEXT NOT NULL)")
    yield opened
    opened.close()


def open_files(path):
    """The number of this process's descriptors of the database and the files next to it."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the descriptor that lists the folder
            found.append(str(descriptor.readlink()).startswith(str(path)))
    return sum(found)


def test_threads_that_have_ended_leave_no_file_open(database):
    def look():
        with database.read() as transaction:
            transaction.execute("SELECT count(*) FROM numbers")

    for _ in range(20):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert 0 < open_files(database.path) <= 8  # this thread's connection and the last one's
    database.close()
    assert open_files(database.path) == 0


def insert(transaction, number, word="one"):
    transaction.execute("INSERT INTO numbers VALUES (:number, :word)", {"number": number, "word": word})


def insert_twice(transaction):
    insert(transaction, 1)
    insert(transaction, 1)


def insert_and_fail(transaction):
    insert(transaction, 1)
    raise RuntimeError("midway")


def numbers(database):
    with database.read() as transaction:
        return [row[0] for row in transaction.execute("SELECT number FROM numbers ORDER BY number")]


def test_what_was_written_is_read_by_name(database):
    with database.write() as transaction:
        insert(transaction, 1, "one")
        returned = transaction.execute("INSERT INTO numbers (word) VALUES (:word) RETURNING number", {"word": "two"})
    assert returned == [(2,)]
    with database.read() as transaction:
        assert transaction.execute("SELECT word FROM numbers WHERE number = :n", {"n": 2}) == [("two",)]
        assert list(transaction.stream("SELECT number, word FROM numbers")) == [(1, "one"), (2, "two")]


def test_one_statement_for_many_rows(database):
    with database.write() as transaction:
        assert transaction.execute_many("INSERT INTO numbers VALUES (:n, :word)", ((n, "x") for n in range(5))) == 5
        named = [{"n": n, "word": "y"} for n in range(3)]
        assert transaction.execute_many("UPDATE numbers SET word = :word WHERE number = :n", named) == 3
        assert transaction.execute("SELECT count(*) FROM numbers WHERE word = 'y'") == [(3,)]


def test_an_exception_leaves_nothing(database):
    with pytest.raises(RuntimeError, match="midway"), database.write() as transaction:
        insert_and_fail(transaction)
    assert numbers(database) == []
    with database.write() as transaction:
        insert(transaction, 2)
    assert numbers(database) == [2]


def test_a_rule_of_the_schema_is_named(database):
    with pytest.raises(ConstraintViolated, match=r"numbers\.number"), database.write() as transaction:
        insert_twice(transaction)
    assert numbers(database) == []


def test_references_are_kept(database):
    with database.write() as transaction:
        transaction.execute("CREATE TABLE uses (number INTEGER REFERENCES numbers (number))")
    with pytest.raises(ConstraintViolated), database.write() as transaction:
        transaction.execute("INSERT INTO uses VALUES (7)")


def test_a_reader_sees_one_state_and_waits_for_no_writer(database):
    with database.write() as transaction:
        insert(transaction, 1)
    with database.read() as reader:
        assert reader.execute("SELECT count(*) FROM numbers") == [(1,)]
        run_in_thread(lambda: write_one(database, 2))
        assert reader.execute("SELECT count(*) FROM numbers") == [(1,)]
    assert numbers(database) == [1, 2]


def test_a_reader_reads_while_a_writer_writes(database):
    with database.write() as transaction:
        insert(transaction, 1)
        seen = []
        run_in_thread(lambda: seen.append(numbers(database)))
    assert seen == [[]]


def test_what_a_read_changes_is_not_kept(database):
    with database.read() as transaction:
        insert(transaction, 1)
    assert numbers(database) == []


def write_one(database, number):
    with database.write() as transaction:
        insert(transaction, number)


def run_in_thread(action):
    thread = threading.Thread(target=action)
    thread.start()
    thread.join(DEADLINE_SECONDS)
    assert not thread.is_alive()


def test_writers_of_many_threads_take_turns(database):
    with database.write() as transaction:
        insert(transaction, 0, "0")

    def add_ten():
        for _ in range(10):
            with database.write() as transaction:
                [(word,)] = transaction.execute("SELECT word FROM numbers WHERE number = 0")
                transaction.execute("UPDATE numbers SET word = :word", {"word": str(int(word) + 1)})

    threads = [threading.Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
    with database.read() as transaction:
        assert transaction.execute("SELECT word FROM numbers") == [("40",)]


WRITER = """
import sys
from argosy.database.engines.sqlite import SqliteDatabase
database = SqliteDatabase(sys.argv[1])
for number in range(1, 5000):  # it is killed long before
    with database.write() as transaction:
        transaction.execute("INSERT INTO numbers VALUES (:n, 'x')", {"n": 2 * number})
        transaction.execute("INSERT INTO numbers VALUES (:n, 'x')", {"n": 2 * number + 1})
    print(number, flush=True)
"""


def test_committed_is_durable_and_half_a_transaction_is_never_seen(database):
    process = subprocess.Popen([sys.executable, "-c", WRITER, database.url], stdout=subprocess.PIPE, text=True)
    lines = [process.stdout.readline() for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    lines += process.stdout.readlines()
    process.wait()
    committed = int([line for line in lines if line.endswith("\n")][-1])
    found = numbers(database)
    assert len(found) >= 2 * committed >= 40
    assert found == list(range(2, len(found) + 2))
    assert len(found) % 2 == 0
    write_one(database, 0)


def test_changes_are_of_others_and_each_is_reported_once(database):
    assert database.wait_for_change(0.0)  # the first time there may have been one
    write_one(database, 1)
    assert not database.wait_for_change(0.0)
    run_in_thread(lambda: write_one(database, 2))
    assert database.wait_for_change(PATIENCE)
    assert not database.wait_for_change(0.0)


def test_the_databases_clock_is_utc_and_advances(database):
    with database.read() as transaction:
        first = transaction.now()
        assert abs(first - time.time()) < 5
        deadline = time.monotonic() + DEADLINE_SECONDS
        while transaction.now() <= first and time.monotonic() < deadline:
            pass
        assert transaction.now() > first


def test_tables_are_known_by_name(database):
    with database.read() as transaction:
        assert transaction.has_table("numbers")
        assert not transaction.has_table("letters")


def test_a_forked_child_opens_its_own_connection(database):
    with database.write() as transaction:
        insert(transaction, 1)
    child = os.fork()
    if child == 0:
        try:
            write_one(database, 2)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    write_one(database, 3)
    assert numbers(database) == [1, 2, 3]


def test_it_opens_again_after_closing(database):
    write_one(database, 1)
    database.close()
    assert numbers(database) == [1]


def test_erased_bytes_leave_the_file(database):
    with database.write() as transaction:
        insert(transaction, 1, "canary" * 50)
    with database.write() as transaction:
        transaction.execute("DELETE FROM numbers")
    database.close()
    with sqlite3.connect(database.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert b"canary" not in b"".join(file.read_bytes() for file in database.path.parent.iterdir())


def test_a_statement_that_is_not_sql_is_the_databases_error(database):
    with pytest.raises(DatabaseUnavailable, match="syntax error"), database.read() as transaction:
        transaction.execute("SELEKT 1")


@pytest.mark.parametrize("url", ["sqlite:", "sqlite://", "sqlite:///", "test.db", "postgresql://here/there"])
def test_a_url_without_a_file_is_refused(url):
    with pytest.raises(DefinitionInvalid, match=r"database: '.*' names no file: write sqlite:///PATH"):
        SqliteDatabase(url)


def test_a_folder_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(DatabaseUnavailable, match="its folder does not exist"):
        SqliteDatabase(f"sqlite:///{tmp_path / 'none' / 'test.db'}").migrate()


def test_a_file_that_is_not_a_database_is_reported(tmp_path):
    (tmp_path / "test.db").write_text("this is a text and nothing else, " * 100)
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        SqliteDatabase(f"sqlite:///{tmp_path / 'test.db'}").migrate()
