"""Servers that accept no messages, never answer or vanish: each wait ends by itself, with one line."""

from contextlib import closing

import pytest

from argosy.app.backends import database as opened
from argosy.app.project import open_backends
from argosy.app.scaffold import create_project
from argosy.errors import ArtifactsUnavailable, BrokerUnavailable, DatabaseOutage
from argosy.messaging.brokers.rabbitmq import RabbitmqBroker
from argosy.messaging.message import Message
from argosy.operations.doctor import examine
from argosy.store.artifacts.object_storage import ObjectArtifacts
from argosy.testing.waiting import until
from servers import rabbitmq
from servers.finding import newest_folder
from stored.rows import add


def wrong(root):
    """The checks of `argosy doctor` that fail."""
    found = {one.check: one for one in examine(lambda: open_backends(root)) if not one.ok}
    assert all(one.to_do and "\n" not in one.found + one.to_do for one in found.values())
    return {check: one.found for check, one in found.items()}


@pytest.fixture
def root(tmp_path):
    create_project(tmp_path / "notes")
    return tmp_path / "notes"


def test_doctor_reports_at_once_that_a_broker_accepts_no_messages(root, monkeypatch):
    programs = newest_folder("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin")
    if programs is None:
        pytest.skip("only a server of the test's own may be kept from taking messages")
    with rabbitmq.own_server(programs) as server:
        server.wait()
        server.control("set_vm_memory_high_watermark", "0.000001")
        monkeypatch.setenv("ARGOSY_BROKER", server.url)
        found = until(lambda: wrong(root))
        assert "takes no messages (low on memory): make room" in found["broker"]
        assert "webhooks" in found["left out"]
        with closing(RabbitmqBroker(server.url)) as broker:
            receiver = broker.receiver("news", "reader")
            for refused in (publish, publish, lambda one: one.unsubscribe("news", "reader")):
                with pytest.raises(BrokerUnavailable, match="takes no messages"):
                    refused(broker)
            receiver.close()


def publish(broker):
    broker.publish("news", Message(b"{}"))


def test_a_doctor_waits_for_no_server_twice(root, silent_server, monkeypatch):
    monkeypatch.setattr("argosy.operations.doctor.ANSWER_SECONDS", 2)
    place = f"127.0.0.1:{silent_server.port}"
    monkeypatch.setenv("ARGOSY_DATABASE", f"postgresql://argosy:s3cret@{place}/notes?connect_timeout=2")
    monkeypatch.setenv("ARGOSY_BROKER", f"amqp://argosy:s3cret@{place}/notes")
    monkeypatch.setenv("ARGOSY_ARTIFACTS", f"s3://notes/of/tests?endpoint=http://{place}&region=us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    found = wrong(root)
    assert "connection timeout expired" in found["database"]
    assert found["broker"] == f"amqp://argosy@{place}/notes has not answered for 2 seconds"
    assert found["artifact store"].endswith("has not answered for 2 seconds")
    assert set(found) == {"database", "broker", "artifact store", "left out"}
    assert "s3cret" not in str(found)


def test_a_database_of_a_newer_argosy_is_said_once(root):
    with closing(open_backends(root).database) as database:
        add(database, "schema_steps", number=999, applied_at=1.0, works_with=999)
    found = wrong(root)
    assert set(found) == {"database", "left out"}


def test_a_database_that_never_answers(silent_server, tmp_path):
    url = f"postgresql://argosy:s3cret@127.0.0.1:{silent_server.port}/notes?connect_timeout=2"
    with pytest.raises(DatabaseOutage, match="timeout") as raised:
        opened(url, tmp_path)
    assert "s3cret" not in str(raised.value)


def test_a_broker_that_never_answers(silent_server, monkeypatch):
    monkeypatch.setattr("argosy.messaging.amqp.address.CONNECT_SECONDS", 2)
    url = f"amqp://argosy:s3cret@127.0.0.1:{silent_server.port}/%2F"
    with pytest.raises(BrokerUnavailable, match=r"^RabbitMQ at \S+: it has not answered for \d+ seconds$"):
        publish(RabbitmqBroker(url))


def test_an_object_store_that_never_answers(silent_server, tmp_path, bucket, monkeypatch):
    monkeypatch.setitem(object_client_settings(), "read_timeout", "1s")
    url = f"s3://{bucket.name}/of/tests?endpoint=http://127.0.0.1:{silent_server.port}&region=us-east-1"
    store, digest = ObjectArtifacts(url, tmp_path / "cache"), "0" * 64
    with pytest.raises(ArtifactsUnavailable) as raised:
        store.fetch(digest)
    assert "\n" not in str(raised.value)
    assert store.cache.find(digest) is None


def object_client_settings():
    from argosy.store import object_client

    return object_client._CLIENT
