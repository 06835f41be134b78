"""The one file of a backup: a tar whose last member is a list of all others with their sizes and digests.

A file that was cut short has no list; one that was altered disagrees with it. No name in it decides where something is
written: they are compared with the list and with what a backup may hold.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from argosy.errors import BackupInvalid

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK_BYTES = 1 << 20
_NAME = re.compile(r"(database\.db|(artifacts|spool|keys|project)/(?!.*(^|/)\.\.?(/|$))[^\0]+)")


class Entry(msgspec.Struct, frozen=True):
    """One file: how large it is, and its sha256."""

    size: int
    digest: str


class Manifest(msgspec.Struct, frozen=True):
    """What is in a backup, and what can read it."""

    format: int
    argosy: str
    schema: int
    made_at: float
    files: dict[str, Entry]


class ArchiveWriter:
    """Adds files one after the other; without `finish` it is no backup."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._tar = tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # closed by `finish`
        self.files: dict[str, Entry] = {}

    def add(self, name: str, source: Path) -> None:
        """Add a file as long as it is at this moment, also if it grows meanwhile."""
        with source.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            hashing = _Hashing(file, size)
            self._tar.addfile(_info(name, size), hashing)
        self.files[name] = Entry(size, hashing.digest())

    def finish(self, argosy: str, schema: int, made_at: float) -> Manifest:
        """Write the list, and all to the disk."""
        manifest = Manifest(FORMAT, argosy, schema, made_at, self.files)
        data = msgspec.json.encode(manifest)
        self._tar.addfile(_info(MANIFEST, len(data)), io.BytesIO(data))
        self._tar.close()
        self._target.flush()
        os.fsync(self._target.fileno())
        return manifest


def read_manifest(path: Path) -> Manifest:
    """The list of a backup; raises BackupInvalid where the file is none, is cut short, or is of a newer format."""
    try:
        with tarfile.open(path, "r:") as tar:
            members = tar.getmembers()
            last = members[-1] if members else None
            if last is None or last.name != MANIFEST:
                raise BackupInvalid(f"{path} was cut short: it has no list of what is in it")
            found = tar.extractfile(last)
            data = found.read() if found else b""
    except (tarfile.TarError, EOFError) as error:
        raise BackupInvalid(f"{path} is no backup, or was cut short: {error}") from None
    try:
        number = msgspec.json.decode(data, type=dict)["format"]
        if isinstance(number, int) and number > FORMAT:
            raise BackupInvalid(
                f"{path} has format {number}, this Argosy knows up to {FORMAT}: upgrade with pip install -U argosy"
            )
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError):
        raise BackupInvalid(f"{path} was damaged: its list cannot be read") from None


def extract(path: Path, manifest: Manifest, into: Path) -> Iterator[tuple[str, Path]]:
    """Each file's name and where it was written below `into`; raises BackupInvalid at what is not as it was listed."""
    seen = set()
    with tarfile.open(path, "r:") as tar:
        for number, member in enumerate(tar):
            if member.name == MANIFEST:
                continue
            entry = manifest.files.get(member.name)
            source = tar.extractfile(member) if member.isreg() and _NAME.fullmatch(member.name) else None
            if entry is None or source is None or member.name in seen:
                raise BackupInvalid(f"{path} holds '{member.name}', which no backup does")
            seen.add(member.name)
            target = into / str(number)
            if _copy(source, target) != entry:
                raise BackupInvalid(f"{path} was damaged: '{member.name}' is not as it was written")
            yield member.name, target
    if missing := manifest.files.keys() - seen:
        raise BackupInvalid(f"{path} was damaged: '{min(missing)}' is missing")


def _copy(source: IO[bytes], target: Path) -> Entry:
    hashed, size = hashlib.sha256(), 0
    with target.open("xb") as file:
        while chunk := source.read(CHUNK_BYTES):
            hashed.update(chunk)
            size += file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Entry(size, hashed.hexdigest())


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


class _Hashing:
    """The first `size` bytes of a file, hashed as they are read."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left, self._hashed = file, size, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        self._hashed.update(data)
        return data

    def digest(self) -> str:
        return self._hashed.hexdigest()
