"""Pickles and joblib files, opened and run in a process of their own: to unpickle is to run what the file says.

The process has nothing of ours in its environment and is limited in memory, files and size of what it writes. One
that ends or is silent is started once more; then the request fails. It ends with this process, whose pipe it reads.
"""

from __future__ import annotations

import os
import select
import struct
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from subprocess import Popen
from typing import Any, Final

import msgspec
import numpy as np

from argosy import processes
from argosy.errors import ImportedModelFailed, ImportInvalid
from argosy.models.runtime import Answers, Declared, Row

CHILD: Final = "argosy.models.runtimes.child"
LENGTH: Final = struct.Struct("<Q")
LOAD_SECONDS: Final = 120.0
ANSWER_SECONDS: Final = 30.0
MOST_BYTES: Final = 1 << 30
"""Of one answer."""


class Apart:
    """The runtime's side of the pipe. Requests go one after another."""

    def __init__(self, form: str, content: bytes, declared: Declared, classes: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._begin = {
            "format": form,
            "content": content,
            "text": declared.text,
            "fields": dict(declared.fields),
            "classes": list(classes),
        }
        self._process, told = self._start()
        self.classes: list[str] = told["classes"]

    def answers(self, rows: Sequence[Row]) -> Answers:
        with self._lock:
            try:
                told = _ask(self._process, {"rows": list(rows)}, ANSWER_SECONDS)
            except ImportedModelFailed:
                self._restart()
                told = _ask(self._process, {"rows": list(rows)}, ANSWER_SECONDS)
        if "problem" in told:
            raise ImportedModelFailed(told["problem"])
        return np.frombuffer(told["answers"], np.float64).reshape(told["shape"])

    def _restart(self) -> None:
        _end(self._process)
        try:
            self._process, _ = self._start()
        except ImportInvalid as error:  # it could be opened before
            raise ImportedModelFailed(str(error)) from None

    def _start(self) -> tuple[Popen[bytes], Mapping[str, Any]]:
        process = processes.start_bare(CHILD)
        weakref.finalize(self, _end, process)
        try:
            told = _ask(process, self._begin, LOAD_SECONDS)
        except ImportedModelFailed as error:
            _end(process)
            raise ImportInvalid(f"the file cannot be opened: {error}") from None
        if "problem" in told:
            _end(process)
            raise ImportInvalid(f"the file cannot be opened: {told['problem']}")
        return process, told


def _ask(process: Popen[bytes], request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Raises ImportedModelFailed where the process ends, or says nothing in time."""
    if process.stdin is None or process.stdout is None:
        raise ImportedModelFailed("the imported model's process has no pipes")
    try:
        body = msgspec.msgpack.encode(request)
        process.stdin.write(LENGTH.pack(len(body)) + body)
        process.stdin.flush()
    except OSError:
        raise _ended(process) from None
    deadline = time.monotonic() + seconds
    (length,) = LENGTH.unpack(_read(process, LENGTH.size, deadline))
    if length > MOST_BYTES:
        raise ImportedModelFailed("the imported model's process gave too large an answer")
    told: dict[str, Any] = msgspec.msgpack.decode(_read(process, length, deadline), type=dict[str, Any])
    return told


def _read(process: Popen[bytes], length: int, deadline: float) -> bytes:
    stream = process.stdout.fileno() if process.stdout else -1
    parts = bytearray()
    while len(parts) < length:
        if not select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise ImportedModelFailed("the imported model's process said nothing in time")
        part = os.read(stream, length - len(parts))
        if not part:
            raise _ended(process)
        parts += part
    return bytes(parts)


def _ended(process: Popen[bytes]) -> ImportedModelFailed:
    code = process.wait(10)
    return ImportedModelFailed(
        f"the imported model's process ended {f'by signal {-code}' if code < 0 else f'with code {code}'}"
    )


def _end(process: Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:  # what was not flushed is for nobody
                continue
