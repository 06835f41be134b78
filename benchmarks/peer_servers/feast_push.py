"""Feast beside a stream of Argosy's: events go from a Kafka topic into Redis by a push source.

    python feast_push.py count BROKER TOPIC REDIS EVENTS    prints the events a second that it pushed
    python feast_push.py push BROKER TOPIC REDIS            goes on until it is killed
    python feast_push.py follow REDIS                       reads keys, prints each with the moment when it was found

Feast counts nothing in windows: what is pushed of an event is its price, so that it does less than the stream. Rows of
one key are pushed as they come, and the last one stays.
"""

import json
import os
import select
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

os.environ["FEAST_USAGE"] = "False"

import pandas as pd
from confluent_kafka import Consumer
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource, RepoConfig
from feast.data_source import PushMode
from feast.types import Float64, String
from feast.value_type import ValueType

BATCH, WAIT_SECONDS, POLL_SECONDS = 2_000, 0.005, 0.002


def store(redis: str, folder: str) -> FeatureStore:
    path = str(Path(folder) / "history.parquet")
    history = pd.DataFrame({"user": ["nobody"], "kind": ["view"], "price": [0.0], "at": [pd.Timestamp.now("UTC")]})
    history.to_parquet(path)
    online = {"type": "redis", "connection_string": redis, "skip_dedup": True}  # its quicker way
    config = RepoConfig(
        project="bench",
        provider="local",
        registry=str(Path(folder) / "registry.db"),
        online_store=online,
        offline_store={"type": "file"},
        entity_key_serialization_version=3,
    )
    user = Entity(name="user", join_keys=["user"], value_type=ValueType.STRING)
    source = PushSource(name="clicks", batch_source=FileSource(path=path, timestamp_field="at"))
    view = FeatureView(
        name="fresh",
        entities=[user],
        ttl=timedelta(minutes=30),
        schema=[Field(name="kind", dtype=String), Field(name="price", dtype=Float64)],
        source=source,
    )
    found = FeatureStore(config=config)
    found.apply([user, source, view])
    return found


def pushed(feast: FeatureStore, messages: list) -> None:
    rows = pd.DataFrame([json.loads(message.value()) for message in messages])
    rows = rows[rows["kind"] == "view"]
    if "price" not in rows:
        rows["price"] = 1.0
    given = rows[["user", "kind", "price"]].assign(price=rows["price"].fillna(1.0))
    feast.push("clicks", given.assign(at=pd.to_datetime(rows["at"], unit="s", utc=True)), to=PushMode.ONLINE)


def push(broker: str, topic: str, redis: str, events: int | None) -> None:
    """Push what is in the topic, as large batches as there are."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": f"feast-{os.getpid()}",
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 5,
            "broker.address.family": "v4",
        }
    )
    consumer.subscribe([topic])
    with tempfile.TemporaryDirectory() as folder:
        feast, count, began = store(redis, folder), 0, 0.0
        while events is None or count < events:
            messages = consumer.consume(BATCH, WAIT_SECONDS)
            if messages:
                began = began or time.perf_counter()
                pushed(feast, messages)
                count += len(messages)
        print(round(count / (time.perf_counter() - began)))
    consumer.close()


def follow(redis: str) -> None:
    """Look keys up until each has a value."""
    waiting, rest = [], b""
    with tempfile.TemporaryDirectory() as folder:
        feast = store(redis, folder)
        print("ready", flush=True)
        while True:
            if select.select([0], [], [], POLL_SECONDS)[0]:
                if not (read := os.read(0, 1 << 16)):
                    return
                *lines, rest = (rest + read).split(b"\n")
                waiting += [line.decode() for line in lines]
            if waiting:
                found = feast.get_online_features(["fresh:price"], [{"user": key} for key in waiting]).to_dict()
                now = time.perf_counter()
                for key, price in zip(found["user"], found["price"], strict=True):
                    if price is not None:
                        waiting.remove(key)
                        print(f"{now} {key}", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "follow":
        follow(sys.argv[2])
    else:
        broker, topic, redis, *events = sys.argv[2:]
        push(broker, topic, redis, int(events[0]) if events else None)
