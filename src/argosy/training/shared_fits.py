"""Each adapter fitted once, shared by the workers of one project on one machine.

A fit is a fitted adapter and the matrices it makes of a dataset's parts. The first worker to need one makes it under
a lock and leaves it in a memory-backed folder; the others map it. Guarantees:

- Nothing reaches a disk: without a memory-backed folder, or without room in it, each worker keeps its own fits.
- The folder lives as long as some worker trains, see memory_folder.py.
- A fit is whole or absent: it is renamed into place.
- A worker that shows no sign of life while it makes one, such as a stopped process, delays no other: the others make it
  for themselves.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from argosy.periodic_thread import repeated
from argosy.training.fit import Fit, read_fit, write_fit
from argosy.training.memory_folder import MEMORY, MemoryFolder

SILENT_SECONDS: Final = 30.0
"""Without a sign of life from the worker that makes a fit; as long as a lease."""
LOOK_SECONDS: Final = 0.05
"""Between two attempts to lock a fit that another worker makes."""


class SharedFits:
    """The fits that one worker sees. Used from one thread."""

    def __init__(self, project: Path, memory: Path = MEMORY, silent_seconds: float = SILENT_SECONDS) -> None:
        self._memory, self._silent_seconds = MemoryFolder(project, memory), silent_seconds
        self._last: tuple[str, Fit] | None = None

    @property
    def folder(self) -> Path | None:
        """Where they are; None where there is no memory-backed folder."""
        return self._memory.path

    def get(self, key: str, make: Callable[[], Fit]) -> Fit:
        """The fit of that key, made by `make` where no worker has made it yet."""
        if self._last and self._last[0] == key:
            return self._last[1]
        self._last = None  # release one before mapping another
        fit = self._shared(key, make) if self.folder else make()
        self._last = (key, fit)
        return fit

    def release(self) -> None:
        """Release every fit; the last worker to do so wipes them. `get` may be called again."""
        self._last = None
        self._memory.leave()

    def _shared(self, key: str, make: Callable[[], Fit]) -> Fit:
        folder = self._memory.join()
        path = folder / key
        with _locked(folder / f"{key}.making", self._silent_seconds) as is_alone:
            if not path.exists():
                fit = make()
                if not is_alone:
                    return fit
                try:
                    write_fit(fit, path)
                except OSError:  # no room
                    return fit
        return read_fit(path)


@contextmanager
def _locked(path: Path, silent_seconds: float) -> Iterator[bool]:
    """Hold an exclusive lock that dies with its holder; False if another holds it and shows no sign of life."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        while not (is_alone := _lock(handle)) and time.time() - os.fstat(handle).st_mtime < silent_seconds:
            time.sleep(LOOK_SECONDS)
        if is_alone:
            with repeated(partial(os.utime, handle), silent_seconds / 5, "fit"):  # a sign of life
                yield True
        else:
            yield False
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    os.utime(handle)
    return True
