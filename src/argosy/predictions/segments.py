"""The spool's files. A writer holds an exclusive lock on its segment for as long as it may append to it.

A segment is locked under a temporary name and then renamed to `*.spool`, so that a drainer that sees a segment unlocked
knows that its writer is gone: there is no moment between.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SUFFIX = ".spool"
DAMAGED = ".damaged"


def create(folder: Path, now: float) -> tuple[int, Path]:
    """A new locked segment, open for appending, and its path; the lock goes when the descriptor is closed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{int(now * 1000):013}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
    unlocked = path.with_suffix(".new")
    descriptor = os.open(unlocked, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unlocked.rename(path)
    except BaseException:
        unlocked.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return descriptor, path


def segments_in(folder: Path) -> list[Path]:
    """The segments there are, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def damaged(folder: Path) -> list[Path]:
    """What a drain kept aside: segments that cannot be read to their end, and single frames that cannot be moved."""
    return sorted(folder.glob(f"*{DAMAGED}"))


def total_bytes(folder: Path) -> int:
    """Of the segments there are, with what is drained and not deleted yet."""
    total = 0
    for path in segments_in(folder):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def keep_aside(segment: Path, position: int, frame: bytes) -> Path:
    """Leave a frame of a segment in a file of its own, durable before this returns; doing it again changes nothing.

    Renamed to `*.spool`, it is a segment again: for an Argosy that can read it.
    """
    path = segment.with_name(f"{segment.stem}-{position}{DAMAGED}")
    unfinished = path.with_suffix(".aside")
    unfinished.touch(0o600)
    with unfinished.open("wb") as file:
        file.write(frame)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    return path


@contextmanager
def open_segment(path: Path) -> Iterator[tuple[int, bool] | None]:
    """A descriptor for reading and overwriting, and whether the writer is gone; None where the segment is gone."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        writer_is_gone = _lock(descriptor)
        yield None if is_deleted(descriptor) else (descriptor, writer_is_gone)
    finally:
        os.close(descriptor)


def is_deleted(descriptor: int) -> bool:
    """Whether another drain has finished with the segment and deleted it."""
    return os.fstat(descriptor).st_nlink == 0


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
