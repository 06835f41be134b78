"""Sends notifications to the webhooks of the settings. Any number of processes may: they share its name.

A webhook that does not take a notification is sent it again after 1, 4, 16 … seconds, then every hour; after the
last attempt it is among the dead letters. Neither the secret nor the path of a URL is in a log or a dead letter.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from argosy import clock
from argosy.database.database import Database
from argosy.definitions.webhooks import WebhookSettings
from argosy.errors import BrokerUnavailable, DatabaseUnavailable
from argosy.messaging.broker import Broker, Delivery
from argosy.messaging.consumer import RECOVER_SECONDS, Consumer
from argosy.messaging.followers import WEBHOOK, Followers
from argosy.messaging.middlewares.dead_letters import DeadLetters
from argosy.messaging.middlewares.logs import Logs
from argosy.messaging.middlewares.retries import Retries
from argosy.messaging.notifications import CODEC, TOPIC, Notification
from argosy.messaging.posting import SECONDS, post
from argosy.messaging.relay import relay, relaying
from argosy.messaging.signatures import HEADER, signature
from argosy.telemetry import logger
from argosy.version import __version__

ATTEMPTS: Final = 12
LONGEST_PAUSE: Final = 3600.0
"""Between two attempts; all of them take five hours and a half."""
LAST_SECONDS: Final = 5.0
"""For what is still to be sent when a process ends."""
LEAST_SECONDS: Final = 0.1
_log = logger("argosy.messaging")


class Webhook:
    """One receiver, and how it is sent a notification."""

    def __init__(self, settings: WebhookSettings, secret: bytes) -> None:
        self._address, self._events, self._secret = settings.address(), frozenset(settings.events), secret
        self._until = float("inf")

    def end_at(self, moment: float) -> None:
        """Wait no longer than that for any answer, by `time.monotonic`: the process is to end."""
        self._until = moment

    def consumer(self, broker: Broker, name: str) -> Consumer[Notification]:
        """A member of its name."""
        chain = (Logs(), DeadLetters(), Retries(ATTEMPTS, LONGEST_PAUSE))
        return Consumer(broker, TOPIC, name, CODEC, self.send, chain)

    def send(self, notification: Notification, delivery: Delivery) -> None:
        """Raises WebhookFailed where it is not taken."""
        if self._events and notification.event not in self._events:
            return
        body = delivery.message.body
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"argosy/{__version__}",
            HEADER: signature(self._secret, int(clock.now()), body),
        }
        post(self._address, body, headers, min(SECONDS, max(self._until - time.monotonic(), LEAST_SECONDS)))


@contextmanager
def delivering(
    database: Database, broker: Broker, webhooks: Sequence[WebhookSettings], environ: Mapping[str, str]
) -> Iterator[None]:
    """Send notifications for as long as the block runs, each webhook on a thread of its own.

    One whose secret is not in the environment is left to other processes, and said.
    """
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=_deliver, args=(database, broker, one, environ, stop), name="argosy-webhook", daemon=True
        )
        for one in webhooks
    ]
    try:
        with relaying(database, broker):
            for thread in threads:
                thread.start()
            yield
    finally:
        with suppress(BrokerUnavailable, DatabaseUnavailable):
            relay(database, broker)
        stop.set()
        for thread in threads:
            thread.join()


def _deliver(
    database: Database, broker: Broker, settings: WebhookSettings, environ: Mapping[str, str], stop: threading.Event
) -> None:
    name = follower_of(settings)
    if not _subscribed(Followers(database, broker), name, stop):
        return
    secret = environ.get(settings.secret_env, "")
    if not secret:
        host = settings.address().hostname
        _log.warning("the webhook of %s waits: %s is not set in this process", host, settings.secret_env)
        return
    webhook = Webhook(settings, secret.encode("utf-8", "surrogateescape"))
    consumer = webhook.consumer(broker, name)
    consumer.run(stop)
    send_the_last(webhook, consumer)


def _subscribed(followers: Followers, name: str, stop: threading.Event) -> bool:
    """Wait until it is, through outages of database and broker; False if `stop` was set before."""
    problem = ""
    while True:
        try:
            followers.add(name)
        except (BrokerUnavailable, DatabaseUnavailable) as error:
            if str(error) != problem:
                _log.warning("%s; trying again", error)
            problem = str(error)
            if stop.wait(RECOVER_SECONDS):
                return False
        else:
            return True


def send_the_last(webhook: Webhook, consumer: Consumer[Notification], seconds: float = LAST_SECONDS) -> None:
    """What happened just before the process was to end, such as the last definition of a plan."""
    deadline = time.monotonic() + seconds
    webhook.end_at(deadline)
    with suppress(BrokerUnavailable):
        while time.monotonic() < deadline and consumer.step():
            pass
    consumer.close()


def follower_of(settings: WebhookSettings) -> str:
    """The name under which a webhook's notifications wait; another URL is another webhook."""
    host = re.sub(r"[^a-z0-9.-]", "-", settings.address().hostname or "")[:60]
    return f"{WEBHOOK}{host}.{hashlib.sha256(settings.url.encode()).hexdigest()[:8]}"
