"""Artifacts in an object store: `s3://BUCKET/PREFIX`, below it `ab/abcdef…`, with a local cache of what was used.

`gs://` and `az://` are taken too, and `cache_gb` is an option of its own: see `object_client.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from argosy.errors import (
    ArtifactCorrupt,
    ArtifactNotFound,
    ArtifactsUnavailable,
    DefinitionInvalid,
    ExtraMissing,
)
from argosy.store.artifact_cache import ArtifactCache
from argosy.store.artifact_store import Kept, Sha256, check_bytes, check_digest, is_digest, out_of_room, sha256_of
from argosy.store.object_client import answer_of, open_objects, parse_place

try:
    import obstore
    from obstore.exceptions import BaseError
except ImportError as error:
    raise ExtraMissing("obstore", "s3", "artifacts in an object store") from error

CHUNK_BYTES: Final = 1 << 20
CACHE: Final = "cache_gb"
CACHE_GB: Final = 10.0
"""What may follow the URL's `?`; the cache's size is given in units of 10⁹ bytes."""
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


class ObjectArtifacts:
    """Any thread, any number of processes; the cache is shared by those of one machine."""

    def __init__(self, url: str, cache: Path) -> None:
        self.url = url
        place, options, cache_bytes = _parsed(url)
        self.cache = ArtifactCache(cache, cache_bytes)
        self._store = open_objects(place, options, "artifacts", (CACHE,))

    def put(self, source: Path) -> str:
        with out_of_room(self.cache.folder), self.cache.incoming() as copy:
            digest = _copied(source, copy)
            with self._reached(), copy.open("rb") as file:
                obstore.put(self._store, _name(digest), file)
            with suppress(FileNotFoundError):  # the copy had to go before the upload was over
                self.cache.add(digest, copy)
            return digest

    def path(self, digest: str) -> Path:
        with out_of_room(self.cache.folder):
            return self.cache.get(check_digest(digest), self._brings(digest))

    def fetch(self, digest: str, sha256: Sha256 = sha256_of) -> Path:
        found = self.path(digest)
        try:
            return check_bytes(found, digest, sha256)
        except ArtifactCorrupt:  # the copy is
            self.cache.drop(digest)
        return self.path(digest)

    def exists(self, digest: str) -> bool:
        try:
            with self._reached():
                obstore.head(self._store, _name(check_digest(digest)))
        except ArtifactNotFound:
            return False
        return True

    def delete(self, digest: str) -> bool:
        existed = self.exists(digest)
        if existed:
            with self._reached():
                obstore.delete(self._store, _name(digest))
        self.cache.drop(digest)
        return existed

    def list_artifacts(self) -> Iterator[Kept]:
        with self._reached():
            for page in obstore.list(self._store):
                for found in page:
                    digest = found["path"].rpartition("/")[2]
                    if is_digest(digest):
                        yield Kept(digest, found["last_modified"].timestamp())

    def _brings(self, digest: str) -> Callable[[Path], None]:
        def bring(target: Path) -> None:
            with self._reached(), target.open("wb") as file:
                for chunk in obstore.get(self._store, _name(digest)).stream(min_chunk_size=CHUNK_BYTES):
                    file.write(chunk)

        return bring

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """The client's errors as the port's."""
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise ArtifactsUnavailable(f"{self._shown}: {answer_of(error)}") from None
            raise ArtifactNotFound(f"the artifact is not in {self._shown}") from None
        except BaseError as error:
            raise ArtifactsUnavailable(f"{self._shown}: {answer_of(error)}") from None

    @property
    def _shown(self) -> str:
        return self.url.partition("?")[0]


def _parsed(url: str) -> tuple[str, dict[str, str], int]:
    """The URL without its options, these, and the cache's size."""
    place, options = parse_place(url, "artifacts")
    size = options.pop(CACHE, str(CACHE_GB))
    if not _NUMBER.fullmatch(size):
        raise DefinitionInvalid(f"{CACHE}={size} is no number", "artifacts")
    return place, options, round(float(size) * 1e9)


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


def _copied(source: Path, target: Path) -> str:
    hashed = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            hashed.update(chunk)
            writer.write(chunk)
    return hashed.hexdigest()
