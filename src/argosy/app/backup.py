"""`argosy backup`: a project in one file, made while it runs.

The database and the spool are taken at one moment, so that every prediction answered before it is in the one or the
other, once. Artifacts come afterwards: they never change, and what the database names is there before it names it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import argosy
from argosy import clock
from argosy.app import backends
from argosy.app.archive import ArchiveWriter
from argosy.database import migrations
from argosy.definitions.project import FILE_NAME
from argosy.definitions.yaml_files import read_mapping
from argosy.errors import BackupInvalid, DefinitionInvalid

if TYPE_CHECKING:
    from argosy.app.project import Project

PLAN_BYTES = 1_000_000
_ARTIFACTS = "SELECT DISTINCT artifact FROM trained ORDER BY artifact"


@dataclass(frozen=True)
class BackedUp:
    """What is in the file."""

    file: str
    size_bytes: int
    artifacts: int
    project_files: list[str]
    with_keys: bool


def backup(project: Project, file: Path, with_keys: bool = False) -> BackedUp:
    """Write the project into a new file, complete or not at all; raises BackupInvalid."""
    if file.exists():
        raise BackupInvalid(f"{file} exists: choose another name, or move it away")
    if not file.absolute().parent.is_dir():
        raise BackupInvalid(f"{file.absolute().parent} is no folder")
    keys = _key_files(project) if with_keys else []
    with tempfile.TemporaryDirectory(prefix=".argosy-backup-", dir=file.absolute().parent) as scratch_:
        scratch = Path(scratch_)
        database, spool, archive = scratch / "database.db", scratch / "spool", scratch / "archive"
        spool.mkdir()
        project.database.snapshot(database, lambda: _copy_spool(project.spool, spool))
        digests = _artifacts(database)
        own = list(project_files(project))
        with archive.open("xb") as target:
            archive.chmod(0o600)
            writer = ArchiveWriter(target)
            for path in own:
                writer.add(f"project/{path.relative_to(project.root).as_posix()}", path)
            for path in keys:
                writer.add(f"keys/{path.name}", path)
            for path in sorted(spool.iterdir()):
                writer.add(f"spool/{path.name}", path)
            writer.add("database.db", database)
            for digest in digests:
                writer.add(f"artifacts/{digest}", project.artifacts.fetch(digest))
            writer.finish(argosy.__version__, migrations.newest(), clock.now())
        archive.rename(file)
    names = [path.relative_to(project.root).as_posix() for path in own]
    return BackedUp(str(file), file.stat().st_size, len(digests), names, with_keys)


def project_files(project: Project) -> Iterator[Path]:
    """The settings, plans in the project's folder and in those below it, and the modules of its own plug-ins."""
    root = project.root
    for name in (FILE_NAME, ".gitignore"):
        if (root / name).is_file():
            yield root / name
    for path in sorted([*root.glob("*"), *root.glob("[!.]*/*")]):
        if path.suffix in (".yaml", ".yml", ".json") and path != root / FILE_NAME and _is_plan(path):
            yield path
    if project.settings.plugins:
        yield from sorted(path for path in root.glob("*.py") if path.is_file())
    for name in sorted({module.partition(".")[0] for module in project.settings.plugins}):
        yield from sorted(path for path in (root / name).rglob("*.py") if path.is_file())


def _is_plan(path: Path) -> bool:
    """Examples may be JSON too, and have no place in a backup in the clear."""
    try:
        return path.stat().st_size <= PLAN_BYTES and {"adapter", "model"} <= read_mapping(path).keys()
    except (DefinitionInvalid, OSError):
        return False


def _key_files(project: Project) -> list[Path]:
    folder = project.root / backends.KEY_FOLDER
    found = sorted(path for path in folder.glob("[!.]*") if path.is_file()) if folder.is_dir() else []
    if not found:
        raise BackupInvalid(f"there are no keys in {folder} to include: those from the environment are yours to keep")
    return found


def _copy_spool(source: Path, target: Path) -> None:
    for path in sorted(source.glob("*")):
        if path.suffix in (".spool", ".damaged"):
            shutil.copyfile(path, target / path.name)


def _artifacts(database: Path) -> list[str]:
    """What the copy names: the project itself may have gone on."""
    copy = backends.database(f"sqlite:///{database}", Path(os.sep))
    try:
        with copy.read() as transaction:
            return [row[0] for row in transaction.execute(_ARTIFACTS)]
    finally:
        copy.close()
