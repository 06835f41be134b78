"""PostgreSQL and its clients when the other side's machine vanishes: each detects it by itself."""

import threading
from contextlib import closing

import pytest

from argosy.database.engines.postgresql import PostgresqlDatabase
from argosy.errors import DatabaseOutage
from argosy.testing.waiting import until
from servers.finding import newest_folder
from servers.postgresql import own_server
from servers.rabbitmq import free_ports
from servers.relay import Relay

OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'argosy' AND pid <> pg_backend_pid()"


@pytest.fixture
def over_tcp():
    """A migrated database's URL through a relay, the relay, and a direct session with the server."""
    import psycopg

    programs = newest_folder("/usr/lib/postgresql/*/bin")
    if programs is None:
        pytest.skip("it takes a server of the test's own, by TCP")
    (port,) = free_ports(1)
    with (
        own_server(programs, port=port) as server,
        closing(Relay("127.0.0.1", port)) as relay,
    ):
        url = f"postgresql://postgres@127.0.0.1:{relay.port}/postgres"
        with closing(PostgresqlDatabase(url)) as database:
            database.migrate()
        with psycopg.connect(server.url, autocommit=True) as session:
            until(lambda: session.execute(OTHERS).fetchone()[0] == 0)
            yield url, relay, session


def forget(relay):
    try:
        assert relay.forget() > 0
    except PermissionError:
        pytest.skip("a connection can be forgotten silently by root alone")


def test_a_server_gives_up_the_locks_of_a_client_that_vanished(over_tcp):
    """Without its own keepalives it would end after two hours, or after the five minutes of `idle_timeout`."""
    url, relay, session = over_tcp

    def hold_and_vanish(database):
        with database.write() as transaction:
            transaction.lock("plans")
            assert session.execute(OTHERS).fetchone()[0] == 1
            forget(relay)
            until(lambda: session.execute(OTHERS).fetchone()[0] == 0, "the end of the session")
            transaction.execute("SELECT 1")

    with closing(PostgresqlDatabase(url)) as lost, pytest.raises(DatabaseOutage):
        hold_and_vanish(lost)
    with closing(PostgresqlDatabase(url)) as other, other.write() as transaction:
        transaction.lock("plans")


def test_a_client_notices_that_its_server_vanished_while_it_waits(over_tcp):
    url, relay, session = over_tcp
    raised = []

    def wait(database):
        try:
            with database.read() as transaction:
                transaction.execute("SELECT CAST(pg_sleep(3000) AS TEXT)")
        except DatabaseOutage as error:
            raised.append(str(error))

    noticed = "keepalives_idle=1&keepalives_interval=1&keepalives_count=2&statement_timeout=1000000"
    with closing(PostgresqlDatabase(f"{url}?{noticed}")) as database:
        thread = threading.Thread(target=wait, args=(database,), daemon=True)
        thread.start()
        until(lambda: session.execute(OTHERS + " AND state = 'active'").fetchone()[0] == 1)
        forget(relay)
        until(lambda: raised, "the error")
        thread.join()
    assert "\n" not in raised[0]
