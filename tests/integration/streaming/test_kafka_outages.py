"""Kafka while it cannot be reached, and after: said in one line without a password, and nothing is lost."""

import json

import pytest

pytest.importorskip("confluent_kafka")

from argosy.errors import DefinitionInvalid, EventLogUnavailable
from argosy.streaming.logs import kafka
from argosy.streaming.logs.kafka import KafkaLog
from argosy.testing.expecting import raised
from argosy.testing.waiting import until
from servers.kafka import own_server
from servers.rabbitmq import free_ports
from servers.relay import Relay


@pytest.mark.parametrize(
    "url",
    [
        "kafka://ana:s3cret@",
        "kafka://ana:s3cret@here:port",
        "kafka://ana:s3cret@here,",
        "http://ana:s3cret@here:9092",
        "kafka://ana:s3cret@here:9092?prefix=a b",
        "kafka://ana:s3cret@here:9092?plugin.library.paths=evil.so",
    ],
)
def test_what_is_no_address_is_refused(url):
    said = str(raised(DefinitionInvalid, KafkaLog, url))
    assert said.startswith("log: ")
    assert "s3cret" not in said


def test_a_server_that_is_not_there_is_named_without_its_password(monkeypatch):
    monkeypatch.setattr(kafka, "ANSWER_SECONDS", 0.3)
    [port] = free_ports(1)
    log = KafkaLog(f"kafka://ana:s3cret@127.0.0.1:{port}?security.protocol=SASL_PLAINTEXT")
    for ask in (lambda: log.create("clicks", 1), lambda: log.partitions("clicks"), lambda: log.append("clicks", [])):
        said = str(raised(EventLogUnavailable, ask))
        assert said.startswith(f"kafka://127.0.0.1:{port}: ")
        assert "s3cret" not in said


def test_a_reader_and_a_producer_go_on_after_their_connections_were_cut():
    [listening] = free_ports(1)
    relay = Relay("127.0.0.1", listening)
    with own_server(listening, relay.port) as url:
        log = KafkaLog(url)
        log.create("clicks", 1)
        log.append("clicks", [("", b'{"n": %d}' % number) for number in range(100)])
        reader, found = log.reader("clicks", {0: 0}), []

        def read():
            found.extend(json.loads(record.event)["n"] for record in reader.read(10, 0.1))
            return len(found)

        until(lambda: read() >= 50, "half of the events")
        assert relay.cut() > 0
        log.append("clicks", [("", b'{"n": 100}')])
        until(lambda: read() >= 101, "all events")
        assert relay.cut() > 0
        log.append("clicks", [("", b'{"n": 101}')])
        until(lambda: read() >= 102, "the last event")
        reader.close()
        log.close()
    relay.close()
    assert found == list(range(102))
