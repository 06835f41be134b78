"""`argosy backup`: a project in one file, made while it runs.

The database's rows, the spool and the keys are taken at one moment: every prediction answered before it is in the one
or the other, once, and the keys open what the database holds. Artifacts come afterwards: they never change, and what
the database names is there before it names it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from argosy import clock
from argosy.backends import KEY_FOLDER, Backends
from argosy.database import migrations
from argosy.database.rows import write_rows
from argosy.definitions.project import FILE_NAME
from argosy.definitions.service import FOLDER, load_services
from argosy.definitions.yaml_files import read_mapping
from argosy.errors import BackupInvalid, DefinitionInvalid
from argosy.operations.archive import PLANS, ROWS, ArchiveWriter
from argosy.paths import make_private_file, make_private_folder
from argosy.store.collector import artifacts_named
from argosy.vault.rotation import RotatableKeys
from argosy.vault.vault import data_keys, unopened
from argosy.version import __version__

SPOOLED, KEYS = (".spool", ".damaged"), (".key", ".next", ".previous")


@dataclass(frozen=True)
class BackedUp:
    """What is in the file."""

    file: str
    size_bytes: int
    artifacts: int
    project_files: list[str]
    with_keys: bool


def backup(backends: Backends, file: Path, with_keys: bool = False) -> BackedUp:
    """Write the project into a new file, complete or not at all; raises BackupInvalid."""
    if file.exists():
        raise BackupInvalid(f"{file} exists: choose another name, or move it away")
    if not file.absolute().parent.is_dir():
        raise BackupInvalid(f"{file.absolute().parent} is no folder")
    with tempfile.TemporaryDirectory(prefix=".argosy-backup-", dir=file.absolute().parent) as scratch_:
        scratch = Path(scratch_)
        archive = make_private_file(scratch / "archive")
        digests = _take(backends, scratch, with_keys)
        own = list(project_files(backends))
        with archive.open("wb") as target:
            writer = ArchiveWriter(target)
            for path in own:
                writer.add(f"project/{path.relative_to(backends.root).as_posix()}", path)
            for folder in ("keys", "spool"):
                for path in sorted((scratch / folder).iterdir()):
                    writer.add(f"{folder}/{path.name}", path)
            writer.add(ROWS, scratch / ROWS)
            for digest in digests:
                writer.add(f"artifacts/{digest}", backends.artifacts.fetch(digest))
            writer.finish(__version__, migrations.newest_step(), clock.now())
        _move_into_place(archive, file)
    names = [path.relative_to(backends.root).as_posix() for path in own]
    return BackedUp(str(file), file.stat().st_size, len(digests), names, with_keys)


def _take(backends: Backends, scratch: Path, with_keys: bool) -> list[str]:
    """Copy database, spool and keys as of one moment; the digests of the artifacts that belong to it."""
    spool, keys = make_private_folder(scratch / "spool"), make_private_folder(scratch / "keys")

    def meanwhile() -> None:
        _copy(backends.spool, spool, SPOOLED)
        if with_keys:
            _copy(backends.root / KEY_FOLDER, keys, KEYS)

    # a rotation purges the database's files, which it cannot while the rows are read: it waits for the lock instead
    lock = _own_keys(backends).alone() if with_keys else nullcontext()
    with lock, backends.database.snapshot(meanwhile) as state:
        write_rows(state, scratch / ROWS)
        digests, wrapped = sorted(artifacts_named(state)), data_keys(state)
    if with_keys and (scopes := unopened(wrapped, backends.openers.key_folder(keys))):
        raise BackupInvalid(
            f"the keys in {backends.root / KEY_FOLDER} do not open {', '.join(scopes)}:"
            " put the right ones there, or back up without keys"
        )
    return digests


def _own_keys(backends: Backends) -> RotatableKeys:
    folder = backends.root / KEY_FOLDER
    if not any(folder.glob("*.key")):
        raise BackupInvalid(f"there are no keys in {folder} to include: those from the environment are yours to keep")
    return backends.openers.key_folder(folder)


def _move_into_place(archive: Path, file: Path) -> None:
    """Give it its name, which no other backup has taken meanwhile."""
    try:
        os.link(archive, file)
    except FileExistsError:
        raise BackupInvalid(f"{file} exists: choose another name, or move it away") from None
    except OSError:  # a file system without links
        archive.rename(file)


def project_files(backends: Backends) -> Iterator[Path]:
    """The settings, services, plans in the project's folder and in those below it, and modules of the project's own."""
    root, plugins = backends.root, backends.settings.plugins
    for name in (FILE_NAME, ".gitignore"):
        if (root / name).is_file():
            yield root / name
    for path in sorted([*root.glob("[!.]*"), *root.glob("[!.]*/[!.]*")]):
        if path.suffix in PLANS and path != root / FILE_NAME and (_is_plan(path) or _is_service(path, root)):
            yield path
    modules = {module.partition(".")[0] for module in (*plugins, *_functions(root))}
    if modules:
        yield from sorted(path for path in root.glob("[!.]*.py") if path.is_file())
    for name in sorted(modules):
        found = sorted(path for path in (root / name).rglob("*.py") if path.is_file())
        yield from (path for path in found if not path.relative_to(root).as_posix().count("/."))


def _is_plan(path: Path) -> bool:
    """Examples may be JSON too, and have no place in a backup in the clear."""
    try:
        return path.is_file() and {"adapter", "model"} <= read_mapping(path).keys()
    except (DefinitionInvalid, OSError):
        return False


def _is_service(path: Path, root: Path) -> bool:
    """Also one that is faulty at the moment."""
    try:
        return path.parent == root / FOLDER and {"accepts", "model"} <= read_mapping(path).keys()
    except (DefinitionInvalid, OSError):
        return False


def _functions(root: Path) -> list[str]:
    """Of the project's services, by MODULE.NAME; none where a service is faulty."""
    try:
        return [name for one in load_services(root).values() for name in one.functions]
    except (DefinitionInvalid, OSError):
        return []


def _copy(source: Path, target: Path, suffixes: Collection[str]) -> None:
    for path in sorted(source.glob("[!.]*")):
        if path.suffix in suffixes:
            shutil.copyfile(path, target / path.name)
            (target / path.name).chmod(0o600)
