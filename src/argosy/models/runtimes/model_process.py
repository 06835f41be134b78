"""The pipe to a process that runs one imported model: messages with their length before them, under a deadline."""

from __future__ import annotations

import os
import select
import struct
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from subprocess import Popen, TimeoutExpired
from typing import IO, Final

import msgspec

from argosy import processes
from argosy.errors import ImportedModelFailed, ImportedModelTooSlow
from argosy.models.runtime import Format, ModelRow, TranslatedFormat
from argosy.models.runtimes import sandbox
from argosy.models.signature import Signature
from argosy.models.tensor_messages import PipedTensor
from argosy.types import FieldKind

LENGTH: Final = struct.Struct("<Q")
END_SECONDS: Final = 10.0
PROBLEM_CHARACTERS: Final = 400
Bytes = bytes | memoryview


class OpenRequest(msgspec.Struct, frozen=True):
    """The first message; the second is the file."""

    format: Format | TranslatedFormat
    text: str = ""
    fields: dict[str, FieldKind] = {}
    classes: list[str] = []
    trusted: list[str] = []
    are_tensors: bool = False
    """Whether the model is asked for tensors, by a signature, and not for answers to rows."""
    signature: Signature | None = None
    """Of one that does not say it itself."""


class RunRequest(msgspec.Struct, frozen=True):
    """Every later message to a model of tensors."""

    signature: str
    tensors: list[PipedTensor]


class AnswerRequest(msgspec.Struct, frozen=True):
    """Every later message."""

    rows: list[ModelRow]


class Reply(msgspec.Struct, frozen=True):
    """What the process says: its classes to the file, then the answers to rows, or a problem."""

    classes: list[str] = []
    answers: bytes = b""
    """float64, a row after the other."""
    columns: int = 0
    problem: str = ""
    translation: bytes = b""
    """Of a file that is translated: all that is wanted of it."""
    signatures: dict[str, Signature] = {}
    tensors: list[PipedTensor] = []


class ModelProcess:
    """One process. It ends by `end`, with this object, or when this process does, however that ends."""

    def __init__(self, start: Callable[[], Popen[bytes]] = sandbox.start_child) -> None:
        self._process = start()
        self._ask, self._hear = _descriptor(self._process.stdin), _descriptor(self._process.stdout)
        os.set_blocking(self._ask, False)
        self.end = weakref.finalize(self, processes.end_bare, self._process)
        self.end.atexit = False  # the pipes are closed then anyway, and another thread may be in the middle of a call

    def ask(self, *messages: Bytes, seconds: float, most: int) -> Reply:
        """What it says to them, of at most that many bytes; raises ImportedModelFailed, ImportedModelTooSlow."""
        deadline = time.monotonic() + seconds
        try:
            for message in messages:
                self._write(LENGTH.pack(len(message)), deadline)
                self._write(message, deadline)
            (length,) = LENGTH.unpack(self._read(LENGTH.size, deadline))
            if length > most:
                raise ImportedModelFailed("the imported model's process gave too large an answer")
            said = msgspec.msgpack.decode(self._read(length, deadline), type=Reply)
        except TimeoutError:
            raise ImportedModelTooSlow(f"the imported model gave no answer within {seconds:g} s") from None
        except BrokenPipeError:
            raise self._ended() from None
        except msgspec.MsgspecError:
            raise ImportedModelFailed("the imported model's process said what means nothing") from None
        return msgspec.structs.replace(said, problem=_printable(said.problem))

    def _write(self, message: Bytes, deadline: float) -> None:
        left = memoryview(message)
        while left:
            _wait(self._ask, select.POLLOUT, deadline)
            left = left[os.write(self._ask, left) :]

    def _read(self, length: int, deadline: float) -> bytes:
        parts = bytearray()
        while len(parts) < length:
            _wait(self._hear, select.POLLIN, deadline)
            part = os.read(self._hear, length - len(parts))
            if not part:
                raise BrokenPipeError
            parts += part
        return bytes(parts)

    def _ended(self) -> ImportedModelFailed:
        with suppress(TimeoutExpired):
            self._process.wait(END_SECONDS)
        self.end()
        code = self._process.returncode
        how = f"by signal {abs(code) % 128}" if code < 0 or code > 128 else f"with code {code}"
        return ImportedModelFailed(f"the imported model's process ended {how}")


def send(stream: IO[bytes], message: bytes) -> None:
    """The process's side."""
    stream.write(LENGTH.pack(len(message)) + message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The process's side; None where nobody asks any more."""
    head = stream.read(LENGTH.size)
    return stream.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else None


def _wait(descriptor: int, event: int, deadline: float) -> None:
    """`poll`, for `select` refuses descriptors over 1023, which a server with many connections has."""
    poll = select.poll()
    poll.register(descriptor, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise TimeoutError


def _descriptor(pipe: IO[bytes] | None) -> int:
    return pipe.fileno() if pipe is not None else -1


def _printable(text: str) -> str:
    """One line of no more than can be read, whatever a file makes the process say."""
    return "".join(one if one.isprintable() else "?" for one in text[:PROBLEM_CHARACTERS])
