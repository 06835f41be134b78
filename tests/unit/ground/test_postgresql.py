"""What the contract of databases does not say of PostgreSQL: its URL, its outages, several projects in one database."""

import sys

import pytest

from argosy.app.backends import database as opened
from argosy.database.engines.postgresql import PostgresqlDatabase, without_password
from argosy.errors import DatabaseOutage, DatabaseUnavailable, DefinitionInvalid, ExtraMissing


@pytest.fixture
def database(migrated_postgresql_url):
    opened = PostgresqlDatabase(migrated_postgresql_url)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:secret@db:5433/shop", "postgresql://ann@db:5433/shop"),
        ("postgresql://ann@db/shop?password=secret&host=/run", "postgresql://ann@db/shop?host=/run"),
        ("postgresql://db/shop", "postgresql://db/shop"),
    ],
)
def test_a_url_is_shown_without_its_password(url, shown):
    assert without_password(url) == shown


@pytest.mark.parametrize("url", ["postgresql://a b", "postgresql:", "postgresql://h/d?nothing=1", "postgresql://h:x/d"])
def test_what_is_no_address_is_refused_and_not_shown(url):
    with pytest.raises(
        DefinitionInvalid, match=r"database: it is not the address .*: write postgresql://USER:PASSWORD@HOST"
    ):
        PostgresqlDatabase(url)


def test_the_extra_is_named_where_it_is_missing(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "argosy.database.engines.postgresql")
    with pytest.raises(
        ExtraMissing, match=r"PostgreSQL needs the package 'psycopg': pip install 'argosy\[postgresql\]'"
    ):
        opened("postgresql://db/shop", tmp_path)


def test_a_server_that_is_not_there_is_an_outage_without_a_password():
    with pytest.raises(DatabaseOutage, match=r"^postgresql://ann@127\.0\.0\.1:1/shop: ") as raised:
        PostgresqlDatabase("postgresql://ann:secret@127.0.0.1:1/shop").migrate()
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_text_in_another_encoding_is_refused(postgresql_server):
    import psycopg

    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS latin")
        connection.execute(
            "CREATE DATABASE latin ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
        )
    place, mark, query = postgresql_server.partition("?")
    url = f"{place.rpartition('/')[0]}/latin{mark}{query}"
    with pytest.raises(DatabaseUnavailable, match="ENCODING 'UTF8' TEMPLATE template0"):
        PostgresqlDatabase(url).migrate()
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute("DROP DATABASE latin")


def selected(database, meanwhile):
    with database.write() as transaction:
        meanwhile()
        return transaction.execute("SELECT 1")


def end_others(database):
    """As a server that restarts does."""
    with database.read() as transaction:
        transaction.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                            " AND datname = current_database()")  # fmt: skip


def test_a_lost_connection_is_an_outage_once_and_is_replaced(database, migrated_postgresql_url):
    other = PostgresqlDatabase(migrated_postgresql_url)
    with pytest.raises(DatabaseOutage):
        selected(database, lambda: end_others(other))
    end_others(other)
    with database.read() as transaction:  # the server has closed it in between: nobody notices
        assert transaction.execute("SELECT 1") == [(1,)]
    other.close()


def test_a_waiter_whose_connection_is_lost_waits_again(database, migrated_postgresql_url):
    other = PostgresqlDatabase(migrated_postgresql_url)
    assert database.wait_for_change(0.0)
    end_others(other)
    with pytest.raises(DatabaseOutage):
        database.wait_for_change(5.0)
    assert database.wait_for_change(0.0)
    other.close()


def test_two_that_wait_for_each_other_end_in_an_outage_of_one(database, migrated_postgresql_url):
    other = PostgresqlDatabase(migrated_postgresql_url)
    import threading

    both, ended = threading.Barrier(2), []

    def lock(opened, first, second):
        try:
            with opened.write() as transaction:
                transaction.lock(first)
                both.wait()
                transaction.lock(second)
            ended.append("committed")
        except DatabaseOutage:
            ended.append("outage")

    threads = [threading.Thread(target=lock, args=args) for args in ((database, "a", "b"), (other, "b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["committed", "outage"]
    other.close()


def test_projects_share_a_database_by_a_schema_each(database, migrated_postgresql_url):
    with database.write() as transaction:
        transaction.execute("CREATE SCHEMA shop")
    mark = "&" if "?" in migrated_postgresql_url else "?"
    shop = PostgresqlDatabase(f"{migrated_postgresql_url}{mark}options=-csearch_path%3Dshop")
    with shop.read() as transaction:
        assert transaction.tables() == {}
    shop.migrate()
    with shop.write() as transaction:
        transaction.execute("INSERT INTO plans (name, source, submitted_at) VALUES ('a', '', 0)")
    with database.read() as transaction:
        assert transaction.execute("SELECT name FROM plans") == []
    shop.close()


def test_what_was_erased_is_in_no_table_file(database):
    with database.write() as transaction:
        transaction.execute("INSERT INTO plans (name, source, submitted_at) VALUES ('canary', '', 0)")
    with database.write() as transaction:
        transaction.execute("DELETE FROM plans")
    database.purge()
    with database.read() as transaction:
        assert transaction.execute("SELECT pg_relation_size('plans')") == [(0,)]
