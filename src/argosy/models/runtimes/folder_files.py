"""A model that is a folder, as one file: an archive without compression, the same bytes for the same files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from argosy.errors import ImportInvalid

MOST_FILES: Final = 1000
MOST_BYTES: Final = 1 << 30
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pack_files(folder: Path, paths: Iterable[Path]) -> bytes:
    """These files of the folder, under their names in it. Raises ImportInvalid."""
    files = sorted(paths)
    if any(path.is_symlink() for path in folder.rglob("*")):
        raise ImportInvalid(f"{folder}: there are links in it: put the files themselves there")
    size = sum(path.stat().st_size for path in files)
    if len(files) > MOST_FILES or size > MOST_BYTES:
        raise ImportInvalid(
            f"{folder}: {len(files):,} files of {size:,} bytes; a model has {MOST_FILES:,} of {MOST_BYTES:,} at most"
        )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for path in files:
            packed.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH), path.read_bytes())
    return archive.getvalue()


def unpack_files(content: bytes) -> Mapping[str, bytes]:
    """The files by name. Raises ImportInvalid."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return {name: packed.read(name) for name in packed.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise ImportInvalid(f"the archive of the model's files is damaged: {type(error).__name__}") from None
