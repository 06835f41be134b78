"""Each adapter fitted once, shared by the workers of one project on one machine.

A fit is a fitted adapter and the matrices it makes of a dataset's parts. The first worker to need one makes it under
a lock and leaves it in a memory-backed folder; the others map it. Guarantees:

- Nothing reaches a disk: without a memory-backed folder, or without room in it, each worker keeps its own fits.
- The folder lives as long as some worker trains. Each holds a shared lock on it; whoever can make that lock
  exclusive is alone, and wipes it: on going idle, on leaving, and on arriving (what a `kill -9` left behind). The
  last to leave removes the lock's file too.
- A fit is whole or absent: it is renamed into place.

Raises ArgosyError where somebody else has put a folder of that name there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from argosy.errors import ArgosyError
from argosy.training.fit import Fit, read_fit, write_fit

MEMORY = Path("/dev/shm")  # noqa: S108  # a memory-backed file system where Linux has one; names are ours, mode 700


class SharedFits:
    """The fits that one worker sees. Used from one thread."""

    def __init__(self, project: Path, memory: Path = MEMORY) -> None:
        name = f"argosy-{os.getuid()}-{hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:16]}"
        self.folder = memory / name if os.access(memory, os.W_OK) else None
        self._lock_path = memory / f"{name}.lock"
        self._lock: int | None = None
        self._last: tuple[str, Fit] | None = None

    def get(self, key: str, make: Callable[[], Fit]) -> Fit:
        """The fit of that key, made by `make` where no worker has made it yet."""
        if self._last and self._last[0] == key:
            return self._last[1]
        self._last = None  # let go of one before mapping another
        fit = self._shared(key, make) if self.folder else make()
        self._last = (key, fit)
        return fit

    def release(self) -> None:
        """Let go of every fit; the last worker to do so wipes them. `get` may be called again."""
        self._last = None
        if self._lock is not None:
            if self._wipe_if_alone():
                self._lock_path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def _shared(self, key: str, make: Callable[[], Fit]) -> Fit:
        folder = self._join()
        path = folder / key
        with _locked(folder / f"{key}.making"):
            if not path.exists():
                fit = make()
                try:
                    write_fit(fit, path)
                except OSError:  # no room
                    return fit
        return read_fit(path)

    def _join(self) -> Path:
        if self.folder is None:
            raise RuntimeError("no memory-backed folder")
        while self._lock is None:
            self._lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            self._wipe_if_alone()
            fcntl.flock(self._lock, fcntl.LOCK_SH)
            if not os.fstat(self._lock).st_nlink:  # its last holder removed it between our opening and our locking
                os.close(self._lock)
                self._lock = None
        self.folder.mkdir(mode=0o700, exist_ok=True)
        found = self.folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise ArgosyError(f"{self.folder} is not a private folder of this user: remove it")
        return self.folder

    def _wipe_if_alone(self) -> bool:
        """Whether it was, and so was wiped; the lock is exclusive then."""
        if self._lock is None or self.folder is None:
            return False
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if os.fstat(self._lock).st_nlink:
            shutil.rmtree(self.folder, ignore_errors=True)
        return True


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock that dies with its holder."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
