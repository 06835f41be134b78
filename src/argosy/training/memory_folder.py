"""The memory-backed folder that the workers of one project on one machine share, for as long as one of them trains.

Each of them holds a shared lock on it. A worker that can make that lock exclusive is alone, and wipes the folder: on
going idle, on leaving, and on arriving (what a `kill -9` left behind). The last to leave removes the lock's file too.
What the last worker left behind because it was killed, `clear` removes without training. The lock's file names the
project, so that `clear_others` knows what is left of projects that are gone.

Raises ArgosyError if another user owns a folder of that name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from argosy.definitions.project import FILE_NAME
from argosy.errors import ArgosyError
from argosy.telemetry import logger

MEMORY = Path("/dev/shm")  # noqa: S108  # a memory-backed file system where Linux has one; names are ours, mode 700

_LONGEST_PATH = 4096
_log = logger("argosy.up")


class MemoryFolder:
    """One process's place in it. Used from one thread."""

    def __init__(self, project: Path, memory: Path = MEMORY) -> None:
        self._project = os.fsencode(project.resolve())
        name = f"{_prefix()}{hashlib.sha256(self._project).hexdigest()[:16]}"
        self.path = memory / name if os.access(memory, os.W_OK) else None
        """None where there is no memory-backed folder."""
        self._lock_path = memory / f"{name}.lock"
        self._lock: int | None = None

    def join(self) -> Path:
        """The folder, which stays until `leave`; made, or wiped if no other process uses it."""
        if self.path is None:
            raise RuntimeError("no memory-backed folder")
        while self._lock is None:
            self._lock = self._opened()
            self._wipe_if_alone()
            fcntl.flock(self._lock, fcntl.LOCK_SH)
            if not os.fstat(self._lock).st_nlink:  # its last holder removed it between our opening and our locking
                os.close(self._lock)
                self._lock = None
        os.pwrite(self._lock, self._project, 0)
        self.path.mkdir(mode=0o700, exist_ok=True)
        found = self.path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise ArgosyError(f"{self.path} is not a private folder of this user: remove it")
        return self.path

    def leave(self) -> None:
        """Release the folder; the last to do so removes it. `join` may be called again."""
        if self._lock is not None:
            if self._wipe_if_alone():
                self._lock_path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def clear(self) -> int:
        """Remove what is left of workers that were killed, unless one is at work; how many bytes that were."""
        if self.path is None or self._lock is not None or not (self.path.is_dir() or self._lock_path.exists()):
            return 0
        size = 0
        for path in self.path.rglob("*"):
            with suppress(OSError):  # a worker that goes idle at this moment removes it
                size += path.stat().st_size
        self._lock = self._opened()
        self.leave()
        return 0 if self.path.exists() else size

    def _opened(self) -> int:
        return os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)

    def _wipe_if_alone(self) -> bool:
        """Whether it was, and so was wiped; the lock is exclusive then."""
        if self._lock is None or self.path is None:
            return False
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if os.fstat(self._lock).st_nlink:
            shutil.rmtree(self.path, ignore_errors=True)
        return True


class OthersLeft(NamedTuple):
    """What `clear_others` found: bytes that it removed, and what it left, each with what to do about it."""

    cleared: int
    left: list[str]


def clear_others(memory: Path = MEMORY) -> OthersLeft:
    """Remove what killed workers left of this user's projects that are gone; name what they left of others.

    Nothing of a project whose workers are at work is touched, wherever it is.
    """
    cleared, left, nameless = 0, [], []
    for path, project in _left_folders(memory):
        if project is None:
            nameless.append(str(path))
        elif _is_gone(project):
            cleared += MemoryFolder(project, memory).clear()
        else:
            left.append(f"{path} of {project} is left behind: argosy -C {project} doctor")
    if nameless:
        left.append(f"left behind by an older Argosy, for projects unknown: remove {' '.join(nameless)}")
    return OthersLeft(cleared, left)


def clear_all(project: Path) -> None:
    """Remove what workers that were killed have left, and say what that was; also that of projects that are gone."""
    if cleared := MemoryFolder(project).clear():
        _log.info("removed %.1f MB of shared memory left by killed workers", cleared / 1e6)
    others = clear_others()
    if others.cleared:
        _log.info("removed %.1f MB of shared memory left by projects that no longer exist", others.cleared / 1e6)
    for left in others.left:
        _log.info("shared memory: %s", left)


def _left_folders(memory: Path) -> Iterator[tuple[Path, Path | None]]:
    """Each folder of this user in which no worker is, with the project that its lock's file names."""
    for lock in sorted(memory.glob(f"{_prefix()}*.lock")):
        try:
            handle = os.open(lock, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:  # its last holder removed it, or another user owns it
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            project = Path(os.fsdecode(os.read(handle, _LONGEST_PATH)))
        except BlockingIOError:
            continue
        finally:
            os.close(handle)
        path = lock.with_suffix("")
        if path.is_dir():
            yield path, project if project.is_absolute() and MemoryFolder(project, memory).path == path else None


def _is_gone(project: Path) -> bool:
    try:
        (project / FILE_NAME).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:  # not for us to see
        return False
    return False


def _prefix() -> str:
    return f"argosy-{os.getuid()}-"
