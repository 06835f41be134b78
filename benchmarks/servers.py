"""PostgreSQL and RabbitMQ for benchmarks: those of `POSTGRESQL_URL` and `RABBITMQ_URL`, else private ones."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


@contextmanager
def postgresql_server(*settings: str) -> Iterator[str]:
    """The URL of a PostgreSQL server, with everything durable; the settings are for a private one."""
    from servers import postgresql
    from servers.finding import newest_folder

    if given := os.environ.get("POSTGRESQL_URL", ""):
        yield given
        return
    durable = ("max_connections=200", *settings)  # with fsync, unlike in tests
    with postgresql.own_server(newest_folder("/usr/lib/postgresql/*/bin"), durable) as server:
        yield server.url


@contextmanager
def real_servers() -> Iterator[tuple[str, str]]:
    """The URLs of a PostgreSQL server and of a RabbitMQ, with everything durable."""
    from servers import rabbitmq
    from servers.finding import newest_folder

    broker = os.environ.get("RABBITMQ_URL", "")
    with ExitStack() as stack:
        database = stack.enter_context(postgresql_server())
        if not broker:
            server = stack.enter_context(rabbitmq.own_server(newest_folder("/usr/lib/rabbitmq/lib/*/sbin")))
            server.wait()
            broker = server.url
        yield database, broker


def new_database(server: str) -> AbstractContextManager[str]:
    """A context: a new database's URL."""
    from servers import postgresql

    return postgresql.new_database(server)


@contextmanager
def private_bucket() -> Iterator[str]:
    """The URL of a bucket on moto's server, in this process; its credentials are in the environment meanwhile."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    os.environ.update({"AWS_ACCESS_KEY_ID": "private", "AWS_SECRET_ACCESS_KEY": "private"})
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="models")
    try:
        yield f"s3://models/news?endpoint={endpoint}&region=us-east-1"
    finally:
        server.stop()
