"""Servers over TLS: reached where their certificate is trusted, and refused in one line where it is not."""

import shutil
from contextlib import closing

import pytest

from argosy.app.backends import broker as opened_broker
from argosy.app.backends import database as opened
from argosy.errors import BrokerUnavailable, DatabaseUnavailable
from argosy.messaging.message import Message
from servers import postgresql, rabbitmq
from servers.certificates import certified
from servers.finding import newest_folder, unprivileged


@pytest.fixture
def certificate(tmp_path):
    return certified(tmp_path)


@pytest.fixture
def programs(request):
    found = newest_folder(request.param)
    if found is None:
        pytest.skip("only a server of the test's own has the test's certificate")
    return found


@pytest.mark.parametrize("programs", ["/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin"], indirect=True)
def test_a_broker_is_reached_if_its_certificate_is_trusted(programs, certificate, tmp_path, monkeypatch):
    pytest.importorskip("pika")

    def publish(host):
        url = f"amqps://guest:guest@{host}:{server.tls_port}/%2F"
        with closing(opened_broker(url, tmp_path, None)) as broker:
            broker.subscribe("news", "reader")
            return broker.publish("news", Message(b"{}"))

    with rabbitmq.own_server(programs, certificate) as server:
        server.wait()
        with pytest.raises(
            BrokerUnavailable, match=r"amqps://guest@localhost:.*: its certificate is not valid: self.signed"
        ) as refused:
            publish("localhost")
        assert "\n" not in str(refused.value)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert publish("localhost")
        with pytest.raises(BrokerUnavailable, match="certificate is not valid") as refused:
            publish("127.0.0.1")
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("programs", ["/usr/lib/postgresql/*/bin"], indirect=True)
def test_a_database_is_reached_if_its_certificate_is_trusted(programs, certificate, tmp_path):
    def prepare(data):
        for name in ("server.crt", "server.key"):
            (data / name).write_bytes(certificate.read_bytes())
            (data / name).chmod(0o600)
            if user := unprivileged("postgres", "nobody"):
                shutil.chown(data / name, user)

    def migrate(host, verified):
        with closing(opened(f"postgresql://postgres@{host}:{port}/postgres?sslmode={verified}", tmp_path)) as database:
            return database.migrate()

    (port,) = rabbitmq.free_ports(1)
    with postgresql.own_server(programs, (*postgresql.QUICK, "ssl=on"), port, prepare):
        assert migrate("localhost", f"verify-full&sslrootcert={certificate}")
        for host, verified, why in (
            ("localhost", "verify-full", "root certificate file"),
            ("127.0.0.1", f"verify-full&sslrootcert={certificate}", "does not match host name"),
        ):
            with pytest.raises(DatabaseUnavailable, match=why) as refused:
                migrate(host, verified)
            assert "\n" not in str(refused.value)
