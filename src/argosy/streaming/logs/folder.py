"""Topics as folders of JSON lines, a file a partition: `clicks/0.jsonl`; for one machine.

Any program may append lines; with `flock` where several do. An offset is the place of a line in its file. A process
that was killed while it wrote leaves a part of a line, which the next one ends: readers are given that part.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
import zlib
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Final

from argosy.errors import DefinitionInvalid, EventLogUnavailable, TopicNotFound
from argosy.paths import make_private_folder
from argosy.streaming.log import MOST_BYTES, Record, check_event

POLL_SECONDS: Final = 0.01
LOOKED_AT: Final = 1 << 18
"""Bytes of a partition that one read goes through at most, before the next partition has its turn."""
MOST_LINE: Final = MOST_BYTES + len(b"\r\n")
"""A longer line is given in parts."""
_TOPIC = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")


class FolderLog:
    """`file:FOLDER`. Made when its first topic is."""

    def __init__(self, url: str) -> None:
        self.url = url
        path = url.removeprefix("file:")
        if path == url or not path:
            raise DefinitionInvalid(f"'{url}' names no folder: write file:PATH", "log")
        self.folder = Path(path.removeprefix("//") if path.startswith("///") else path)

    def create(self, topic: str, partitions: int) -> None:
        folder = make_private_folder(make_private_folder(self.folder) / _checked(topic))
        with (folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "0.jsonl").exists():
                begun = [int(path.stem) + 1 for path in _files(folder)]  # by who was killed while making the topic
                for number in reversed(range(max(partitions, *begun, 0))):  # the first is there when all are
                    (folder / f"{number}.jsonl").touch(0o600)

    def partitions(self, topic: str) -> int:
        files = _files(self.folder / _checked(topic))
        if not files or files[0].name != "0.jsonl":
            raise TopicNotFound(f"{self.url} has no topic '{topic}'")
        return len(files)

    def append(self, topic: str, events: Iterable[tuple[str, bytes]]) -> None:
        count = self.partitions(topic)
        lines: defaultdict[int, list[bytes]] = defaultdict(list)
        for key, event in events:
            lines[zlib.crc32(key.encode("utf-8", "surrogatepass")) % count].append(check_event(event))
        for number, some in lines.items():
            try:
                _append(self._file(topic, number), b"\n".join(some) + b"\n")
            except OSError as error:
                raise EventLogUnavailable(f"{self.url}: {error.strerror}: the events were not appended") from error

    def reader(self, topic: str, positions: Mapping[int, int]) -> FolderReader:
        count = self.partitions(topic)
        missing = [number for number in positions if not 0 <= number < count]
        if missing:
            raise TopicNotFound(f"{self.url} has no partition {missing[0]} of '{topic}', only {count}")
        try:
            return FolderReader({number: self._file(topic, number) for number in positions}, positions)
        except OSError as error:
            raise EventLogUnavailable(f"{error.filename}: {error.strerror}: the events cannot be read") from error

    def close(self) -> None:
        """Files are open only while they are used."""

    def _file(self, topic: str, number: int) -> Path:
        return self.folder / topic / f"{number}.jsonl"


class FolderReader:
    """A file that is shorter than where it had been read to was put in place of another: it is read from its start."""

    def __init__(self, files: Mapping[int, Path], positions: Mapping[int, int]) -> None:
        self._files = {number: path.open("rb") for number, path in files.items()}
        self._positions = dict(positions)
        self._turns = deque(self._files)
        """Each read begins with another partition: one that never ends holds up no other."""

    def read(self, most: int, wait_seconds: float) -> list[Record]:
        deadline = time.monotonic() + wait_seconds
        while True:
            found: list[Record] = []
            for number in self._turns:
                self._read(number, self._files[number], most, found)
            self._turns.rotate(-1)
            if found or time.monotonic() >= deadline:
                return found
            time.sleep(POLL_SECONDS)

    def ends(self) -> Mapping[int, int]:
        return {number: _end(file) for number, file in self._files.items()}

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _read(self, number: int, file: IO[bytes], most: int, found: list[Record]) -> None:
        position = self._positions[number]
        if os.fstat(file.fileno()).st_size < position:
            position = 0
        file.seek(position)
        started = position
        while len(found) < most and position - started < LOOKED_AT:
            line = file.readline(MOST_LINE)
            if not line.endswith(b"\n") and len(line) < MOST_LINE:  # the rest is still to come
                break
            found.append(Record(number, position, position + len(line), line.rstrip(b"\r\n"), None))
            position += len(line)
        self._positions[number] = position


def _end(file: IO[bytes]) -> int:
    """Behind the last whole line: what somebody is still writing is no event yet."""
    size = os.fstat(file.fileno()).st_size
    last = os.pread(file.fileno(), min(size, MOST_LINE), max(0, size - MOST_LINE))
    found = last.rfind(b"\n")
    return size if found < 0 and len(last) == MOST_LINE else size - len(last) + found + 1


def _append(path: Path, lines: bytes) -> None:
    """All of the lines, or none where the disk is full."""
    with path.open("r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        end = file.seek(0, os.SEEK_END)
        if end and os.pread(file.fileno(), 1, end - 1) != b"\n":
            lines = b"\n" + lines
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            file.truncate(end)
            raise


def _files(folder: Path) -> list[Path]:
    """A topic's files by the number of their partition."""
    found = [path for path in folder.glob("*.jsonl") if path.stem.isdecimal()]
    return sorted(found, key=lambda path: int(path.stem))


def _checked(topic: str) -> str:
    if not _TOPIC.fullmatch(topic):
        raise DefinitionInvalid(f"'{topic}': letters, digits, '.', '_' or '-', 200 at most, and no '.' first", "topic")
    return topic
