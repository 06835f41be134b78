"""RabbitMQ 3.10 and later: a fan-out exchange a topic, a quorum queue a name, publisher confirms.

The topic `jobs` is the exchange `argosy.jobs`, its subscriber `workers` the queue `argosy.jobs.workers`, with the dead
letters in `argosy.jobs.workers.dead`. A message that is given back for later waits in a queue for delays of its length
(`argosy.jobs.workers.after.500ms`), from which the broker moves it back. Everything is durable, and every message
persistent. What carries an attempt over such a move, and the time of publication, are headers `x-argosy-…`.

One connection a handle, made again when it is next needed after a failure, and no sooner than a growing pause allows.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any, Final
from weakref import WeakSet

from argosy.errors import BrokerRefused, BrokerUnavailable, ExtraMissing
from argosy.messaging.broker import DEAD, TEMPORARY, Backlog, Broker, Capability, Delivery, DeliveryPolicy, Receiver
from argosy.messaging.message import Message

try:
    from pika import BasicProperties
    from pika.channel import Channel

    from argosy.messaging.amqp.address import parse_address
    from argosy.messaging.amqp.connection import AmqpConnection
except ImportError as error:
    raise ExtraMissing("pika", "rabbitmq", "a broker on RabbitMQ") from error

CLOSE_SECONDS: Final = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Before the next attempt to connect."""
DELAYS_MS: Final = tuple(digits * 10**power for power in range(1, 6) for digits in (10, 15, 20, 30, 40, 60, 80))
"""How long a message may be put off for: the next one up from what was asked for."""
_PERSISTENT: Final = 2
_AT: Final = "x-argosy-at"
_ATTEMPTS: Final = "x-argosy-attempts"
_QUORUM: Final = {"x-queue-type": "quorum", "x-delivery-limit": 1000}
"""A limit that this port's is always below: without one, RabbitMQ 4 drops what was delivered 20 times."""


_BROKEN: Final = "INTERNAL_ERROR"
_REPAIR: Final = "if this lasts, delete the queue with its messages: rabbitmqctl delete_queue {queue}"
"""A queue may be down for a moment, or for good; only a person knows whether its messages are still wanted."""


class RabbitmqBroker(Broker):
    """`amqp://USER:PASSWORD@HOST:PORT/VHOST`; see `amqp/address.py`."""

    capabilities = frozenset((Capability.DURABLE, Capability.COUNTS_CRASHES))

    def __init__(self, url: str, policy: DeliveryPolicy | None = None) -> None:
        super().__init__(policy)
        self._address = parse_address(url)
        self.url = self._address.shown
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._connection: AmqpConnection | None = None
        self._publisher: _Publisher | None = None
        self._receivers: WeakSet[RabbitmqReceiver] = WeakSet()
        self._failures, self._retry_at, self._why = 0, 0.0, ""

    def close(self) -> None:
        for receiver in list(self._receivers):
            receiver.close()
        with self._lock:
            connection, self._connection, self._publisher = self._connection, None, None
        if connection is not None and self._process == os.getpid():
            connection.close()

    def connection(self) -> AmqpConnection:
        """The handle's, made again if need be; raises BrokerUnavailable."""
        with self._lock:
            if self._process != os.getpid():  # a connection must not cross a fork
                self._connection, self._process = None, os.getpid()
            if self._connection is None or self._connection.closed:
                self._publisher = None
                self._connection = self._connect()
            return self._connection

    def _connect(self) -> AmqpConnection:
        if time.monotonic() < self._retry_at:
            raise BrokerUnavailable(self._why)
        try:
            connection = AmqpConnection(self._address)
        except BrokerUnavailable as error:
            self._why = str(error)
            self._retry_at = time.monotonic() + min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._failures)
            self._failures += 1
            raise
        self._failures = 0
        return connection

    def _subscribe(self, topic: str, name: str) -> None:
        connection, exchange = self.connection(), self.place(topic)
        channel = connection.open_channel()
        connection.call(channel, "exchange_declare", exchange=exchange, exchange_type="fanout", durable=True)
        for queue in (self.place(topic, name), self.place(topic, name + DEAD)):
            connection.call(channel, "queue_declare", queue=queue, durable=True, arguments=self.arguments(name))
        connection.call(channel, "queue_bind", queue=self.place(topic, name), exchange=exchange)
        connection.schedule(channel.close)

    def _unsubscribe(self, topic: str, name: str) -> None:
        connection = self.connection()
        channel = connection.open_channel()
        for queue in (self.place(topic, name), self.place(topic, name + DEAD)):
            for each in (queue, *_waiting_rooms(queue, name)):
                connection.call(channel, "queue_delete", queue=each)
        connection.schedule(channel.close)

    def _backlog(self, topic: str, name: str) -> Backlog | None:
        """Without what is put off: RabbitMQ would log an error for each queue for delays that there is not."""
        queue = self.place(topic, name)
        ready = self._count(queue)
        return None if ready is None else Backlog(ready, self._count(queue + DEAD) or 0)

    def _count(self, queue: str) -> int | None:
        """Its messages that were not delivered; None if there is no such queue."""
        connection = self.connection()
        channel = connection.open_channel()
        try:
            declared = connection.call(channel, "queue_declare", queue=queue, passive=True)
        except BrokerUnavailable:
            if connection.closed or channel.is_open:
                raise
            return None  # the broker closed the channel
        connection.schedule(channel.close)
        return int(declared.method.message_count)

    def _publish(self, topic: str, messages: Sequence[Message]) -> bool:
        now = time.time()
        expiration = str(round(self.policy.keep_seconds * 1000))
        sent = [(message.body, _properties(message, now, 0, expiration=expiration)) for message in messages]
        return self.publisher().publish(self.place(topic), "", sent)

    def _receiver(self, topic: str, name: str, prefetch: int) -> Receiver:
        receiver = RabbitmqReceiver(self, topic, name, prefetch, self.policy)
        self._receivers.add(receiver)
        return receiver

    def place(self, *names: str) -> str:
        """An exchange's name, or a queue's."""
        return ".".join((self._address.prefix, *names))

    def arguments(self, name: str) -> dict[str, Any]:
        """Of a name's queues."""
        if not name.startswith(TEMPORARY):
            return _QUORUM
        return {**_QUORUM, "x-expires": max(1, round(self.policy.forget_seconds * 1000))}

    def publisher(self) -> _Publisher:
        connection = self.connection()
        with self._lock:
            if self._publisher is None or self._publisher.connection is not connection:
                self._publisher = _Publisher(connection)
            return self._publisher


class _Batch:
    """Messages that were sent together, and how many of them are not confirmed yet."""

    def __init__(self, place: str, left: int, done: Callable[..., object]) -> None:
        self.place, self.left, self.done, self.is_routed = place, left, done, True
        self.refused: set[str] = set()
        """The ids of messages."""


class _Publisher:
    """Publishes with confirms; any thread. All but `publish` runs in the connection's thread."""

    def __init__(self, connection: AmqpConnection) -> None:
        self.connection = connection
        self._channel: Channel | None = None
        self._exchanges: set[str] = set()
        self._opening = threading.Lock()
        self._sent = 0
        self._unconfirmed: dict[int, tuple[str, _Batch]] = {}
        """By the number that the broker confirms."""
        self._batches: dict[str, _Batch] = {}
        """By the ids of their messages, to find what is sent back."""

    def publish(self, exchange: str, queue: str, messages: Sequence[tuple[bytes, BasicProperties]]) -> bool:
        """To an exchange, or by the unnamed exchange to a queue; whether any queue took them."""
        if self.connection.blocked:
            raise self.connection.unavailable(self.connection.blocked)
        channel = self._open()
        if exchange and exchange not in self._exchanges:
            self.connection.call(channel, "exchange_declare", exchange=exchange, exchange_type="fanout", durable=True)
            self._exchanges.add(exchange)
        if not messages:
            return False
        is_routed: bool = self.connection.ask(
            lambda done: self._send(channel, exchange, queue, messages, _Batch(exchange or queue, len(messages), done)),
            channel,
        )
        return is_routed

    def _open(self) -> Channel:
        with self._opening:
            if self._channel is None or not self._channel.is_open:
                channel = self.connection.open_channel()
                self.connection.ask(lambda done: self._start(channel, done), channel)
                self._channel = channel
            return self._channel

    def _start(self, channel: Channel, done: Callable[..., object]) -> None:
        self._sent, self._unconfirmed, self._batches, self._exchanges = 0, {}, {}, set()
        channel.add_on_return_callback(self._on_returned)
        channel.confirm_delivery(self._on_confirmed, done)

    def _send(
        self,
        channel: Channel,
        exchange: str,
        queue: str,
        messages: Sequence[tuple[bytes, BasicProperties]],
        batch: _Batch,
    ) -> None:
        for body, properties in messages:
            self._sent += 1
            self._unconfirmed[self._sent] = (properties.message_id, batch)
            self._batches[properties.message_id] = batch
            channel.basic_publish(exchange, queue, body, properties, mandatory=True)

    def _on_returned(self, _channel: Channel, _method: Any, properties: BasicProperties, _body: bytes) -> None:
        """Before it is confirmed."""
        if (batch := self._batches.get(properties.message_id)) is not None:
            batch.is_routed = False

    def _on_confirmed(self, frame: Any) -> None:
        tag, is_multiple = frame.method.delivery_tag, frame.method.multiple
        confirmed = [*takewhile(lambda number: number <= tag, self._unconfirmed)] if is_multiple else [tag]
        for number in confirmed:
            message_id, batch = self._unconfirmed.pop(number)
            self._batches.pop(message_id, None)
            batch.left -= 1
            if frame.method.NAME == "Basic.Nack":
                batch.refused.add(message_id)
            if batch.left == 0:
                batch.done(self._refusal(batch) if batch.refused else batch.is_routed)

    def _refusal(self, batch: _Batch) -> BrokerRefused:
        why = f"it refused a message for {batch.place}: one of its queues is full or unavailable"
        return BrokerRefused(str(self.connection.unavailable(why)), batch.refused)


class RabbitmqReceiver(Receiver):
    """A consumer on a channel of its own."""

    def __init__(self, broker: RabbitmqBroker, topic: str, name: str, prefetch: int, policy: DeliveryPolicy) -> None:
        super().__init__(topic, name, prefetch, policy)
        self._broker, self._queue = broker, broker.place(topic, name)
        self._connection = connection = broker.connection()
        self._arrived: deque[tuple[Any, BasicProperties, bytes]] = deque()
        self._news, self._ended = threading.Condition(), ""
        self._channel = channel = connection.open_channel(partial(self._end, "its channel was closed"))
        self._declare(self._queue)
        connection.call(channel, "basic_qos", prefetch_count=prefetch)
        channel.add_on_cancel_callback(lambda _: self._end("its queue was deleted"))
        try:
            connection.ask(lambda done: channel.basic_consume(self._queue, self._on_message, callback=done), channel)
        except BrokerUnavailable as error:
            if _BROKEN not in str(error):
                raise
            raise connection.unavailable(f"{_BROKEN}: {_REPAIR.format(queue=self._queue)}") from None

    def close(self) -> None:
        with self._news:
            self._arrived.clear()
            self._connection.schedule(self._channel.close)
            self._news.wait_for(lambda: self._is_over() or self._connection.blocked, CLOSE_SECONDS)

    def _take(self) -> Delivery | None:
        with self._news:
            if not self._arrived:
                if self._is_over():
                    raise self._connection.unavailable(self._connection.closed or self._ended)
                return None
            method, properties, body = self._arrived.popleft()
        headers: Mapping[str, Any] = properties.headers or {}
        attempt = int(headers.get(_ATTEMPTS, 0)) + int(headers.get("x-delivery-count", 0)) + 1
        message = Message(body, _own(headers), properties.message_id or "")
        age = time.time() - headers[_AT] / 1e6 if _AT in headers else 0.0
        return Delivery(self, message, attempt, age, method.delivery_tag)

    def _pause(self, seconds: float) -> None:
        with self._news:
            self._news.wait_for(lambda: self._arrived or self._is_over(), seconds)

    def _is_over(self) -> bool:
        return bool(self._ended or self._connection.closed)

    def _ack(self, delivery: Delivery) -> None:
        self._connection.schedule(lambda: self._channel.basic_ack(delivery.tag))

    def _nack(self, delivery: Delivery, delay: float) -> None:
        if delay:
            self._move(delivery, self._room_for(delay), delivery.message.headers, delivery.attempt)
        else:
            self._connection.schedule(lambda: self._channel.basic_nack(delivery.tag, requeue=True))

    def _move_to(self, delivery: Delivery, name: str, headers: dict[str, str]) -> None:
        queue = self._broker.place(self.topic, name)
        if name.startswith(TEMPORARY) and self._channel.is_open:
            self._declare(queue)  # it may have expired, as no receiver uses it
        self._move(delivery, queue, headers, 0)

    def _move(self, delivery: Delivery, queue: str, headers: Mapping[str, str], attempts: int) -> None:
        """Acknowledged once the other queue has it."""
        if not self._channel.is_open:
            return
        moved = Message(delivery.message.body, headers, delivery.message.id)
        properties = _properties(moved, time.time() - delivery.age, attempts)
        if not self._broker.publisher().publish("", queue, [(moved.body, properties)]):
            raise self._connection.unavailable(f"its queue {queue} is gone")
        self._ack(delivery)

    def _declare(self, queue: str) -> None:
        arguments = self._broker.arguments(self.name)
        self._connection.call(self._channel, "queue_declare", queue=queue, durable=True, arguments=arguments)

    def _room_for(self, delay: float) -> str:
        milliseconds = next((each for each in DELAYS_MS if each >= delay * 1000), DELAYS_MS[-1])
        room = _waiting_room(self._queue, milliseconds)
        arguments = {
            **self._broker.arguments(self.name),
            "x-message-ttl": milliseconds,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self._queue,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
        if (expires := arguments.get("x-expires")) is not None:
            # a room's time runs from when it was made: one is used for `expires`, and outlives what was put there last
            room = f"{room}.{int(time.time() * 1000) // expires}"
            arguments["x-expires"] = 2 * expires + milliseconds
        self._connection.call(self._channel, "queue_declare", queue=room, durable=True, arguments=arguments)
        return room

    def _on_message(self, _: Channel, method: Any, properties: BasicProperties, body: bytes) -> None:
        with self._news:
            self._arrived.append((method, properties, body))
            self._news.notify()

    def _end(self, why: str) -> None:
        with self._news:
            self._ended = self._ended or why
            self._news.notify()


def _waiting_room(queue: str, milliseconds: int) -> str:
    return f"{queue}.after.{milliseconds}ms"


def _waiting_rooms(queue: str, name: str) -> list[str]:
    """Those that a name may have; those of a temporary one expire by themselves."""
    return [] if name.startswith(TEMPORARY) else [_waiting_room(queue, delay) for delay in DELAYS_MS]


def _properties(message: Message, published_at: float, attempts: int, expiration: str | None = None) -> BasicProperties:
    headers = {**message.headers, _AT: round(published_at * 1e6), _ATTEMPTS: attempts}
    return BasicProperties(headers=headers, message_id=message.id, delivery_mode=_PERSISTENT, expiration=expiration)


def _own(headers: Mapping[str, Any]) -> dict[str, str]:
    """Of a message that others sent, those that are text; the broker's begin with `x-`."""
    return {name: value for name, value in headers.items() if isinstance(value, str) and not name.startswith("x-")}
