"""An imported model in a process of its own, which can be killed: when it takes too long it is, and is started again.

Requests go one after another. A process that ends while it is asked is started again and asked once more; one that is
silent is not, for the same input would silence it again. Either way the next request finds a new one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from argosy.errors import ArgosyError, ImportedModelFailed, ImportedModelRefused, ImportedModelTooSlow, ImportInvalid
from argosy.models.runtime import Answers, ModelRow
from argosy.models.runtimes.model_process import AnswerRequest, Bytes, ModelProcess, OpenRequest, Reply, RunRequest
from argosy.models.signature import Arrays, Signatures
from argosy.models.tensor_messages import arrays_of, piped
from argosy.telemetry import logger

LOAD_SECONDS: Final = 120.0
ROWS: Final = 1000
"""In one call: as many as a request has, unless `limits.rows` says otherwise."""
HEAD_BYTES: Final = 1 << 20
MOST_ANSWER_BYTES: Final = 1 << 28
"""Of the tensors that one call gives."""
_log = logger("argosy.models")


class IsolatedModel:
    """The other side of the pipe; one call may take `seconds`."""

    def __init__(self, begin: OpenRequest, content: Bytes, seconds: float) -> None:
        self._begin, self._content, self._seconds = begin, content, seconds
        self._lock = threading.Lock()
        self._process: ModelProcess | None = None
        self.said = Reply()
        """To the file, when it was opened."""
        self._open()

    @property
    def is_ready(self) -> bool:
        """Whether there is a process that has opened the file."""
        return self._process is not None

    def asked(self, message: bytes, most: int) -> Reply:
        """What it says to a message, of at most that many bytes.

        Raises ImportedModelRefused where it says what is wrong, ImportedModelTooSlow, ImportedModelFailed.
        """
        with self._lock:
            try:
                said = self._asked(message, most)
            except ImportedModelTooSlow:
                raise
            except ImportedModelFailed:
                said = self._asked(message, most)
            finally:
                if self._process is None:
                    threading.Thread(target=self._reopen, name="argosy-imported", daemon=True).start()
        if said.problem:
            raise ImportedModelRefused(said.problem)
        return said

    def _asked(self, message: bytes, most: int) -> Reply:
        """Under the lock; a process that does not answer is none afterwards."""
        try:
            process = self._process or self._open()
        except ImportInvalid as error:  # it could be opened before
            raise ImportedModelFailed(str(error)) from None
        try:
            return process.ask(message, seconds=self._seconds, most=most)
        except ImportedModelFailed:
            self._process = None
            process.end()
            raise

    def _open(self) -> ModelProcess:
        """Raises ImportInvalid."""
        process = ModelProcess()
        begin = msgspec.msgpack.encode(self._begin)
        try:
            said = process.ask(begin, self._content, seconds=LOAD_SECONDS, most=HEAD_BYTES)
        except ImportedModelFailed as error:
            process.end()
            raise ImportInvalid(f"the file cannot be opened: {error}") from None
        if said.problem:
            process.end()
            raise ImportInvalid(said.problem)
        self.said, self._process = said, process
        return process

    def _reopen(self) -> None:
        with self._lock:
            if self._process is None:
                try:
                    self._open()
                except (ArgosyError, OSError) as error:
                    _log.error("an imported model's process cannot be started again: %s", error)


class Isolated(IsolatedModel):
    """A `Runtime`: one call has at most ROWS rows."""

    @property
    def classes(self) -> list[str]:
        return self.said.classes

    def answers(self, rows: Sequence[ModelRow]) -> Answers:
        parts = [self._answered(list(rows[at : at + ROWS])) for at in range(0, len(rows), ROWS)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _answered(self, rows: list[ModelRow]) -> Answers:
        most = HEAD_BYTES + 8 * len(rows) * max(len(self.classes), ROWS)
        said = self.asked(msgspec.msgpack.encode(AnswerRequest(rows)), most)
        if len(said.answers) != 8 * len(rows) * said.columns:
            raise ImportedModelFailed("the imported model's process gave answers to other rows")
        return np.frombuffer(said.answers, np.float64).reshape(len(rows), said.columns)


class IsolatedTensors(IsolatedModel):
    """A `TensorRuntime`."""

    @property
    def signatures(self) -> Signatures:
        return self.said.signatures

    def run(self, signature: str, inputs: Arrays) -> Arrays:
        said = self.asked(msgspec.msgpack.encode(RunRequest(signature, piped(inputs))), MOST_ANSWER_BYTES)
        try:
            return arrays_of(said.tensors)
        except (ValueError, TypeError, KeyError):
            raise ImportedModelFailed("the imported model's process gave tensors that are none") from None
