"""PostgreSQL beyond the contract of databases: its URL, its outages, several projects in one database."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from operator import methodcaller

import pytest

from argosy.app.backends import database as opened
from argosy.database import in_transaction
from argosy.database.engines.postgresql import PostgresqlDatabase
from argosy.database.engines.postgresql_connections import connect, read_address
from argosy.errors import DatabaseOutage, DatabaseUnavailable, DefinitionInvalid, ExtraMissing, TransactionConflict
from argosy.testing.waiting import PATIENCE


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
    assert PostgresqlDatabase(url).url == shown


@pytest.mark.parametrize("url", ["postgresql://a b", "postgresql:", "postgresql://h/d?nothing=1", "postgresql://h:x/d"])
def test_an_invalid_address_is_refused_and_not_shown(url):
    with pytest.raises(
        DefinitionInvalid, match=r"database: it is not the address .*: write postgresql://USER:PASSWORD@HOST"
    ):
        PostgresqlDatabase(url)


def test_the_extra_is_named_where_it_is_missing(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for module in ("postgresql", "postgresql_connections"):
        monkeypatch.delitem(sys.modules, f"argosy.database.engines.{module}")
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


def selected(database, meanwhile, query="SELECT 1"):
    with database.write() as transaction:
        meanwhile()
        return transaction.execute(query)


def end_others(database):
    """Close the connections, as a restarting server does."""
    with database.read() as transaction:
        transaction.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                            " AND datname = current_database()")  # fmt: skip


def test_a_lost_connection_is_an_outage_once_and_is_replaced(database, migrated_postgresql_url):
    other = PostgresqlDatabase(migrated_postgresql_url)
    with pytest.raises(DatabaseOutage):
        selected(database, lambda: end_others(other))
    end_others(other)
    with database.read() as transaction:  # the server has closed it in between: no error
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


def with_parameters(url, *parameters):
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(parameters)}"


def opened_with(stack, url, *parameters):
    return stack.enter_context(closing(PostgresqlDatabase(with_parameters(url, *parameters))))


@pytest.fixture
def stack():
    with ExitStack() as opened:
        yield opened


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("pool_size=0", "'pool_size=0': write a whole number from 1"),
        ("pool_size=1.5", "'pool_size=1.5': write a whole number"),
        ("lock_timeout=never", "'lock_timeout=never': write seconds, such as 30 or 0.5"),
        ("statement_timeout=-1", "'statement_timeout=-1': write seconds"),
        ("statement_timeout=nan", "'statement_timeout=nan': write seconds"),
        ("pooler=session", "'pooler=session': leave it out, or write pooler=transaction"),
    ],
)
def test_a_limit_that_is_none_is_refused(given, problem):
    with pytest.raises(DefinitionInvalid, match=f"database: {problem}"):
        PostgresqlDatabase(f"postgresql://db/shop?{given}")


def test_limits_hold_in_every_transaction(stack, migrated_postgresql_url):
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "synchronous_commit")

    def limits_of(begin, *parameters):
        with begin(opened_with(stack, migrated_postgresql_url, *parameters)) as transaction:
            return [transaction.execute(f"SHOW {name}")[0][0] for name in names]

    read, write = methodcaller("read"), methodcaller("write")
    changed = ("statement_timeout=7", "lock_timeout=0.5", "idle_timeout=9", "options=-csynchronous_commit%3Doff")
    assert limits_of(read) == limits_of(read, "pooler=transaction") == ["10min", "30s", "5min", "on"]
    assert limits_of(write) == limits_of(write, "pooler=transaction") == ["10min", "30s", "15s", "on"]
    assert limits_of(read, *changed) == limits_of(write, *changed) == ["7s", "500ms", "9s", "on"]


def test_a_process_that_is_stopped_in_a_transaction_gives_up_its_locks(stack, migrated_postgresql_url):
    stopped, other = (opened_with(stack, migrated_postgresql_url, f"idle_timeout={one}") for one in (0.1, 60))

    def write():
        with stopped.write() as transaction:
            transaction.lock("jobs")
            with other.write() as of_other:
                of_other.lock("jobs")
            transaction.execute("SELECT 1")

    with pytest.raises(DatabaseOutage, match="idle-in-transaction timeout"):
        write()


def test_a_statement_that_takes_too_long_is_no_outage(stack, migrated_postgresql_url):
    database = opened_with(stack, migrated_postgresql_url, "statement_timeout=0.05")
    with pytest.raises(
        DatabaseUnavailable, match=r"due to statement timeout \(statement_timeout in its URL\)"
    ) as raised:
        selected(database, lambda: None, "SELECT pg_sleep(60)")
    assert not isinstance(raised.value, DatabaseOutage)
    assert selected(database, lambda: None) == [(1,)]


def test_a_user_who_may_not_make_tables_is_told_what_is_needed(stack, postgresql_url):
    import psycopg

    role = f"guest_{os.urandom(4).hex()}"
    with psycopg.connect(postgresql_url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role}")
        try:
            database = opened_with(stack, postgresql_url, f"options=-crole%3D{role}")
            with pytest.raises(
                DatabaseUnavailable, match="permission denied for schema public: make the URL's user the owner"
            ) as said:
                database.migrate()
        finally:
            owner.execute(f"DROP ROLE {role}")
    assert "\n" not in str(said.value)


def test_a_server_that_vanished_is_noticed(stack, relayed_postgresql):
    import socket

    def options(*parameters):
        address = read_address(with_parameters(relayed_postgresql.url, *parameters))
        with connect(address) as connection, socket.socket(fileno=os.dup(connection.fileno())) as opened:
            numbers = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
            alive = opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            return [alive, *(opened.getsockopt(socket.IPPROTO_TCP, number) for number in numbers)]

    assert options() == [1, 30, 10, 3, 30_000]
    assert options("keepalives_idle=5", "tcp_user_timeout=4000") == [1, 5, 10, 3, 4000]


def test_cut_connections_are_replaced_without_an_error(stack, relayed_postgresql):
    database = opened_with(stack, relayed_postgresql.url)
    with ThreadPoolExecutor(3) as threads:
        at_once = threading.Barrier(3)
        for _ in range(2):  # three connections, all cut at once
            found = [threads.submit(selected, database, at_once.wait) for _ in range(3)]
            assert [one.result() for one in found] == [[(1,)]] * 3
            relayed_postgresql.cut()


def test_a_process_takes_no_more_connections_than_its_pool_has(stack, migrated_postgresql_url):
    database = opened_with(stack, migrated_postgresql_url, "pool_size=2", "application_name=counted")
    other = opened_with(stack, migrated_postgresql_url)
    two, is_free = threading.Barrier(3), threading.Event()

    def hold():
        two.wait()
        is_free.wait(PATIENCE)

    with ThreadPoolExecutor(4) as threads:
        holding = [threads.submit(selected, database, hold) for _ in range(2)]
        two.wait()
        waiting = [threads.submit(selected, database, lambda: None) for _ in range(2)]
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"
        assert selected(other, lambda: None, count) == [(2,)]
        assert not any(one.done() for one in waiting)
        is_free.set()
        assert [one.result() for one in (*holding, *waiting)] == [[(1,)]] * 4
    assert selected(other, lambda: None, count) == [(2,)]


def test_without_a_free_connection_the_error_names_the_setting(stack, migrated_postgresql_url):
    database = opened_with(stack, migrated_postgresql_url, "pool_size=1", "pool_timeout=0.01")
    with database.read(), ThreadPoolExecutor(1) as threads:
        refused = threads.submit(selected, database, lambda: None).exception()
    assert isinstance(refused, DatabaseOutage)
    assert str(refused).endswith(": all 1 connections are in use: write a larger pool_size in the URL of the database")
    with pytest.raises(DatabaseUnavailable, match="a transaction is open on this thread already"), database.read():
        selected(database, lambda: None)


def test_what_a_pooler_changes_under_a_transaction_is_not_relied_on(stack, migrated_postgresql_url):
    database = opened_with(stack, migrated_postgresql_url, "pooler=transaction", "pool_size=1")
    for _ in range(8):  # a frequent statement is prepared, without a pooler
        assert selected(database, lambda: None) == [(1,)]
    assert selected(database, lambda: None, "SELECT count(*) FROM pg_prepared_statements") == [(0,)]
    assert database.wait_for_change(0.0)
    other = opened_with(stack, migrated_postgresql_url)
    listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    assert selected(other, lambda: None, listening) == [(0,)]


def test_a_dead_lock_is_repeated(stack, migrated_postgresql_url):
    soon = "options=-cdeadlock_timeout%3D20ms"
    both, begun = threading.Barrier(2), []

    def lock(first, second):
        database = opened_with(stack, migrated_postgresql_url, soon)

        def locked(transaction):
            transaction.lock(first)
            begun.append(first)
            if begun.count(first) == 1:
                both.wait(PATIENCE)
            transaction.lock(second)
            transaction.execute("INSERT INTO plans (name, source, submitted_at) VALUES (:name, '', 0)", {"name": first})

        in_transaction(database, locked)

    with ThreadPoolExecutor(2) as threads:
        for one in [threads.submit(lock, "a", "b"), threads.submit(lock, "b", "a")]:
            one.result()
    assert len(begun) == 3  # one of them again
    database = opened_with(stack, migrated_postgresql_url)
    assert selected(database, lambda: None, "SELECT name FROM plans ORDER BY name") == [("a",), ("b",)]


def test_a_lock_that_is_held_for_too_long_is_retried(stack, migrated_postgresql_url):
    holder = opened_with(stack, migrated_postgresql_url)
    database = opened_with(stack, migrated_postgresql_url, "lock_timeout=0.02")
    again = threading.Event()
    begun = []

    def locked(transaction):
        begun.append("")
        if len(begun) == 2:
            again.set()
        transaction.lock("a")

    with ThreadPoolExecutor(1) as threads:
        with holder.write() as transaction:
            transaction.lock("a")
            asked = threads.submit(in_transaction, database, locked)
            assert again.wait(PATIENCE)
        asked.result()
    with holder.write() as transaction:
        transaction.lock("a")
        with pytest.raises(TransactionConflict, match="the database: canceling statement due to lock timeout"):
            selected(database, lambda: None, "SELECT pg_advisory_xact_lock(hashtextextended('public.a', 0))")


def test_a_serialisation_failure_is_a_conflict(stack, migrated_postgresql_url):
    database = opened_with(stack, migrated_postgresql_url)
    with pytest.raises(TransactionConflict, match="the database: could not serialize"):
        selected(database, lambda: None, "DO $$ BEGIN RAISE 'could not serialize' USING ERRCODE = '40001'; END $$")
