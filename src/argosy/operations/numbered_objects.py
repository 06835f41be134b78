"""Numbered folders in an object store: the objects below `s3://BUCKET/PREFIX/1/`, `…/2/`; also of `gs://` and `az://`.

An object appears whole, and a folder of several one after another: it is complete when this process has seen the same
objects, with the same ETags and sizes, for as long as it is to settle. What is brought is what was seen, or nothing:
each object is asked for by its ETag. One folder at a time is on this machine, for as long as it is imported.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argosy import clock
from argosy.errors import ArtifactsUnavailable, ExtraMissing, ImportInvalid, PathInvalid, UserMistake
from argosy.operations.numbered_folders import BaseContent, NumberedFolder, number_in_name
from argosy.paths import make_private_folder, within
from argosy.store.object_client import SCHEMES, answer_of, open_objects, parse_place

try:
    import obstore
    from obstore.exceptions import BaseError, PreconditionError
except ImportError as error:
    raise ExtraMissing("obstore", "s3", "models in an object store") from error

ABANDONED_SECONDS: Final = 86_400.0
"""After which a copy is no running command's: one was killed."""
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class _SeenObject:
    """`name` is below its folder."""

    key: str
    name: str
    size: int
    tag: str


class ObjectBase:
    """`url` names a prefix, its options as those of an artifact store's; `copies` is a folder for what is brought."""

    is_observed = True

    def __init__(self, url: str, copies: Path, now: Callable[[], float] = clock.now) -> None:
        place, options = parse_place(url)
        scheme, _, rest = place.partition("://")
        if scheme not in SCHEMES:
            raise UserMistake(f"{place}: a folder, or {', '.join(f'{one}://…' for one in SCHEMES)}, is watched")
        bucket, _, prefix = rest.partition("/")
        self._prefix = prefix.strip("/")
        self.shown = f"{scheme}://{bucket}/{self._prefix}".rstrip("/")
        self._asked = f"{self.shown} at {options['endpoint']}" if "endpoint" in options else self.shown
        self._store = open_objects(f"{scheme}://{bucket}", options, is_patient=False)
        self._copies, self._now = copies, now
        _remove_abandoned(copies)
        self._objects: dict[str, list[_SeenObject]] = {}
        self._since: dict[str, tuple[str, float]] = {}

    def look(self) -> BaseContent:
        found: dict[str, list[_SeenObject]] = defaultdict(list)
        with self._reached(self.shown, "listed"):
            for page in obstore.list(self._store, self._prefix or None):
                for one in page:
                    key = one["path"]
                    folder, slash, name = key.removeprefix(self._prefix).lstrip("/").partition("/")
                    if slash and name and not folder.startswith("."):
                        found[folder].append(_SeenObject(key, name, one["size"], one["e_tag"] or ""))
        now = self._now()
        states = {folder: _state(objects) for folder, objects in found.items()}
        before = self._since
        self._since = {
            folder: before[folder] if before.get(folder, ("",))[0] == state else (state, now)
            for folder, state in states.items()
        }
        self._objects = dict(found)
        folders = [
            NumberedFolder(number, folder, changed_at, state)
            for folder, (state, changed_at) in self._since.items()
            if (number := number_in_name(folder)) is not None
        ]
        others = sorted(folder for folder in found if number_in_name(folder) is None)
        return BaseContent(sorted(folders, key=lambda one: one.number), others)

    @contextmanager
    def brought(self, folder: NumberedFolder) -> Iterator[Path]:
        objects = self._objects.get(folder.name, [])
        size = sum(one.size for one in objects)
        room = shutil.disk_usage(make_private_folder(self._copies)).free
        if size > room:
            raise ArtifactsUnavailable(f"it has {size:,} bytes, and {room:,} are free here")
        with tempfile.TemporaryDirectory(dir=self._copies, prefix="folder-") as temporary:
            for one in objects:
                self._bring(one, Path(temporary))
            yield Path(temporary)

    def _bring(self, one: _SeenObject, folder: Path) -> None:
        try:
            target = within(folder, one.name)
            target.parent.mkdir(parents=True, exist_ok=True)
        except (PathInvalid, OSError):
            raise ImportInvalid(f"the object {one.key!r} has no name that a file can have") from None
        options = {"if_match": one.tag} if one.tag else {}
        with self._reached(one.key, "read"), target.open("wb") as file:
            for chunk in obstore.get(self._store, one.key, options=options).stream(min_chunk_size=_CHUNK_BYTES):
                file.write(chunk)
        if target.stat().st_size != one.size:
            raise ArtifactsUnavailable(f"{one.key} came with {target.stat().st_size:,} of {one.size:,} bytes")

    @contextmanager
    def _reached(self, what: str, done: str) -> Iterator[None]:
        """The client's errors as an outage: what is wrong there may be mended there."""
        try:
            yield
        except (FileNotFoundError, PreconditionError) as error:
            if "NoSuchBucket" not in str(error):
                raise ArtifactsUnavailable(f"{what} changed while it was read") from None
            raise ArtifactsUnavailable(f"{self._asked} cannot be {done}: {answer_of(error)}") from None
        except BaseError as error:
            raise ArtifactsUnavailable(f"{self._asked} cannot be {done}: {answer_of(error)}") from None


def _remove_abandoned(copies: Path) -> None:
    for folder in copies.glob("folder-*"):
        if folder.stat().st_mtime < time.time() - ABANDONED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _state(objects: list[_SeenObject]) -> str:
    named = sorted(f"{one.name}\0{one.size}\0{one.tag}" for one in objects)
    return hashlib.sha256("\0\0".join(named).encode()).hexdigest()
