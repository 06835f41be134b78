"""A disk of a few megabytes, and the checks when it is full: for the database, the artifacts, the spool."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A separate file system in `folder`."""

    def __init__(self, folder, size_bytes):
        self.folder, self.filler = folder, folder / "filler"
        folder.mkdir(parents=True, exist_ok=True)
        options = f"size={size_bytes},mode=0700"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "argosy-proof", folder], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.skip(f"a small disk needs the right to mount one: {done.stderr.strip()}")

    def fill(self, spare_bytes=0):
        """Leave at most that much space."""
        with self.filler.open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while self.room() > spare_bytes:
                        file.write(bytes(min(size, self.room() - spare_bytes)))
                except OSError:
                    continue

    def empty(self):
        self.filler.unlink(missing_ok=True)

    def room(self):
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def close(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)


@contextmanager
def small_disk(folder, size_bytes):
    if os.geteuid() != 0 or not Path("/proc/mounts").exists():
        pytest.skip("a small disk needs root, to mount one")
    disk = SmallDisk(folder, size_bytes)
    try:
        yield disk
    finally:
        disk.close()
