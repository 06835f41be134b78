"""Copies of artifacts that are kept elsewhere: a local folder of a bounded size, `ab/abcdef…`, shared by processes.

An artifact is brought here once, however many threads and processes ask for it at the same time, and takes its name
when its bytes have its digest. What was not used for longest goes first, also what a killed process had begun to bring;
who has it open keeps what they have.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from argosy.errors import ArtifactCorrupt
from argosy.paths import make_private_folder
from argosy.store.artifact_store import check_bytes

INCOMING: Final = "incoming"
ATTEMPTS: Final = 3
"""How often an artifact is brought here that arrives with other bytes."""
YOUNG_SECONDS: Final = 60.0
"""What was used this recently stays, whatever the size: a process may be about to open it."""
ABANDONED_SECONDS: Final = 3600.0
"""What is on its way and was written to as lately stays: it may be compared with its digest, or sent."""


class ArtifactCache:
    """Any thread, any number of processes."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size

    def find(self, digest: str) -> Path | None:
        """The copy, if there is one; used just now."""
        path = self._place(digest)
        try:
            os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def get(self, digest: str, bring: Callable[[Path], None]) -> Path:
        """The copy, which `bring` writes where there is none. Raises ArtifactCorrupt, and what `bring` raises."""
        found = self.find(digest)
        if found is not None:
            return found
        with self._alone(digest), self.incoming() as temporary:
            found = self.find(digest)  # another was quicker
            if found is not None:
                return found
            for _ in range(ATTEMPTS):
                bring(temporary)
                with suppress(ArtifactCorrupt):
                    return self.add(digest, check_bytes(temporary, digest))
            raise ArtifactCorrupt(
                f"the artifact {digest[:12]}… came {ATTEMPTS} times with other bytes: put it there again from a copy,"
                " or train its definition again"
            )

    def add(self, digest: str, temporary: Path) -> Path:
        """Take over a file of `incoming` that has this digest."""
        path = self._place(digest)
        make_private_folder(path.parent)
        temporary.chmod(0o400)
        temporary.replace(path)
        self._make_room()
        return path

    def drop(self, digest: str) -> None:
        """Forget the copy, if there is one."""
        self._place(digest).unlink(missing_ok=True)

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A new file, gone afterwards unless it was added."""
        make_private_folder(self.folder)
        descriptor, name = tempfile.mkstemp(dir=make_private_folder(self.folder / INCOMING))
        os.close(descriptor)
        temporary = Path(name)
        try:
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def _alone(self, digest: str) -> Iterator[None]:
        """One at a time for each digest, in whatever process."""
        make_private_folder(self.folder)
        lock = make_private_folder(self.folder / "locks") / digest[:2]
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _make_room(self) -> None:
        now, kept = time.time(), []
        for path in [*self.folder.glob("[0-9a-f][0-9a-f]/*"), *self.folder.glob(f"{INCOMING}/*")]:
            with suppress(FileNotFoundError):  # gone since
                state = path.stat()
                stays = ABANDONED_SECONDS if path.parent.name == INCOMING else YOUNG_SECONDS
                kept.append((state.st_mtime, state.st_size, path, stays))
        total = sum(size for _, size, *_ in kept)
        for used_at, size, path, stays in sorted(kept):
            if total <= self.size:
                return
            if used_at <= now - stays:
                path.unlink(missing_ok=True)
                total -= size

    def _place(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
