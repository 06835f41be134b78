"""Models in numbered folders, as TensorFlow Serving has them (`base/1/`, `base/2/`): each becomes a version once.

A folder whose name is not a number is ignored, so that one can be copied under another name and renamed when it is
complete. One that is copied under its number is complete when nothing in it has changed for a while, by the times that
the file system sets itself: those of the files' content can be copied too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from argosy import clock
from argosy.backends import Backends
from argosy.database import in_transaction
from argosy.errors import ArgosyError, ImportInvalid, Outage
from argosy.store import kept
from argosy.store.trained import Version

TAG = "folder"
"""Of a version: the number of the folder that it was imported from."""
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class NumberedFolder:
    """`changed_at`: when the last file in it was written, renamed or added."""

    number: int
    path: Path
    changed_at: float

    @property
    def model(self) -> Path:
        """Its only file, else the folder itself."""
        files = [one for one in self.path.iterdir() if not one.name.startswith(".")]
        return files[0] if len(files) == 1 and files[0].is_file() else self.path


@dataclass(frozen=True)
class ImportedFolder:
    """What became of one: a version, or why there is none."""

    number: int
    version: str = ""
    problem: str = ""


def numbered_folders(base: Path) -> list[NumberedFolder]:
    """Those that are there now and hold something; raises ImportInvalid."""
    try:
        folders = [one for one in base.iterdir() if _NUMBER.fullmatch(one.name) and one.is_dir()]
    except OSError as error:
        raise ImportInvalid(f"{base}: {error.strerror or error}") from None
    found = []
    for folder in folders:
        with suppress(OSError):  # removed meanwhile
            times = [one.lstat().st_ctime for one in folder.rglob("*")]
            if times:
                found.append(NumberedFolder(int(folder.name), folder, max([folder.stat().st_ctime, *times])))
    return sorted(found, key=lambda one: one.number)


def due_folders(
    found: Iterable[NumberedFolder], known: Collection[int], now: float, settle_seconds: float, latest: int
) -> list[NumberedFolder]:
    """Of the newest so many complete ones, those that are not known yet, in order. Pure."""
    complete = sorted((one for one in found if now - one.changed_at >= settle_seconds), key=lambda one: one.number)
    return [one for one in complete[-latest:] if one.number not in known]


class FolderImports:
    """Imports the folders below `base` into a model; `import_one` makes a file or folder a version."""

    def __init__(
        self,
        backends: Backends,
        base: Path,
        model: str,
        import_one: Callable[[Path], Version],
        settle_seconds: float,
        latest: int = 1,
    ) -> None:
        self._backends, self._base, self._model, self._import_one = backends, base, model, import_one
        self._settle_seconds, self._latest = settle_seconds, latest
        self._refused: dict[int, float] = {}

    def step(self) -> list[ImportedFolder]:
        """Import what is due; a folder that was refused is tried again once something in it changes."""
        found = numbered_folders(self._base)
        refused = {one.number for one in found if self._refused.get(one.number) == one.changed_at}
        known = self._known() | refused
        due = due_folders(found, known, clock.now(), self._settle_seconds, self._latest)
        return [self._imported(one) for one in due]

    def _imported(self, folder: NumberedFolder) -> ImportedFolder:
        try:
            version = self._import_one(folder.model)
        except Outage as problem:  # it may be over when it is tried again
            return ImportedFolder(folder.number, problem=str(problem))
        except (ArgosyError, OSError) as problem:
            self._refused[folder.number] = folder.changed_at
            return ImportedFolder(folder.number, problem=str(problem))
        number = str(folder.number)
        in_transaction(
            self._backends.database,
            lambda within: kept.tag_version(within, version.model, version.number, TAG, number),
        )
        return ImportedFolder(folder.number, version.reference)

    def _known(self) -> set[int]:
        with self._backends.database.read() as transaction:
            tags = kept.tags_of(transaction, self._model)
        values = [one[TAG] for one in tags.values() if TAG in one]
        return {int(value) for value in values if _NUMBER.fullmatch(value)}
