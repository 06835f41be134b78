"""A connection of two processes, either of which asks the other: several questions at once, answered in any order.

A frame is its length in four bytes, and a question or a reply in MessagePack. What is asked is begun in the order in
which it was asked. Belongs to the event loop's thread. Both ends are the same program: nothing here is an interface.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from argosy import errors
from argosy.error_messages import message_of, traced
from argosy.errors import ArgosyError, SiblingUnreachable
from argosy.telemetry import logger

Answer = Callable[[str, Any], Awaitable[Any]]
_LENGTH: Final = 4
_log = logger("argosy.siblings")


class SiblingQuestion(msgspec.Struct, frozen=True, tag=True, array_like=True):
    number: int
    name: str
    argument: Any = None


class SiblingReply(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The value, or the name and the message of an error; the name is empty where it is none of Argosy's."""

    number: int
    value: Any = None
    error: tuple[str, str] | None = None


class Channel:
    """`answer` answers what the other end asks."""

    def __init__(self, connection: socket.socket, answer: Answer) -> None:
        self._socket, self._answer = connection, answer
        self._is_open = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0
        self._is_over = False

    async def run(self) -> None:
        """Ask and answer until the other end is gone; then what was asked fails with SiblingUnreachable."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._socket)
        self._is_open.set()
        try:
            while True:
                self._take(of_frame(await reader.readexactly(int.from_bytes(await reader.readexactly(_LENGTH)))))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._is_over = True
            self._writer.close()
            for future in self._asked.values():
                if not future.done():
                    future.set_exception(SiblingUnreachable("it ended before it answered"))

    async def ask(self, name: str, argument: Any, seconds: float) -> Any:
        """The other end's answer; raises the error that it answered with, or SiblingUnreachable."""
        self._number += 1
        number, answered = self._number, asyncio.get_running_loop().create_future()
        self._asked[number] = answered
        try:
            async with asyncio.timeout(seconds):
                await self._is_open.wait()
                if self._is_over:
                    raise SiblingUnreachable("it has ended")
                self._send(SiblingQuestion(number, name, argument))
                return await answered
        except TimeoutError:
            raise SiblingUnreachable(f"no answer within {seconds:.3g} s") from None
        finally:
            del self._asked[number]

    def _take(self, frame: SiblingQuestion | SiblingReply) -> None:
        if isinstance(frame, SiblingQuestion):
            task = asyncio.get_running_loop().create_task(self._reply(frame))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        answered = self._asked.get(frame.number)
        if answered is None or answered.done():  # nobody waits for it any more
            return
        if frame.error is None:
            answered.set_result(frame.value)
        else:
            answered.set_exception(error_of(*frame.error))

    async def _reply(self, asked: SiblingQuestion) -> None:
        try:
            reply = SiblingReply(asked.number, await self._answer(asked.name, asked.argument))
        except ArgosyError as error:
            reply = SiblingReply(asked.number, error=(type(error).__name__, str(error)))
        except Exception as error:  # noqa: BLE001 - the other end is told, whatever it is
            _log.error("%s failed: %s", asked.name, traced(error))
            reply = SiblingReply(asked.number, error=("", message_of(error)))
        self._send(reply)

    def _send(self, frame: SiblingQuestion | SiblingReply) -> None:
        if self._writer is not None and not self._is_over:
            self._writer.write(to_frame(frame))


def error_of(name: str, message: str) -> ArgosyError:
    """An error of the other end as one of this end: of the same kind, and with its message alone."""
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, ArgosyError)):
        return SiblingUnreachable(message)
    error = kind.__new__(kind)  # some take other arguments
    Exception.__init__(error, message)
    return error


def to_frame(value: Any) -> bytes:
    """A frame."""
    data = msgspec.msgpack.encode(value)
    return len(data).to_bytes(_LENGTH) + data


def of_frame(data: bytes) -> SiblingQuestion | SiblingReply:
    found: SiblingQuestion | SiblingReply = msgspec.msgpack.decode(data, type=SiblingQuestion | SiblingReply)
    return found
