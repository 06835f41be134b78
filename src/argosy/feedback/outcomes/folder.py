"""A folder of files as a source: each file once, whatever it is called, and of one that grows what was appended.

Of each file it is kept how large it was, how many of its rows were taken, and the digest of its bytes. A last line
without an end is taken when the file was found unchanged at the next look.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from argosy.datasets.file_options import FileOptions
from argosy.datasets.files import EveryColumn
from argosy.errors import ExamplesInvalid
from argosy.feedback.outcomes.batches import AT_ONCE, OutcomeBatch, RawRow

GROWING: Final = (".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson")
"""Files of lines, which may be appended to; others are read when two looks have found them the same."""
READ: Final = (*GROWING, *(f"{one}.gz" for one in GROWING), ".parquet")
_CHUNK: Final = 1 << 20
_PATTERN: Final = re.compile(r"[*?[]")


class SeenFile(msgspec.Struct, frozen=True):
    """What was taken of a file."""

    size: int
    changed_ns: int
    rows: int = 0
    """Whole ones."""
    digest: str = ""
    is_done: bool = False


def folder_batches(root: Path, files: str, position: dict[str, Any]) -> Iterator[OutcomeBatch]:
    """What is new in the files of a folder, or those that a pattern such as `bookings/*.csv` names."""
    found = files_found(root, files)
    seen = {name: msgspec.convert(one, SeenFile) for name, one in position.items()}
    seen = {name: one for name, one in seen.items() if name in found or one.is_done}
    waiting = False
    for name, path in found.items():
        before, stat = seen.get(name), path.stat()
        now = SeenFile(stat.st_size, stat.st_mtime_ns)
        is_quiet = before is not None and _is_same(before, now)
        if before and is_quiet and before.is_done:
            continue
        if not is_quiet and not path.name.lower().endswith(GROWING):
            seen[name], waiting = now, True
            continue
        now = _with_taken(path, now, before, seen)
        if now.is_done:
            seen[name] = now
            continue
        reader = _FileRows(path, now, is_quiet)
        while some := list(islice(reader, AT_ONCE)):
            yield OutcomeBatch(some, _as_json(seen), False)
        seen[name] = reader.seen
        waiting = waiting or not reader.seen.is_done
    yield OutcomeBatch([], _as_json(seen), not waiting)


def files_found(root: Path, files: str) -> dict[str, Path]:
    """By name, in the order in which they were last written; raises ExamplesInvalid where there is no such place."""
    place = root / files
    paths = place.iterdir() if place.is_dir() else Path(place.anchor).glob(str(place.relative_to(place.anchor)))
    there = [path for path in paths if path.is_file() and path.name.lower().endswith(READ) and path.name[0] != "."]
    if not there and not place.parent.is_dir():
        raise ExamplesInvalid(f"there is no folder {place.parent}")
    if not place.exists() and not _PATTERN.search(files):
        raise ExamplesInvalid(f"there is no folder and no file {place}")
    return {str(path): path for path in sorted(there, key=lambda path: (path.stat().st_mtime_ns, path.name))}


def _is_same(before: SeenFile, now: SeenFile) -> bool:
    return (before.size, before.changed_ns) == (now.size, now.changed_ns)


def _with_taken(path: Path, now: SeenFile, before: SeenFile | None, seen: dict[str, SeenFile]) -> SeenFile:
    """The file with how many of its rows were taken before; done where it is another's copy."""
    if before and before.digest and before.size <= now.size and _digest(path, before.size) == before.digest:
        return msgspec.structs.replace(now, rows=before.rows)
    digest = _digest(path, now.size)
    for one in seen.values():
        if one.is_done and one.digest == digest and one.size == now.size:
            return msgspec.structs.replace(one, changed_ns=now.changed_ns)
    return now


class _FileRows:
    """The rows of a file that were not taken yet; afterwards `seen` says what is taken now."""

    def __init__(self, path: Path, now: SeenFile, is_quiet: bool) -> None:
        self._path, self._now, self._is_quiet = path, now, is_quiet
        self.seen = now
        self._rows = self._read()

    def __iter__(self) -> Iterator[RawRow]:
        return self._rows

    def _read(self) -> Iterator[RawRow]:
        path, now = self._path, self._now
        count, last = 0, None
        try:
            for _, row in EveryColumn(path, FileOptions()).rows():
                if last is not None:
                    count += 1
                    if count > now.rows:
                        yield last
                last = row if isinstance(row, str) else dict(row)
        except ExamplesInvalid as error:
            yield str(error)
        has_grown = path.stat().st_size != now.size  # while it was read: what was read last may be a part of a row
        is_whole = not has_grown and _ends(path, now.size)
        is_done = is_whole or (self._is_quiet and not has_grown)
        if last is not None and is_done:
            if count + 1 > now.rows:
                yield last
            count += is_whole
        self.seen = SeenFile(now.size, now.changed_ns, count, _digest(path, now.size), is_done)


def _ends(path: Path, size: int) -> bool:
    """Whether its last line has an end; files that are not of lines are whole."""
    if not path.name.lower().endswith(GROWING) or size == 0:
        return True
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) in (b"\n", b"\r")


def _digest(path: Path, size: int) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while size > 0 and (some := file.read(min(_CHUNK, size))):
            found.update(some)
            size -= len(some)
    return found.hexdigest()


def _as_json(seen: dict[str, SeenFile]) -> dict[str, Any]:
    return {name: msgspec.to_builtins(one) for name, one in seen.items()}
