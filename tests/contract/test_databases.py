"""Every engine against the database contract."""

import threading
from contextlib import closing

import pytest

from argosy.database.engines.sqlite import SqliteDatabase
from argosy.errors import ArgosyError
from argosy.testing.databases import CHECKS


def run(check, engine, url):
    handles = []

    def opened():
        handles.append(engine(url))
        handles[-1].migrate()
        return handles[-1]

    try:
        check(opened)
    finally:
        for handle in handles:
            handle.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_sqlite(check, tmp_path):
    run(check, SqliteDatabase, f"sqlite:///{tmp_path}/argosy.db")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_postgresql(check, postgresql_url):
    from argosy.database.engines.postgresql import PostgresqlDatabase

    run(check, PostgresqlDatabase, postgresql_url)


def test_many_open_a_new_sqlite_file_at_once(tmp_path):
    """SQLite does not wait by itself for the one that gives the file its write-ahead log."""
    begin, failed = threading.Barrier(4), []

    def open_new(number):
        begin.wait()
        try:
            with closing(SqliteDatabase(f"sqlite:///{tmp_path}/{number}.db")) as database:
                database.migrate()
        except ArgosyError as error:
            failed.append(error)

    for number in range(20):
        threads = [threading.Thread(target=open_new, args=(number,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
