"""`argosy restore`: a project again, from the one file of a backup; whole or not at all.

It is put together in a folder beside, and takes its place when all is there. Nothing outside of that folder is written:
a database or artifacts that the settings keep elsewhere are put into the project, and the settings changed to say so.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from argosy.app import backends
from argosy.app.archive import Manifest, extract, read_manifest
from argosy.database import migrations
from argosy.definitions.project import FILE_NAME, Settings, load_settings
from argosy.errors import BackupInvalid
from argosy.store.artifact_store import ArtifactStore

DATABASE, ARTIFACTS, SPOOL = ".argosy/argosy.db", ".argosy/artifacts", ".argosy/spool"


@dataclass(frozen=True)
class Restored:
    """Where the project is; `has_keys` unless the master keys are to be put there; settings that were `changed`."""

    folder: str
    made_at: float
    artifacts: int
    has_keys: bool
    changed: list[str]


def restore(file: Path, into: Path) -> Restored:
    """Raises BackupInvalid, with nothing written, where the file or the folder will not do."""
    manifest = read_manifest(file)
    if manifest.schema > migrations.newest():
        raise BackupInvalid(
            f"{file} has schema {manifest.schema}, this Argosy knows up to {migrations.newest()}:"
            " upgrade with pip install -U argosy"
        )
    target = into.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupInvalid(f"{into} is not an empty folder: name a new one with --into DIR")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".argosy-restore-", dir=target.parent) as scratch_:
        scratch, root = Path(scratch_) / "files", Path(scratch_) / "project"
        scratch.mkdir()
        root.mkdir()
        restored = _build(file, manifest, scratch, root, into)
        if target.exists():  # perhaps somebody's working folder, which must stay the same
            for path in sorted(root.iterdir(), key=lambda path: path.name == FILE_NAME):
                path.rename(target / path.name)  # its settings last: they make it a project
        else:
            root.rename(target)
    return restored


def _build(file: Path, manifest: Manifest, scratch: Path, root: Path, into: Path) -> Restored:
    held = {name: path for name, path in extract(file, manifest, scratch) if not name.startswith("artifacts/")}
    for name, path in held.items():
        if name.startswith("project/"):
            _move(path, root / PurePosixPath(name).relative_to("project"), 0o644)
    if not (root / FILE_NAME).is_file() or "database.db" not in held:
        raise BackupInvalid(f"{file} has no project in it")
    settings, changed = _inside(root)
    for name, path in held.items():
        if name.startswith("keys/"):
            _move(path, root / backends.KEY_FOLDER / PurePosixPath(name).name, 0o600)
        elif name.startswith("spool/"):
            _move(path, root / SPOOL / PurePosixPath(name).name, 0o600)
    _move(held["database.db"], root / settings.database.removeprefix("sqlite:///"), 0o600)
    (root / ".argosy").mkdir(exist_ok=True)
    for folder in (root / ".argosy", root / backends.KEY_FOLDER):
        if folder.is_dir():
            folder.chmod(0o700)
    count = _put_artifacts(scratch, manifest, backends.artifacts(settings.artifacts, root))
    has_keys = any(name.startswith("keys/") for name in held)
    return Restored(str(into), manifest.made_at, count, has_keys, changed)


def _put_artifacts(scratch: Path, manifest: Manifest, artifacts: ArtifactStore) -> int:
    """Put what is left of the extracted files: each was compared with its digest already."""
    wanted = {PurePosixPath(name).name for name in manifest.files if name.startswith("artifacts/")}
    put = {artifacts.put(path) for path in sorted(scratch.iterdir())}
    if put != wanted:
        raise BackupInvalid("an artifact's name is not the digest of its bytes")
    return len(put)


def _inside(root: Path) -> tuple[Settings, list[str]]:
    """The project's settings, with what they keep outside of its folder brought inside; which ones that were."""
    file, changed = root / FILE_NAME, []
    settings = load_settings(root, {})
    places = (("database", "sqlite:///", DATABASE), ("artifacts", "file:", ARTIFACTS))
    for setting, scheme, default in places:
        place = str(getattr(settings, setting)).removeprefix(scheme)
        if (root / place).resolve().is_relative_to(root.resolve()):
            continue
        text, count = re.subn(rf"(?m)^{setting}:.*$", f"{setting}: {scheme}{default}", file.read_text("utf-8"))
        if count != 1:
            raise BackupInvalid(
                f"the setting '{setting}' lies outside of the project, and cannot be changed in its file"
            )
        file.write_text(text, "utf-8")
        changed.append(setting)
    return load_settings(root, {}), changed


def _move(source: Path, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)
    target.chmod(mode)
