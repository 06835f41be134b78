"""What a large version needs before it can answer, made by a process beside the server's.

Its digest and the tables of its vocabularies take up to seconds of a core. In a thread of the server they would hold
the interpreter and the memory map from its requests in between, and a thread that has no priority may be stopped while
it holds them; in a process they cost the requests nothing but the cache. See `argosy/models/table_program.py`.
"""

from __future__ import annotations

import mmap
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from argosy.models.artifact_format import ArrayReader
from argosy.models.packed_index import OWN
from argosy.models.packing import Array, packed_vocabularies
from argosy.processes import end_bare, start_bare
from argosy.store.artifact_store import sha256_of
from argosy.telemetry import logger

COMMAND = (sys.executable, "-m", "argosy.models.table_program")
LARGE_BYTES = 8 << 20
"""Of artifacts: a smaller one is ready before the process has started."""
_log = logger("argosy.serving")


class TableProcess:
    """Started when it is first needed, and again when it has ended; asked by one thread after the other.

    Where it cannot be started or has failed, the server does the same itself.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_open = True

    def sha256(self, path: Path) -> str:
        if path.stat().st_size < LARGE_BYTES:
            return sha256_of(path)
        answer = self._ask({"path": str(path)})
        return sha256_of(path) if answer is None else str(answer["sha256"])

    def with_tables(self, path: Path, header: Mapping[str, Any], arrays: ArrayReader) -> Callable[[Any], Array]:
        """What finds the artifact's arrays, and those of the tables, which the header's vocabularies name then."""
        vocabularies = list(packed_vocabularies(header))
        if not vocabularies or path.stat().st_size < LARGE_BYTES:
            return arrays.get
        with tempfile.NamedTemporaryFile(prefix="argosy-table-") as file:
            answer = self._ask({"path": str(path), "into": file.name, "draw": OWN})
            if answer is None:
                return arrays.get
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        made = ArrayReader(mapped, 0, len(mapped), file.name)
        for vocabulary, table in zip(vocabularies, answer["tables"], strict=True):
            vocabulary += [{**one, "made": True} for one in table]
        return lambda stored: (made if "made" in stored else arrays).get(stored)

    def close(self) -> None:
        """End the process, also while it is asked; the server does the rest itself."""
        self._is_open = False
        if (process := self._process) is not None:
            process.kill()
            process.wait()

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer, or None where there is none."""
        answer = None
        with self._lock:
            for _ in "ab":  # one that was there may just have ended
                if self._is_open and answer is None:
                    answer = self._once(asked)
        if answer is not None and "error" not in answer:
            return answer
        if not self._is_open:
            return None
        failure = "it ended" if answer is None else answer["error"]
        _log.warning("the server itself reads %s, its process for that did not: %s", asked["path"], failure)
        return None

    def _once(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        if self._process is None:
            try:
                self._process = start_bare(COMMAND, is_session=True)
            except OSError as error:
                return {"error": str(error)}
            # It ends by itself when it has been idle, and is then no zombie until the next version.
            threading.Thread(target=self._process.wait, name="argosy-table", daemon=True).start()
        question, said = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        try:
            question.write(msgspec.json.encode(asked) + b"\n")
            question.flush()
            line = said.readline()
        except BrokenPipeError:
            line = b""
        if not line.endswith(b"\n"):
            self._end()
            return None
        answer: dict[str, Any] = msgspec.json.decode(line)
        return answer

    def _end(self) -> None:
        if self._process is not None:
            end_bare(self._process)
            self._process = None
