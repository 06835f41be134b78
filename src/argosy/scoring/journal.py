"""The progress of an output, in a file next to it, from which the same command continues after a crash.

- One line of JSON for the header, one for each batch that is in the partial output, and, of runs that log predictions,
  one before each batch with the moment that its predictions are given: a batch that is scored again gets the same ids,
  and so is logged once.
- The partial output is compared with the sum of the bytes that were written; where it is not what it was (a power cut),
  it is written again from its beginning.
- It is locked while a process writes the output.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import zlib
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from argosy.errors import OutputInUse
from argosy.models.decisions import NO_DECISIONS, Decisions
from argosy.paths import make_private_file

_PIECE = 1 << 20


class JournalHeader(msgspec.Struct, frozen=True):
    """What is scored, and how: an output is gone on with where all of it is the same."""

    path: str
    size: int
    modified_ns: int
    asked: str
    """The reference as it was given: the version is the one that it meant when the output was begun."""
    options: list[str]


class _Begun(msgspec.Struct, frozen=True):
    header: JournalHeader
    label: str
    reference: str
    seed: str
    decisions: Decisions = NO_DECISIONS


class _Line(msgspec.Struct, frozen=True):
    batch: int
    at: float = 0.0
    """When its predictions are given; 0: the batch is done."""
    size: int = 0
    checksum: int = 0
    rows: int = 0
    problems: int = 0


class Journal:
    """Of one output. Use as a context manager; `label` and `reference` say which version answers.

    All rows of an output are answered with the decisions that were in force when it was begun.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.partial = output.with_name(f".{output.name}.partial")
        self._path = output.with_name(f".{output.name}.progress")
        self._times: dict[int, float] = {}
        self.done = _Line(-1)
        self.label = self.reference = ""
        self.decisions = NO_DECISIONS
        self.seed = b""

    def __enter__(self) -> Self:
        self._file: IO[bytes] = make_private_file(self._path).open("r+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise OutputInUse(f"{self.output}: another process is writing it") from None
        if not os.fstat(self._file.fileno()).st_nlink:  # its holder has just finished
            self._file.close()
            raise OutputInUse(f"{self.output}: another process has just written it")
        self._rows: IO[bytes] = make_private_file(self.partial).open("r+b")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._rows.close()
        if error is not None and not self.batches and not self._times:  # nothing that is worth going on with
            self.partial.unlink(missing_ok=True)
            self._path.unlink(missing_ok=True)
        self._file.close()

    @property
    def batches(self) -> int:
        """How many are in the partial output."""
        return self.done.batch + 1

    def go_on(self, header: JournalHeader) -> bool:
        """Go on with what was begun under the same header; False where there is nothing such."""
        lines = self._file.read().split(b"\n")
        try:
            begun = msgspec.json.decode(lines[0], type=_Begun)
        except msgspec.MsgspecError:
            return False
        if begun.header != header:
            return False
        self.label, self.reference, self.seed = begun.label, begun.reference, bytes.fromhex(begun.seed)
        self.decisions = begun.decisions
        whole = len(lines[0]) + 1
        for line in lines[1:-1]:
            try:
                found = msgspec.json.decode(line, type=_Line)
            except msgspec.MsgspecError:
                break
            whole += len(line) + 1
            if found.at:
                self._times[found.batch] = found.at
            else:
                self.done = found
        self._file.seek(whole)
        self._file.truncate()
        if self._checksum(self.done.size) != self.done.checksum:
            self.done = _Line(-1)
        self._rows.seek(self.done.size)
        self._rows.truncate()
        return True

    def begin(self, header: JournalHeader, label: str, reference: str, decisions: Decisions = NO_DECISIONS) -> None:
        """From the first row, by that version."""
        self.label, self.reference, self.seed = label, reference, secrets.token_bytes(8)
        self.decisions = decisions
        self.done, self._times = _Line(-1), {}
        for file in (self._file, self._rows):
            file.seek(0)
            file.truncate()
        self._append(_Begun(header, label, reference, self.seed.hex(), decisions))

    def moment(self, batch: int, now: float) -> float:
        """When a batch's predictions are given: now, or when that was first tried."""
        if batch not in self._times:
            self._times[batch] = now
            self._append(_Line(batch, at=now))
        return self._times[batch]

    def add(self, batch: int, data: bytes, rows: int, problems: int) -> None:
        """The next batch's rows, first into the output and then into the journal."""
        self._rows.write(data)
        self._rows.flush()
        before = self.done
        self.done = _Line(
            batch,
            size=before.size + len(data),
            checksum=zlib.crc32(data, before.checksum),
            rows=before.rows + rows,
            problems=before.problems + problems,
        )
        self._append(self.done)
        self._times.pop(batch, None)

    def settle(self, finished: Path) -> None:
        """Give the output its name, `finished` being what is in it, and forget how it came to be."""
        with finished.open("rb") as file:
            os.fsync(file.fileno())
        finished.replace(self.output)
        self.partial.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)

    def _append(self, line: _Begun | _Line) -> None:
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()

    def _checksum(self, size: int) -> int | None:
        """That of the first bytes of the partial output; None where it has not so many."""
        self._rows.seek(0)
        found, left = 0, size
        while left:
            piece = self._rows.read(min(left, _PIECE))
            if not piece:
                return None
            found, left = zlib.crc32(piece, found), left - len(piece)
        return found
