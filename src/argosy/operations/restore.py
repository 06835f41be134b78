"""`argosy restore`: a project again, from the one file of a backup; whole or not at all.

It is put together in a folder next to its own, and takes its place when all is there. Nothing outside of that folder is
written: a database or artifacts that the settings keep elsewhere are put into the project, a broker and a cache
given up, and the settings changed to say so.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from argosy.backends import HOME, KEY_FOLDER, Openers
from argosy.database import migrations
from argosy.definitions.project import FILE_NAME, Settings, load_settings
from argosy.errors import BackupInvalid
from argosy.operations.archive import DATABASE as ARCHIVED
from argosy.operations.archive import ROWS, Manifest, extract, read_manifest
from argosy.paths import is_below, make_private_folder, within
from argosy.predictions.spools import Spools
from argosy.store.artifact_store import ArtifactStore

DATABASE, ARTIFACTS, SPOOL, EVENTS = ".argosy/argosy.db", ".argosy/artifacts", ".argosy/spool", ".argosy/events"


@dataclass(frozen=True)
class Restored:
    """Where the project is; `has_keys` unless the master keys are to be put there; settings that were `changed`."""

    folder: str
    made_at: float
    artifacts: int
    has_keys: bool
    changed: list[str]


def restore(file: Path, into: Path, openers: Openers, database: str = "") -> Restored:
    """Raises BackupInvalid, with nothing written, where the file or the folder will not do.

    With the URL of a `database`, which must be empty, the rows go there and the settings say so.
    """
    manifest = read_manifest(file)
    if manifest.schema > migrations.newest_step():
        raise BackupInvalid(
            f"{file} has schema {manifest.schema}, this Argosy knows up to {migrations.newest_step()}:"
            " upgrade with pip install -U argosy"
        )
    target = into.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise _not_empty(into)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".argosy-restore-", dir=target.parent) as scratch_:
        scratch, root = Path(scratch_) / "files", Path(scratch_) / "project"
        scratch.mkdir()
        root.mkdir()
        restored = _build(file, manifest, scratch, root, into, openers, database)
        _move_into_place(root, target, into)
    return restored


def _move_into_place(root: Path, target: Path, into: Path) -> None:
    """Give the project its place, which another restore may have taken meanwhile."""
    if not target.exists():
        try:
            root.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            raise _not_empty(into) from None
        return
    descriptor = os.open(target, os.O_RDONLY)  # perhaps the current folder of a process, which must stay the same
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.listdir(descriptor):  # noqa: PTH208  # of this very folder, whatever has its name by now
            raise _not_empty(into)
        for path in sorted(root.iterdir(), key=lambda path: path.name == FILE_NAME):
            os.rename(path, path.name, dst_dir_fd=descriptor)  # its settings last: they make it a project
    finally:
        os.close(descriptor)


def _not_empty(into: Path) -> BackupInvalid:
    return BackupInvalid(f"{into} is not an empty folder: name a new one")


def _build(
    file: Path, manifest: Manifest, scratch: Path, root: Path, into: Path, openers: Openers, database: str
) -> Restored:
    held = {name: path for name, path in extract(file, manifest, scratch) if not name.startswith("artifacts/")}
    for name, path in held.items():
        if name.startswith("project/"):
            _move(path, within(root, name.removeprefix("project/")), 0o644)
    if not (root / FILE_NAME).is_file() or not held.keys() & {ROWS, ARCHIVED}:
        raise BackupInvalid(f"{file} has no project in it")
    settings, changed = _inside(root, database)
    if database and ROWS not in held:
        raise BackupInvalid(f"{file} has SQLite's own file: restore it without a database, and back that project up")
    for folder in (HOME, KEY_FOLDER, SPOOL):
        make_private_folder(root / folder)
    for name, path in held.items():
        if name.startswith("keys/"):
            _move(path, within(root / KEY_FOLDER, PurePosixPath(name).name))
        elif name.startswith("spool/"):
            _move(path, within(root / SPOOL, PurePosixPath(name).name))
    place, rows = root / settings.database.removeprefix("sqlite:///"), scratch.with_name("rows")
    _move(held.get(ROWS) or held[ARCHIVED], rows if ROWS in held else place)
    count = _put_artifacts(scratch, manifest, openers.artifacts(settings.artifacts, root))
    if ROWS in held and not database:
        _check_free(place)
    has_keys = any(name.startswith("keys/") for name in held)
    if not has_keys:
        (root / KEY_FOLDER).rmdir()  # a project without the folder may take its keys from elsewhere
    if ROWS in held:
        openers.fill_database(settings.database, root, rows)  # last: a database elsewhere stays filled
        filled = openers.database(settings.database, root)
        try:
            Spools(
                filled
            ).clear()  # they belong to the backed up project; spools of this one are added when they are used
        finally:
            filled.close()
    return Restored(str(into), manifest.made_at, count, has_keys, changed)


def _put_artifacts(scratch: Path, manifest: Manifest, artifacts: ArtifactStore) -> int:
    """Put what is left of the extracted files: each was compared with its digest already."""
    wanted = {PurePosixPath(name).name for name in manifest.files if name.startswith("artifacts/")}
    put = {artifacts.put(path) for path in sorted(scratch.iterdir())}
    if put != wanted:
        raise BackupInvalid("an artifact's name is not the digest of its bytes")
    return len(put)


def _inside(root: Path, database: str) -> tuple[Settings, list[str]]:
    """The project's settings, with what they keep outside of its folder brought inside; which ones that were.

    The database is the one that was asked for, if any.
    """
    file, changed = root / FILE_NAME, []
    settings = load_settings(root, {})
    places = (("database", "sqlite:///", DATABASE), ("artifacts", "file:", ARTIFACTS), ("log", "file:", EVENTS))
    for setting, scheme, default in places:
        url = str(getattr(settings, setting))
        if setting == "database" and database:
            _set(file, setting, database)
        elif not url.startswith(scheme) or not is_below(root, root / url.removeprefix(scheme)):
            _set(file, setting, scheme + default)
            changed.append(setting)
    for setting in ("broker", "cache"):  # which go on with what is of the project that was backed up
        if getattr(settings, setting):
            _set(file, setting, "")
            changed.append(setting)
    return load_settings(root, {}), changed


def _set(file: Path, setting: str, url: str) -> None:
    line = f"{setting}: {json.dumps(url, ensure_ascii=False)}"
    text, count = re.subn(rf"(?m)^{setting}:.*$", lambda _: line, file.read_text("utf-8"))
    if count > 1 or (not count and setting in text):
        raise BackupInvalid(
            f"the setting '{setting}' cannot be changed in the project's file: it must be on a line of its own"
        )
    file.write_text(text if count else f"{text.rstrip()}\n{line}\n", "utf-8")


def _move(source: Path, target: Path, mode: int = 0o600) -> None:
    """Give an extracted file its place, which must be free."""
    _check_free(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    target.chmod(mode)


def _check_free(target: Path) -> None:
    """The settings say where the database lies, perhaps over something else."""
    if target.exists():
        raise BackupInvalid(f"two files of the backup would be {target.name}")
