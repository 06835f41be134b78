"""The files of a project's folder that a step is given: found by its globs, and known by the digest of their bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from argosy.paths import is_plain
from argosy.steps.task import StepEnded

MOST_FILES: Final = 2000
"""That one run is given."""
OWN_FOLDER: Final = ".argosy"


class FoundFile(NamedTuple):
    """A file that is there now."""

    name: str
    path: Path
    digest: str
    changed_at: float

    @property
    def is_executable(self) -> bool:
        return os.access(self.path, os.X_OK)


class _Stamp(NamedTuple):
    size: int
    changed_ns: int
    number: int


class Digests:
    """Digests of files, computed again for those that look changed alone. One thread."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[_Stamp, str]] = {}

    def of(self, path: Path) -> tuple[str, float]:
        """The file's digest, and when it was changed. Raises OSError."""
        stat = path.stat()
        stamp = _Stamp(stat.st_size, stat.st_mtime_ns, stat.st_ino)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            with path.open("rb") as file:
                known = stamp, hashlib.file_digest(file, "sha256").hexdigest()
            self._known[path] = known
        return known[1], stat.st_mtime


def found_files(root: Path, globs: Sequence[str], digests: Digests) -> list[FoundFile]:
    """The files below `root` that one of the globs finds, by name; raises StepEnded, OSError."""
    names: dict[str, Path] = {}
    is_inside = _Inside(root)
    for path in _matches(root, globs):
        name = path.relative_to(root).as_posix()
        if not is_plain(name):
            raise StepEnded(f"{name!a} is no name of an input: it has characters that cannot be shown, or is too long")
        if not is_inside(path):
            raise StepEnded(
                f"{name} leads out of the project's folder, or into {OWN_FOLDER}: put the file itself there"
            )
        names[name] = path
        if len(names) > MOST_FILES:
            raise StepEnded(f"{globs[0]} finds more than {MOST_FILES:,} files: put them into archives")
    return [FoundFile(name, path, *digests.of(path)) for name, path in sorted(names.items())]


class _Inside:
    """Whether a file is in the project's folder and not in our own, where links lead too; folders are asked once."""

    def __init__(self, root: Path) -> None:
        self._root, self._folders = root.resolve(), dict[Path, bool]()

    def __call__(self, path: Path) -> bool:
        if path.is_symlink():
            return self._is_inside(path.resolve())
        if path.parent not in self._folders:
            self._folders[path.parent] = self._is_inside(path.parent.resolve())
        return self._folders[path.parent]

    def _is_inside(self, path: Path) -> bool:
        return path.is_relative_to(self._root) and not path.is_relative_to(self._root / OWN_FOLDER)


def code_files(root: Path, command: Iterable[str], globs: Sequence[str], digests: Digests) -> list[FoundFile]:
    """The files that a command names, and those that its step declares. Raises StepEnded where a glob finds none."""
    found = {file.name: file for file in found_files(root, [*_named(root, command)], digests)}
    for glob in globs:
        more = found_files(root, [glob], digests)
        if not more:
            raise StepEnded(f"code: {glob} finds no file")
        found.update((file.name, file) for file in more)
    return [found[name] for name in sorted(found)]


def _named(root: Path, command: Iterable[str]) -> Iterator[str]:
    """The words of a command that are files of the project, as globs that find no other."""
    for word in command:
        name = word.removeprefix("./")
        if is_plain(name) and name.split("/")[0] != OWN_FOLDER and (root / name).is_file():
            yield "".join(f"[{one}]" if one in "*?[" else one for one in name)


def _matches(root: Path, globs: Sequence[str]) -> Iterator[Path]:
    for glob in globs:
        for path in root.glob(glob):
            if path.relative_to(root).parts[0] != OWN_FOLDER and path.is_file():
                yield path
