"""Files of tables in an object store: listed, and copied for as long as they are read."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from argosy.errors import ExtraMissing, FeaturesInvalid
from argosy.store.object_client import answer_of, open_objects, parse_place

try:
    import obstore
    from obstore.exceptions import BaseError
except ImportError as error:
    raise ExtraMissing("obstore", "s3", "tables in an object store") from error

_CHUNK_BYTES = 1 << 20


class TableObjects:
    """What a URL such as `s3://bucket/products/*.parquet` names. Raises FeaturesInvalid where it is not reached."""

    def __init__(self, url: str) -> None:
        place, options = parse_place(url, "files")
        scheme, _, rest = place.partition("://")
        bucket, _, self._key = rest.partition("/")
        self._bucket = f"{scheme}://{bucket}"
        self._store = open_objects(self._bucket, options, "files", is_patient=False)

    def found(self) -> dict[str, str]:
        """By key, what changes when the object does."""
        folder, _, name = self._key.rpartition("/")
        with self._reached():
            objects = obstore.list_with_delimiter(self._store, folder or None)["objects"]
        return {
            one["path"]: f"{one.get('e_tag')} {one['size']}"
            for one in sorted(objects, key=lambda one: one["path"])
            if fnmatch.fnmatchcase(PurePosixPath(one["path"]).name, name or "*")
        }

    def bring(self, key: str, folder: Path) -> Path:
        """A copy of the object in that folder."""
        target = folder / PurePosixPath(key).name
        with self._reached(), target.open("wb") as file:
            for chunk in obstore.get(self._store, key).stream(min_chunk_size=_CHUNK_BYTES):
                file.write(chunk)
        return target

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            raise FeaturesInvalid(f"{self._bucket}: {answer_of(error)}") from None
