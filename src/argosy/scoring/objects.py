"""Objects of a store such as S3 as files to score and to score into.

An input is copied before it is scored, and an output when it is whole: what is under its name is complete. Copies are
in a folder of the project's own, under names made of what they are copies of, so that a stopped command goes on with
them: `scoring/OBJECT/STATE/NAME`. They are removed when the output is in the store, when the object has another state
(it was replaced, or another command writes it), and when no command has gone on with them for `KEPT_SECONDS`.
"""

from __future__ import annotations

import fcntl
import fnmatch
import glob
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from argosy.errors import ArtifactsUnavailable, ExtraMissing, PathInvalid, UserMistake
from argosy.paths import make_private_folder
from argosy.store.object_client import SCHEMES, answer_of, open_objects, parse_place

try:
    import obstore
    from obstore.exceptions import BaseError
except ImportError as error:
    raise ExtraMissing("obstore", "s3", "files in an object store") from error

KEPT_SECONDS: Final = 7 * 86400.0
_CHUNK_BYTES: Final = 1 << 20


class ObjectPlace:
    """A bucket, and what a URL names in it: an object, a pattern, or all objects below a prefix that ends with `/`."""

    def __init__(self, url: str, copies: Path) -> None:
        place, options = parse_place(url)
        scheme, _, rest = place.partition("://")
        if scheme not in SCHEMES:
            raise UserMistake(f"{place}: files of this machine, {', '.join(f'{one}://' for one in SCHEMES)} are scored")
        bucket, _, self.key = rest.partition("/")
        self._bucket, self.copies = f"{scheme}://{bucket}", copies
        clear_copies(copies)
        self._store = open_objects(self._bucket, options)

    @property
    def shown(self) -> str:
        return self.show(self.key)

    def show(self, key: str) -> str:
        return f"{self._bucket}/{key}"

    def inputs(self) -> list[ObjectInput]:
        """By name; raises PathInvalid where there is none, ArtifactsUnavailable."""
        folder, _, name = self.key.rpartition("/")
        if glob.has_magic(folder):
            raise UserMistake(f"{self.shown}: a pattern may be in the last part alone")
        if name and not glob.has_magic(name):
            return [ObjectInput(self, self.key, self._head(self.key))]
        with self._reached(self.key):
            found = obstore.list_with_delimiter(self._store, folder or None)["objects"]
        matching = sorted((one["path"], one) for one in found if fnmatch.fnmatchcase(_name(one["path"]), name or "*"))
        return [ObjectInput(self, path, one) for path, one in matching if not _name(path).startswith(".")]

    def exists(self, key: str) -> bool:
        with suppress(PathInvalid):
            return bool(self._head(key))
        return False

    def bring(self, key: str, target: Path) -> None:
        incoming = target.with_name(f".{os.getpid()}.{target.name}")
        try:
            with self._reached(key), incoming.open("wb") as file:
                for chunk in obstore.get(self._store, key).stream(min_chunk_size=_CHUNK_BYTES):
                    file.write(chunk)
            incoming.rename(target)
        finally:
            incoming.unlink(missing_ok=True)

    def send(self, path: Path, key: str) -> None:
        with self._reached(key), path.open("rb") as file:
            obstore.put(self._store, key, file)

    def _head(self, key: str) -> dict[str, Any]:
        with self._reached(key):
            return dict(obstore.head(self._store, key))

    @contextmanager
    def _reached(self, key: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise ArtifactsUnavailable(f"{self._bucket}: {answer_of(error)}") from None
            raise PathInvalid(f"{self.show(key)}: there is no such object") from None
        except BaseError as error:
            raise ArtifactsUnavailable(f"{self.show(key)}: {answer_of(error)}") from None


class ObjectInput:
    def __init__(self, place: ObjectPlace, key: str, known: dict[str, Any]) -> None:
        self._place, self._key = place, key
        self.name, self.shown = _name(key), place.show(key)
        state = (self.shown, known.get("e_tag"), known["size"], known["last_modified"].isoformat())
        self.identity = _digest(*map(str, state))
        self._in_use: IO[bytes] | None = None

    def fetch(self) -> Path:
        """A copy of the object as it was when it was listed; no other process removes it before `leave`."""
        folder = _own_folder(self._place.copies, self.shown, self.identity)
        if not (folder / self.name).exists():
            self._place.bring(self._key, folder / self.name)
        self._in_use = (folder / self.name).open("rb")
        fcntl.flock(self._in_use, fcntl.LOCK_SH)
        os.utime(folder / self.name, ns=(time.time_ns(), (folder / self.name).stat().st_mtime_ns))
        return folder / self.name

    def leave(self) -> None:
        if self._in_use is not None:
            self._in_use.close()

    def release(self) -> None:
        _remove(self._place.copies / _digest(self.shown) / self.identity / self.name)


class ObjectOutput:
    def __init__(self, place: ObjectPlace, key: str) -> None:
        self._place, self._key = place, key
        self.name, self.shown = _name(key), place.show(key)

    def exists(self) -> bool:
        return self._place.exists(self._key)

    def working(self, identity: str) -> Path:
        return _own_folder(self._place.copies, self.shown, _digest(self.shown, identity)) / self.name

    def send(self, path: Path) -> None:
        self._place.send(path, self._key)

    def release(self, identity: str) -> None:
        _remove(self.working(identity))


def clear_copies(copies: Path) -> None:
    """Remove what no command has gone on with for a long time, of whatever object."""
    oldest = time.time() - KEPT_SECONDS
    for folder in copies.iterdir() if copies.exists() else ():
        if max(_used_at(one) for one in (folder, *folder.rglob("*"))) < oldest:
            _remove_unused(folder)


def _used_at(path: Path) -> float:
    """When it was last written or continued; never, if it was just removed."""
    with suppress(FileNotFoundError):
        state = path.stat()
        return state.st_mtime if path.is_dir() else max(state.st_atime, state.st_mtime)
    return 0.0


def _own_folder(copies: Path, shown: str, state: str) -> Path:
    """Where the object's copy in that state is; copies in other states are removed."""
    folder = make_private_folder(copies / _digest(shown))
    for other in folder.iterdir():
        if other.name != state:
            _remove_unused(other)
    return make_private_folder(folder / state)


def _remove_unused(folder: Path) -> None:
    """Unless a process has a file in it locked: an input that it reads, or the journal of an output."""
    with suppress(OSError), ExitStack() as opened:  # BlockingIOError: it is in use
        for one in folder.rglob("*"):
            if one.is_file():
                fcntl.flock(opened.enter_context(one.open("rb")), fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    with suppress(OSError):  # another command's file is in it
        path.parent.rmdir()
        path.parent.parent.rmdir()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _name(key: str) -> str:
    return PurePosixPath(key).name
