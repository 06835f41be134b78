"""Kafka, and what speaks its protocol: `kafka://HOST:PORT,HOST:PORT`.

The producer waits for all replicas and is idempotent. Readers are given their positions: no group of consumers is used,
since positions are kept with what the events have changed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from argosy.errors import DefinitionInvalid, EventLogUnavailable, ExtraMissing, TopicNotFound
from argosy.streaming.log import MOST_BYTES, Record, check_event

try:
    from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition, admin
    from confluent_kafka.cimpl import NewTopic
except ImportError as error:
    raise ExtraMissing("confluent-kafka", "kafka", "an event log on Kafka") from error

ANSWER_SECONDS: Final = 10.0
FETCH_WAIT_MS: Final = 50
"""How long a broker waits for events: some look for new ones only at the end of that time."""
OPTIONS: Final = (
    "sasl.mechanism",
    "security.protocol",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
)
"""Of librdkafka, in the URL."""
_PREFIX = re.compile(r"[A-Za-z0-9._-]{0,40}")
_HINT: Final = "write kafka://HOST:PORT,HOST:PORT, with USER:PASSWORD@ before them where they ask for one"


class KafkaLog:
    """`kafka://USER:PASSWORD@HOST:PORT?prefix=NAME.`, with librdkafka's options for TLS and SASL; see `OPTIONS`."""

    def __init__(self, url: str) -> None:
        self._settings, self._prefix, self.url = _parsed(url)
        self._lock = threading.Lock()

    def create(self, topic: str, partitions: int) -> None:
        wanted = NewTopic(self._prefix + topic, num_partitions=partitions, replication_factor=-1)
        for made in self._admin.create_topics([wanted], request_timeout=ANSWER_SECONDS).values():
            try:
                made.result(ANSWER_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise self._unavailable(error) from error
            except TimeoutError as error:
                raise self._unavailable(error) from error

    def partitions(self, topic: str) -> int:
        try:
            known = self._admin.list_topics(timeout=ANSWER_SECONDS).topics
        except KafkaException as error:
            raise self._unavailable(error) from error
        if self._prefix + topic not in known:
            raise TopicNotFound(f"{self.url} has no topic '{self._prefix}{topic}'")
        return len(known[self._prefix + topic].partitions)

    def append(self, topic: str, events: Iterable[tuple[str, bytes]]) -> None:
        self.partitions(topic)
        failed: list[Any] = []

        def delivered(error: Any, _: Any) -> None:
            if error is not None:
                failed.append(error)

        with self._lock:  # so that each caller waits for its own
            for key, event in events:
                self._produce(topic, key, check_event(event), delivered)
            left = self._producer.flush(ANSWER_SECONDS)
            if left or failed:
                self._producer.purge()
                self._producer.flush(ANSWER_SECONDS)
        if left or failed:
            raise EventLogUnavailable(
                f"{self.url}: {failed[0] if failed else 'no answer'}: not all events were appended"
            )

    def _produce(self, topic: str, key: str, event: bytes, delivered: Any) -> None:
        while True:
            try:
                self._producer.produce(
                    self._prefix + topic, event, key.encode("utf-8", "surrogatepass"), on_delivery=delivered
                )
            except BufferError:  # its queue is full
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def reader(self, topic: str, positions: Mapping[int, int]) -> KafkaReader:
        count = self.partitions(topic)
        missing = [number for number in positions if not 0 <= number < count]
        if missing:
            raise TopicNotFound(f"{self.url} has no partition {missing[0]} of '{self._prefix}{topic}', only {count}")
        places = [TopicPartition(self._prefix + topic, number, offset) for number, offset in positions.items()]
        consumer = self._consumer()
        consumer.assign(places)
        return KafkaReader(self, consumer, places)

    def close(self) -> None:
        if "_producer" in vars(self):
            self._producer.flush(ANSWER_SECONDS)

    def ends(self, places: Sequence[Any]) -> Mapping[int, int]:
        """By another connection than readers', where it would wait for what they wait for."""
        plain = [TopicPartition(one.topic, one.partition) for one in places]
        spec: Any = vars(admin)["OffsetSpec"]  # which its types leave out
        begin, end = self._offsets(plain, spec.earliest()), self._offsets(plain, spec.latest())
        return {number: last if last > begin[number] else 0 for number, last in end.items()}

    def _offsets(self, places: Sequence[Any], spec: Any) -> dict[int, int]:
        asked = self._admin.list_offsets(dict.fromkeys(places, spec), request_timeout=ANSWER_SECONDS)
        try:
            return {place.partition: one.result(ANSWER_SECONDS).offset for place, one in asked.items()}
        except (KafkaException, TimeoutError) as error:
            raise self._unavailable(error) from error

    @cached_property
    def _admin(self) -> Any:
        return admin.AdminClient({**self._settings, "socket.timeout.ms": int(ANSWER_SECONDS * 1000)})

    @cached_property
    def _producer(self) -> Any:
        limits = {"message.timeout.ms": int(ANSWER_SECONDS * 1000), "message.max.bytes": MOST_BYTES + (1 << 16)}
        return Producer(
            {**self._settings, **limits, "enable.idempotence": True, "linger.ms": 2, "partitioner": "murmur2"}
        )

    def _consumer(self) -> Any:
        own: dict[str, Any] = {"group.id": "argosy", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
        own["fetch.wait.max.ms"] = FETCH_WAIT_MS
        return Consumer({**self._settings, **own})

    def _unavailable(self, error: BaseException) -> EventLogUnavailable:
        said = error.args[0].str() if error.args and isinstance(error.args[0], KafkaError) else type(error).__name__
        return EventLogUnavailable(f"{self.url}: {said}")


class KafkaReader:
    """Of a consumer that was assigned its partitions."""

    def __init__(self, log: KafkaLog, consumer: Any, places: Sequence[Any]) -> None:
        self._log, self._consumer, self._places, self._url = log, consumer, places, log.url

    def read(self, most: int, wait_seconds: float) -> list[Record]:
        found = []
        first = self._consumer.consume(1, wait_seconds)  # all of `most` would be waited for
        for message in first + (self._consumer.consume(most - 1, 0) if first and most > 1 else []):
            error = message.error()
            if error is None:
                found.append(_record(message))
            elif error.fatal() or not error.retriable():
                raise EventLogUnavailable(f"{self._url}: {error.str()}")
        return found

    def ends(self) -> Mapping[int, int]:
        return self._log.ends(self._places)

    def close(self) -> None:
        self._consumer.close()


def _record(message: Any) -> Record:
    kind, milliseconds = message.timestamp()
    offset = message.offset()
    return Record(
        message.partition(), offset, offset + 1, message.value() or b"", milliseconds / 1000 if kind else None
    )


def _parsed(url: str) -> tuple[dict[str, Any], str, str]:
    """(librdkafka's settings, the prefix of topics, what is shown); raises DefinitionInvalid."""
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    try:
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        query = {"": ""}
    prefix = query.pop("prefix", "")
    if parts.scheme != "kafka" or not all(
        re.fullmatch(r"[\w.\-]+(:\d+)?|\[[0-9a-f:]+\](:\d+)?", one) for one in hosts.split(",")
    ):
        raise DefinitionInvalid(f"it is not the address of a Kafka: {_HINT}", "log")
    if set(query) - set(OPTIONS) or not _PREFIX.fullmatch(prefix):
        raise DefinitionInvalid(f"its options are prefix (letters, digits, '._-') and {', '.join(OPTIONS)}", "log")
    settings: dict[str, Any] = {"bootstrap.servers": hosts, "client.id": "argosy", "log_level": 0, **query}
    if credentials:
        user, _, password = credentials.partition(":")
        settings |= {"sasl.username": unquote(user), "sasl.password": unquote(password)}
        settings = {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", **settings}
    return settings, prefix, f"kafka://{hosts}"
