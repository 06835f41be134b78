"""Each adapter fitted once, shared by the workers of one project on one machine.

A fit is a fitted adapter and the matrices it makes of a dataset's parts. The first worker to need one makes it under
a lock and leaves it in a memory-backed folder; the others map it. Guarantees:

- Nothing reaches a disk: without a memory-backed folder, or without room in it, each worker keeps its own fits.
- The folder lives as long as some worker trains, see memory_folder.py.
- A fit is whole or absent: it is renamed into place.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from argosy.training.fit import Fit, read_fit, write_fit
from argosy.training.memory_folder import MEMORY, MemoryFolder


class SharedFits:
    """The fits that one worker sees. Used from one thread."""

    def __init__(self, project: Path, memory: Path = MEMORY) -> None:
        self._memory = MemoryFolder(project, memory)
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
        with _locked(folder / f"{key}.making"):
            if not path.exists():
                fit = make()
                try:
                    write_fit(fit, path)
                except OSError:  # no room
                    return fit
        return read_fit(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock that dies with its holder."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
