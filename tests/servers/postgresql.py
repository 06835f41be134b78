"""A PostgreSQL for tests: `POSTGRESQL_URL`, else one on the usual port, else our own, on a socket in a folder."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

from argosy.testing.waiting import PATIENCE
from servers.emptied_databases import EmptiedDatabases, create_database, database_url, drop_database
from servers.finding import absent, folder_of, newest_folder, unprivileged
from servers.relay import Relay

USUAL = "postgresql://postgres@127.0.0.1:5432/postgres"
QUICK = ("fsync=off", "full_page_writes=off", "max_connections=200")
"""Of a server whose files are worth nothing after a power cut."""


@pytest.fixture(scope="session")
def postgresql_server():
    """The URL of a server's database with which others can be created."""
    pytest.importorskip("psycopg")
    given = os.environ.get("POSTGRESQL_URL")
    if given or answers(USUAL):
        yield given or USUAL
        return
    programs = newest_folder("/usr/lib/postgresql/*/bin")
    if programs is None:
        absent("there is no PostgreSQL: set POSTGRESQL_URL, or apt-get install postgresql")
    with own_server(programs) as server:
        yield server.url


def answers(url):
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


class OwnServer:
    """A server that the test may stop and start, on a socket in its folder and, where it is given one, on a port."""

    def __init__(self, programs, folder, user, settings, port=0):
        self.programs, self.folder, self.port = programs, folder, port
        self.run = {"user": user, "cwd": folder, "stderr": subprocess.STDOUT}
        self.url = f"postgresql://postgres@/postgres?host={folder}" + (f"&port={port}" if port else "")
        listening = (f"port={port}", "listen_addresses=127.0.0.1") if port else ("listen_addresses=",)
        self.settings = [word for setting in (*settings, *listening) for word in ("-c", setting)]
        self.process = None
        # a locale's order by default: statements that need byte order must request it
        locale = ("--encoding=UTF8", "--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8")
        initdb = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "--auth=trust", "--no-sync", *locale]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, **self.run)

    def start(self):
        postgres = [self.programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *self.settings]
        with (self.folder / "output").open("ab") as output:
            self.process = subprocess.Popen(postgres, stdout=output, **self.run)

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while not answers(self.url):
            assert self.process.poll() is None, "PostgreSQL did not start"
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.05)

    def stop(self, number=signal.SIGINT):
        """SIGINT: fast, sessions are ended; SIGQUIT: immediate, what is left is for recovery."""
        self.process.send_signal(number)
        self.process.wait(PATIENCE)


@contextmanager
def own_server(programs, settings=QUICK, port=0, prepare=lambda folder: None):
    """`prepare` is given the folder of its data before it starts."""
    pytest.importorskip("psycopg")
    user = unprivileged("postgres", "nobody")
    with folder_of(user) as folder:
        server = OwnServer(programs, folder, user, settings, port)
        prepare(folder / "data")
        server.start()
        try:
            server.wait()
            yield server
        finally:
            server.stop()


@contextmanager
def new_database(server):
    """An empty database's URL; the database is dropped afterwards."""
    name = create_database(server, "template0")
    try:
        yield database_url(server, name)
    finally:
        drop_database(server, name)


@pytest.fixture
def postgresql_url(postgresql_server):
    """A new and empty database's URL."""
    with new_database(postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgresql_databases(postgresql_server):
    """Databases of the newest schema, which tests take turns with."""
    from argosy.database.engines.postgresql import PostgresqlDatabase

    with new_database(postgresql_server) as url:
        database = PostgresqlDatabase(url)
        database.migrate()
        database.close()
        databases = EmptiedDatabases(postgresql_server, url.partition("?")[0].rpartition("/")[2])
        yield databases
        databases.close()


@pytest.fixture
def migrated_postgresql_url(migrated_postgresql_databases):
    """The URL of a database of the newest schema without a row, which nobody else uses."""
    with migrated_postgresql_databases.lent() as url:
        yield url


@pytest.fixture
def relayed_postgresql(migrated_postgresql_url):
    """A TCP relay in front of the server; `url` is that of the migrated database through it."""
    from psycopg.conninfo import conninfo_to_dict

    given = {"port": "5432", "host": "127.0.0.1", **conninfo_to_dict(migrated_postgresql_url)}
    host, port = given["host"], given["port"]
    relay = Relay(f"{host}/.s.PGSQL.{port}") if host.startswith("/") else Relay(host, int(port))
    rest = "&".join(f"{name}={value}" for name, value in given.items() if name not in ("host", "port", "dbname"))
    relay.url = f"postgresql://127.0.0.1:{relay.port}/{given['dbname']}?{rest}"
    yield relay
    relay.close()


def run_documented(url, statements, role):
    """Run a page's statements, as the owner until the role exists, and then as the role; the rows of each query."""
    import psycopg

    found = []
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(f"SET ROLE {role}" if statement.startswith("SELECT") else "RESET ROLE")
            cursor = connection.execute(statement)
            if cursor.description:
                found.append([dict(zip([c.name for c in cursor.description], row, strict=True)) for row in cursor])
        connection.execute(f"SET ROLE {role}")
        for refused in ("DELETE FROM trained", "SELECT sealed FROM predictions", "DELETE FROM reports_trained"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused)
        connection.execute("RESET ROLE")
        connection.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP ROLE {role}")
    return found
