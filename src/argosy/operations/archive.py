"""The one file of a backup: a tar whose last member is a list of all others with their sizes and digests.

A file that was cut short has no list; one that was altered disagrees with it. No name in it decides where something is
written: each is compared with the list and with what a backup may hold, and a backup is not written with another.
No matter who made the file, reading it takes no more memory or disk than a backup of its size does.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Annotated

import msgspec

from argosy.errors import BackupInvalid
from argosy.paths import is_plain

FORMAT = 2
"""Format 1 has the database as a file of SQLite's."""
MANIFEST, ROWS, DATABASE = "manifest.json", "database.rows", "database.db"
MANIFEST_BYTES = 1 << 26
CHUNK_BYTES = 1 << 20
SHOWN_CHARACTERS = 120
_FLAT = {
    "artifacts": re.compile(r"[0-9a-f]{64}"),
    "keys": re.compile(r"[a-z]+\.(key|next|previous)"),
    "spool": re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(spool|damaged)"),
}
PLANS, MODULES, IGNORED = (".yaml", ".yml", ".json"), ".py", ".gitignore"
_UNREADABLE = (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError)


class Entry(msgspec.Struct, frozen=True):
    """One file: how large it is, and its sha256."""

    size: Annotated[int, msgspec.Meta(ge=0)]
    digest: str


class Manifest(msgspec.Struct, frozen=True):
    """What is in a backup, and what can read it."""

    format: int
    argosy: str
    schema: int
    made_at: Annotated[float, msgspec.Meta(ge=0, le=1e11)]
    files: dict[str, Entry]


class ArchiveWriter:
    """Adds files one after the other; without `finish` it is no backup."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._tar = tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # closed by `finish`
        self.files: dict[str, Entry] = {}

    def add(self, name: str, source: Path) -> None:
        """Add a file as long as it is at this moment, also if it grows meanwhile; raises BackupInvalid for its name."""
        if not may_hold(name):
            raise BackupInvalid(f"{_shown(str(source))} has a name that no backup can hold: rename it")
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


def may_hold(name: str) -> bool:
    """Whether a backup may hold a file of that name: each is one that this package writes."""
    folder, _, rest = name.partition("/")
    if folder in _FLAT:
        return bool(_FLAT[folder].fullmatch(rest))
    if folder != "project":
        return name in (ROWS, DATABASE)
    is_hidden = any(part.startswith(".") for part in rest.split("/"))
    return is_plain(rest) and (rest == IGNORED or (not is_hidden and rest.endswith((*PLANS, MODULES))))


def read_manifest(path: Path) -> Manifest:
    """The list of a backup; raises BackupInvalid if the file is no backup, is cut short, or has a newer format."""
    with _opened(path) as tar:
        last = None
        for member in _members(tar):
            last = member
        if last is None or last.name != MANIFEST or not _is_file(last) or last.size > MANIFEST_BYTES:
            raise BackupInvalid(f"{path} was cut short: it has no list of what is in it")
        found = tar.extractfile(last)
        data = found.read() if found else b""
    try:
        number = msgspec.json.decode(data, type=dict)["format"]
        if isinstance(number, int) and number > FORMAT:
            raise BackupInvalid(
                f"{path} has format {number}, this Argosy knows up to {FORMAT}: upgrade with pip install -U argosy"
            )
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, KeyError, UnicodeDecodeError, RecursionError):
        raise BackupInvalid(f"{path} was damaged: its list cannot be read") from None
    if (name := _misplaced(manifest.files)) is not None:
        raise BackupInvalid(f"{path} holds {_shown(name)}, which no backup does")
    return manifest


def extract(path: Path, manifest: Manifest, into: Path) -> Iterator[tuple[str, Path]]:
    """Each file's name and where it was written below `into`; raises BackupInvalid at what is not as it was listed."""
    seen = set()
    with _opened(path) as tar:
        for number, member in enumerate(_members(tar)):
            if member.name == MANIFEST:
                break
            entry = manifest.files.get(member.name)
            source = tar.extractfile(member) if _is_file(member) else None
            if entry is None or source is None or member.name in seen:
                raise BackupInvalid(f"{path} holds {_shown(member.name)}, which no backup does")
            seen.add(member.name)
            target = into / str(number)
            if member.size != entry.size or _copy(source, target) != entry:
                raise BackupInvalid(f"{path} was damaged: '{member.name}' is not as it was written")
            yield member.name, target
    if missing := manifest.files.keys() - seen:
        raise BackupInvalid(f"{path} was damaged: '{min(missing)}' is missing")


def _misplaced(names: Iterable[str]) -> str | None:
    """A name that no backup holds, or that is another's, or another's folder, if case is ignored."""
    there: set[str] = set()
    folders: set[str] = set()
    for name in names:
        folded = unicodedata.normalize("NFC", name).casefold()
        above = {str(parent) for parent in PurePosixPath(folded).parents}
        if not may_hold(name) or folded in there or folded in folders or not above.isdisjoint(there):
            return name
        there.add(folded)
        folders |= above
    return None


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with _Bounded(io.FileIO(path)) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            yield tar
    except _UNREADABLE as error:
        raise BackupInvalid(f"{path} is no backup, or was cut short: {error}") from None


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Every member in order, none of which is kept; a size below nothing would lead back to where we were."""
    while (member := tar.next()) is not None:
        tar.members.clear()  # type: ignore[attr-defined]  # typeshed leaves it out
        if member.size < 0:
            raise tarfile.ReadError("a size below nothing")
        yield member


def _is_file(member: tarfile.TarInfo) -> bool:
    """A file that is as long here as it becomes on the disk: no link, folder or device, and without holes."""
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()


def _shown(name: str) -> str:
    """In one line, whatever it holds."""
    text = ascii(name)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


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


class _Bounded(io.BufferedReader):
    """The file of an archive; a header that says how long it is itself is not believed beyond a chunk."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= CHUNK_BYTES:
            raise tarfile.ReadError("a header that is too long")
        return super().read(size)


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
