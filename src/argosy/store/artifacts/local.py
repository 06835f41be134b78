"""Artifacts in a local folder: `ab/abcdef…`, read-only files that only their owner reads.

A copy is written next to them in `incoming/`, synchronised to the disk, then renamed into place, so that a crash
leaves at most a file in `incoming/`, which a later `put` sweeps away.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from argosy.errors import ArtifactCorrupt, ArtifactNotFound, DefinitionInvalid
from argosy.paths import make_private_folder
from argosy.store.artifact_store import Kept, Sha256, check_bytes, check_digest, is_digest, out_of_room, sha256_of

CHUNK_BYTES: Final = 1 << 20
ABANDONED_SECONDS: Final = 3600.0
INCOMING: Final = "incoming"


class LocalArtifacts:
    """`file:RELATIVE/OR/ABSOLUTE/PATH`; the folder is made when something is first put."""

    def __init__(self, url: str) -> None:
        self.url = url
        path = url.removeprefix("file:")
        if path == url or not path:
            raise DefinitionInvalid(f"'{url}' names no folder: write file:PATH", "artifacts")
        self.folder = Path(path.removeprefix("//") if path.startswith("///") else path)

    def put(self, source: Path) -> str:
        with out_of_room(self.folder):
            incoming = self.folder / INCOMING
            make_private_folder(make_private_folder(self.folder) / INCOMING)
            _sweep(incoming)
            descriptor, name = tempfile.mkstemp(dir=incoming)
            temporary = Path(name)
            try:
                digest = _copy(source, descriptor)
                target = self._place(digest)
                if _is_sound(target, digest):
                    os.utime(target)  # put again: as young as a new one
                    return digest
                make_private_folder(target.parent)
                temporary.chmod(0o400)
                temporary.replace(target)
                _synchronise(target.parent)
                return digest
            finally:
                temporary.unlink(missing_ok=True)

    def path(self, digest: str) -> Path:
        path = self._place(check_digest(digest))
        if not path.is_file():
            raise ArtifactNotFound(f"the artifact {digest[:12]}… is not in {self.folder}")
        return path

    def fetch(self, digest: str, sha256: Sha256 = sha256_of) -> Path:
        return check_bytes(self.path(digest), digest, sha256)

    def exists(self, digest: str) -> bool:
        return self._place(check_digest(digest)).is_file()

    def delete(self, digest: str) -> bool:
        path = self._place(check_digest(digest))
        existed = path.is_file()
        path.unlink(missing_ok=True)
        return existed

    def list_artifacts(self) -> Iterator[Kept]:
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(FileNotFoundError):  # deleted since
                if is_digest(path.name):
                    yield Kept(path.name, path.stat().st_mtime)

    def _place(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest


def _is_sound(target: Path, digest: str) -> bool:
    """Whether the bytes are there already; a file that a fault has damaged is replaced."""
    try:
        check_bytes(target, digest)
    except (FileNotFoundError, ArtifactCorrupt):
        return False
    return True


def _copy(source: Path, descriptor: int) -> str:
    hashed = hashlib.sha256()
    with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            hashed.update(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return hashed.hexdigest()


def _synchronise(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(incoming: Path) -> None:
    """Remove what a crash left here long ago."""
    before = time.time() - ABANDONED_SECONDS
    for leftover in incoming.iterdir():
        with suppress(FileNotFoundError):  # another may have swept or finished it
            if leftover.stat().st_mtime < before:
                leftover.unlink()
