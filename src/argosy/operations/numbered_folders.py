"""Models in numbered folders, as TensorFlow Serving has them (`base/1/`, `base/2/`): each becomes a version once.

A folder whose name is not a number is ignored, so that one can be copied under another name and renamed when it is
complete. One that is copied under its number is complete when nothing in it has changed for a while, by the times that
the file system sets itself: those of the files' content can be copied too. Where a base's times are another machine's,
this process has to have seen the folder as it is for that long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from argosy import clock
from argosy.backends import Backends
from argosy.database import in_transaction
from argosy.errors import ArgosyError, ImportInvalid, Outage
from argosy.models.runtimes.python_class import CODE
from argosy.store import kept
from argosy.store.trained import Version

TAG = "folder"
"""Of a version: the number of the folder that it was imported from."""
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class NumberedFolder:
    """`changed_at`: when the last file in it was written, renamed or added; `state` is another when one was."""

    number: int
    name: str
    changed_at: float
    state: str


@dataclass(frozen=True)
class BaseContent:
    """What is below a base: numbered folders that hold something, in order, and the names of others."""

    folders: Sequence[NumberedFolder] = ()
    others: Sequence[str] = ()


class NumberedBase(Protocol):
    """Where numbered folders appear."""

    shown: str
    is_observed: bool
    """Whether a folder changes when this process sees it changed: two looks are needed to know that it has not."""

    def look(self) -> BaseContent:
        """What is there now; raises ImportInvalid, and Outage where that may pass."""

    def brought(self, folder: NumberedFolder) -> AbstractContextManager[Path]:
        """The folder on this machine, as it was at the look. Raises ImportInvalid, Outage where it is another."""


@dataclass(frozen=True)
class ImportedFolder:
    """What became of one: a version, or why there is none."""

    place: str
    version: str = ""
    problem: str = ""


class LocalBase:
    """A folder of this machine."""

    is_observed = False

    def __init__(self, base: Path) -> None:
        self._base, self.shown = base, str(base)

    def look(self) -> BaseContent:
        try:
            folders = [one for one in self._base.iterdir() if one.is_dir() and not one.name.startswith(".")]
        except OSError as error:
            raise ImportInvalid(f"{self._base}: {error.strerror or error}") from None
        found = []
        for folder in folders:
            if number_in_name(folder.name) is not None:
                with suppress(OSError):  # removed meanwhile
                    times = [one.lstat().st_ctime for one in folder.rglob("*")]
                    if times:
                        changed_at = max([folder.stat().st_ctime, *times])
                        found.append(NumberedFolder(int(folder.name), folder.name, changed_at, str(changed_at)))
        others = sorted(one.name for one in folders if number_in_name(one.name) is None)
        return BaseContent(sorted(found, key=lambda one: one.number), others)

    @contextmanager
    def brought(self, folder: NumberedFolder) -> Iterator[Path]:
        yield self._base / folder.name


def number_in_name(name: str) -> int | None:
    """The number that a folder's name is; None: it is none."""
    return int(name) if _NUMBER.fullmatch(name) else None


def model_in(folder: Path) -> Path:
    """The folder's only file, else, or where that is the code of a class, the folder itself; raises ImportInvalid."""
    try:
        files = [one for one in folder.iterdir() if not one.name.startswith(".")]
    except OSError as error:
        raise ImportInvalid(f"{error.strerror or error}") from None
    is_file = len(files) == 1 and files[0].is_file() and files[0].name != CODE
    return files[0] if is_file else folder


def due_folders(
    found: Iterable[NumberedFolder], known: Collection[int], now: float, settle_seconds: float, latest: int
) -> list[NumberedFolder]:
    """Of the newest so many complete ones, those that are not known yet, in order. Pure."""
    complete = sorted((one for one in found if now - one.changed_at >= settle_seconds), key=lambda one: one.number)
    return [one for one in complete[-latest:] if one.number not in known]


class FolderImports:
    """Imports the folders below a base into a model; `import_one` makes a file or folder a version."""

    def __init__(
        self,
        backends: Backends,
        base: NumberedBase,
        model: str,
        import_one: Callable[[Path], Version],
        settle_seconds: float,
        latest: int = 1,
    ) -> None:
        self._backends, self._base, self._model, self._import_one = backends, base, model, import_one
        self._settle_seconds, self._latest = settle_seconds, latest
        self._refused: dict[int, str] = {}
        self._taken: set[int] = set()  # two folders of the same content are one version, which has one tag
        self._seen: set[int] = set()
        self._noted: set[str] = set()

    def step(self, note: Callable[[str], None] = lambda _: None) -> list[ImportedFolder]:
        """Import what is due; a folder that was refused is tried again once something in it changes.

        `note` receives, once each, what is not as it is meant to be and refuses nothing. Raises ArgosyError where the
        base cannot be looked at.
        """
        content = self._base.look()
        imported = self._known() | self._taken
        for line in self._notes(content, imported):
            note(line)
        refused = {one.number for one in content.folders if self._refused.get(one.number) == one.state}
        due = due_folders(content.folders, imported | refused, clock.now(), self._settle_seconds, self._latest)
        return [self._imported(one) for one in due]

    def _notes(self, content: BaseContent, imported: Collection[int]) -> Iterator[str]:
        shown, numbers = self._base.shown, {one.number for one in content.folders}
        lines = [f"{shown}/{name} is ignored: its name is not a number" for name in content.others]
        if not numbers and not self._seen:
            lines.append(f"{shown} holds no numbered folder yet")
        yield from (line for line in lines if line not in self._noted)
        self._noted |= set(lines)
        for number in sorted(self._seen - numbers):
            stays = "; its version stays" if number in imported else ""
            yield f"{shown}/{number} was removed{stays}"
        self._seen = numbers

    def _imported(self, folder: NumberedFolder) -> ImportedFolder:
        place = f"{self._base.shown}/{folder.name}"
        try:
            with self._base.brought(folder) as path:
                version = self._import_one(model_in(path))
        except Outage as problem:  # it may be over when it is tried again
            return ImportedFolder(place, problem=str(problem))
        except (ArgosyError, OSError) as problem:
            self._refused[folder.number] = folder.state
            return ImportedFolder(place, problem=str(problem))
        self._taken.add(folder.number)
        number = str(folder.number)
        in_transaction(
            self._backends.database,
            lambda within: kept.tag_version(within, version.model, version.number, TAG, number),
        )
        return ImportedFolder(place, version.reference)

    def _known(self) -> set[int]:
        with self._backends.database.read() as transaction:
            tags = kept.tags_of(transaction, self._model)
        values = [one[TAG] for one in tags.values() if TAG in one]
        return {int(value) for value in values if _NUMBER.fullmatch(value)}
