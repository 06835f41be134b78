"""The lease that a worker process holds, written to a file for the process that supervises it.

It is read when the worker itself cannot answer: it has crashed, or is in native code. 16 bytes are
written over each other, so that a full disk stops no note.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final

from argosy.jobs.job import Lease, LeaseKey

_FORMAT: Final = struct.Struct("<qq")
_NONE: Final = _FORMAT.pack(0, 0)


class LeaseNote:
    """One process writes it, another reads it."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where there is no room for it, before any lease is held."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not os.fstat(self._file).st_size:
                self.write(None)
        except OSError:
            self.close()
            raise

    def write(self, lease: Lease | None) -> None:
        """None: it holds none."""
        os.pwrite(self._file, _FORMAT.pack(*lease.key) if lease else _NONE, 0)

    def read(self) -> LeaseKey | None:
        """What was written last."""
        found = os.pread(self._file, _FORMAT.size, 0)
        return LeaseKey(*_FORMAT.unpack(found)) if len(found) == _FORMAT.size and found != _NONE else None

    def close(self) -> None:
        os.close(self._file)
