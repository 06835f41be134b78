"""A stream while Kafka's connections are cut and Redis is away, and loses all that it had: it waits and goes on."""

import json
import shutil
import threading
import time

import pytest

pytest.importorskip("confluent_kafka")
pytest.importorskip("redis")

from argosy.caching.caches.redis import RedisCache
from argosy.definitions.service_features import parse_features
from argosy.errors import CacheUnavailable
from argosy.features import stream_runner
from argosy.features.stream_runner import StreamRunner
from argosy.features.stream_values import columns_of, keys_of
from argosy.streaming.logs.kafka import KafkaLog
from argosy.testing.waiting import until
from servers.finding import absent
from servers.kafka import own_server
from servers.rabbitmq import free_ports
from servers.redis import own_server as own_redis
from servers.relay import Relay


def feature():
    given = {"stream": "clicks", "key": "user", "window": "1d", "aggregate": {"views": "count"}}
    return parse_features({"clicks": given}, {"user": None})[0]


@pytest.fixture
def redis():
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        absent("there is no Redis: apt-get install redis-server")
    with own_redis(program) as server:
        yield server


def test_outages_lose_nothing_and_are_warned_of_once(redis, monkeypatch, caplog):
    monkeypatch.setattr(stream_runner, "PAUSES", (0.05, 0.2))
    [listening] = free_ports(1)
    relay = Relay("127.0.0.1", listening)
    with own_server(listening, relay.port) as url:
        log, cache, stop, sent = KafkaLog(url), RedisCache(redis.url), threading.Event(), 0
        log.create("clicks", 2)

        def append(count):
            nonlocal sent
            some = [{"user": "ana", "at": time.time(), "n": sent + number} for number in range(count)]
            log.append("clicks", [(str(row["n"]), json.dumps(row).encode()) for row in some])
            sent += count

        def views():
            try:
                return columns_of(feature(), cache.read(keys_of(feature(), "ana")), time.time()).columns.get("views")
            except CacheUnavailable:
                return None

        thread = threading.Thread(target=StreamRunner(feature(), log, cache, lease_seconds=2.0).run, args=(stop,))
        with caplog.at_level("INFO", "argosy.features"):
            thread.start()
            append(50)
            until(lambda: views() == sent, "the first events")
            assert relay.cut() > 0
            append(50)
            until(lambda: views() == sent, "the events after the cut")
            redis.kill()
            append(50)
            until(lambda: "waits" in caplog.text, "the warning")
            redis.start()
            until(lambda: views() == sent, "all events")
            stop.set()
            thread.join()
        log.close()
    relay.close()
    said = [record.getMessage() for record in caplog.records if "CacheUnavailable" in record.getMessage()]
    assert len(said) == 1
    assert views() == 150
