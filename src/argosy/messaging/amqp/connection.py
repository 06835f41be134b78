"""One connection to an AMQP broker, read and written by a thread of its own, so that heartbeats never wait for work.

Any thread may use it. A caller waits for its answer; what cannot be answered any more,
because the channel or the connection was closed, raises BrokerUnavailable with the broker's own reason.
"""

from __future__ import annotations

import logging
import re
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress
from typing import Any, Final

from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pika.exceptions import AMQPError

from argosy.errors import BrokerUnavailable
from argosy.messaging.amqp.address import CONNECT_SECONDS, Address

ANSWER_SECONDS: Final = 30.0
"""How long an answer may take: the broker writes to its disk before some of them."""
_QUOTED: Final = re.compile(r"""\w+: \((?:\d+\) )?(['"])(?P<said>.*)\1,?\)?""")
"""An error as pika writes it into another's message: its class, its number, and in quotes what was said."""
_TIMED_OUT: Final = re.compile(r"Timeout while setting up|connection attempt timed out")
"""What pika writes of a server that does not answer while it connects."""
Start = Callable[[Callable[..., object]], object]
logging.getLogger("pika").setLevel(logging.CRITICAL)  # what goes wrong is raised here, in one line


class AmqpConnection:
    """Open when made; raises BrokerUnavailable."""

    def __init__(self, address: Address) -> None:
        self.blocked = ""
        """Why the broker takes no messages now; empty while it does."""
        self.closed = ""
        """Why it is closed; empty while it is open."""
        self._shown = address.shown
        self._waiting: dict[Future[Any], Channel | None] = {}
        self._lock, self._ended = threading.Lock(), threading.Event()
        opened = self.expect()
        self._pika = SelectConnection(
            address.parameters,
            on_open_callback=lambda _: _answer(opened),
            on_open_error_callback=lambda _, error: self._on_closed(_reason(error)),
            on_close_callback=lambda _, error: self._on_closed(_reason(error)),
        )
        self._pika.add_on_connection_blocked_callback(self._on_blocked)
        self._pika.add_on_connection_unblocked_callback(self._on_unblocked)
        threading.Thread(target=self._run, name="argosy-amqp", daemon=True).start()
        self.wait(opened, 2 * CONNECT_SECONDS)

    def close(self) -> None:
        """Idempotent. A broker that takes no messages reads nothing, and so closes later."""
        self.schedule(self._pika.close)
        if not self.blocked:
            self._ended.wait(CONNECT_SECONDS)

    def open_channel(self, on_closed: Callable[[], object] = lambda: None) -> Channel:
        """A new channel; `on_closed` is called in the connection's thread."""

        def ended(channel: Channel, error: BaseException) -> None:
            self._refuse(_reason(error), channel)
            on_closed()

        channel: Channel = self.ask(lambda done: self._pika.channel(on_open_callback=done))
        self.schedule(lambda: channel.add_on_close_callback(ended))
        return channel

    def call(self, channel: Channel, method: str, **named: Any) -> Any:
        """Call a channel's method that has a `callback`, and wait for what that is given."""
        return self.ask(lambda done: getattr(channel, method)(callback=done, **named), channel)

    def ask(self, start: Start, channel: Channel | None = None) -> Any:
        """Call `start(done)` in the connection's thread, and wait for what `done` is given; an error is raised here.

        While the broker takes no messages it reads nothing from this connection, and would not answer either.
        """
        if self.blocked:
            raise self.unavailable(self.blocked)
        future = self.expect(channel)

        def begin() -> None:
            try:
                start(lambda *answer: _answer(future, *answer[:1]))
            except Exception as error:  # noqa: BLE001  # the thread goes on, and the caller is answered
                _answer(future, self.unavailable(_reason(error)))

        self.schedule(begin)
        return self.wait(future)

    def schedule(self, step: Callable[[], object]) -> None:
        """Call it in the connection's thread, after what was scheduled before; not at all once that is closed."""

        def run() -> None:
            with suppress(AMQPError):
                step()

        with self._lock:
            if not self.closed:
                self._pika.ioloop.add_callback_threadsafe(run)

    def expect(self, channel: Channel | None = None) -> Future[Any]:
        """A future that fails with the connection, and with the channel if it is one's."""
        future: Future[Any] = Future()
        with self._lock:
            self._waiting[future] = channel
            if self.closed:
                _answer(future, self.unavailable(self.closed))
        return future

    def wait(self, future: Future[Any], seconds: float = ANSWER_SECONDS) -> Any:
        """What an expected future is given."""
        try:
            return future.result(seconds)
        except NotInTime:
            raise self.unavailable(f"it has not answered for {seconds:g} seconds") from None
        finally:
            with self._lock:
                self._waiting.pop(future, None)

    def unavailable(self, why: str) -> BrokerUnavailable:
        return BrokerUnavailable(f"RabbitMQ at {self._shown}: {why}")

    def _run(self) -> None:
        why = "the connection's thread ended"
        try:
            self._pika.ioloop.start()
        except Exception as error:  # noqa: BLE001  # whatever ends the loop ends the connection
            why = _reason(error)
        self._on_closed(why)
        with self._lock:
            self._pika.ioloop.close()
        self._ended.set()

    def _on_closed(self, why: str) -> None:
        with self._lock:
            self.closed = self.closed or why
        self._refuse(self.closed)
        self._pika.ioloop.stop()

    def _refuse(self, why: str, channel: Channel | None = None) -> None:
        """Fail what waits for the channel, or for any."""
        with self._lock:
            waiting = [future for future, of in self._waiting.items() if channel is None or of is channel]
        for future in waiting:
            _answer(future, self.unavailable(why))

    def _on_blocked(self, _: object, frame: Any) -> None:
        self.blocked = f"it takes no messages ({frame.method.reason}): make room, and what waits is sent"
        self._refuse(self.blocked)

    def _on_unblocked(self, *_: object) -> None:
        self.blocked = ""


def _answer(future: Future[Any], value: Any = None) -> None:
    if future.done():
        return
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)


def _reason(error: BaseException) -> str:
    """What the broker said, or why it could not be asked, in one line."""
    text = getattr(error, "reply_text", "")
    if text:
        return str(text)
    deepest = error
    while (inner := _inner(deepest)) is not None:
        deepest = inner
    if isinstance(deepest, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {deepest.verify_message}"
    if isinstance(deepest, ssl.SSLError):
        return f"it does not speak TLS as it should: {deepest.reason or 'no reason was given'}"
    if isinstance(deepest, OSError) and deepest.strerror:
        return deepest.strerror.lower()
    said = " ".join(str(deepest.args[0] if deepest.args and isinstance(deepest.args[0], str) else deepest).split())
    if _TIMED_OUT.search(said):
        return f"it has not answered for {CONNECT_SECONDS} seconds"
    quoted = _QUOTED.fullmatch(said)
    return (quoted["said"] if quoted else said) or type(deepest).__name__


def _inner(error: BaseException) -> BaseException | None:
    """What pika wrapped: the last of several attempts, or the first argument."""
    inside = [*getattr(error, "exceptions", ())[-1:], getattr(error, "exception", None), *error.args[:1]]
    return next((one for one in inside if isinstance(one, BaseException)), None)
