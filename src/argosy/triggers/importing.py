"""Importing a trigger's files: each distinct content once, each file on its own."""

from __future__ import annotations

import errno
from contextlib import suppress

import msgspec

from argosy.backends import Backends
from argosy.datasets.file_options import Columns, FileOptions
from argosy.datasets.imports import AlreadyImported, file_digest, import_asked_by
from argosy.definitions.plan_triggers import ImportOptions
from argosy.error_messages import message_of
from argosy.errors import ArgosyError, DatabaseUnavailable, ExamplesInvalid, JobInterrupted, KeyWrong, LeaseLost
from argosy.jobs.guard import LeaseGuard
from argosy.jobs.runner import is_outage
from argosy.triggers.matching import file_as_it_is, refusal
from argosy.tuning.trigger_files import FilePlace, FileState, NotedFile, TriggerFile


class FileChanged(ArgosyError):
    """It is not the file that was looked at: the next looks decide what it is."""


def file_options(options: ImportOptions, text_bytes: int) -> FileOptions:
    """How a file is read."""
    names = {name: getattr(options, name) for name in ("text", "label", "seen_at", "subject", "source", "split")}
    return FileOptions(
        Columns(**names, fields=tuple(options.fields)),
        options.skip_bad,
        options.encoding or "",
        options.quoting,
        options.sheet or "",
        frozenset(options.missing),
        text_bytes,
        _as_key,
    )


class FileImports:
    """The files of one firing; `before` is the number of the trigger's newest import when it fired."""

    def __init__(
        self, backends: Backends, place: FilePlace, options: ImportOptions, before: int, guard: LeaseGuard
    ) -> None:
        self._backends, self._place, self._options, self._guard = backends, place, options, guard
        self._asked_by, self._before = f"{place.plan}/{place.name}", before
        self._taken: set[str] = set()
        """The digests of what was imported."""

    def is_any_imported(self) -> bool:
        """Whether this firing has imported anything, also before its job was begun again."""
        with self._backends.database.read() as transaction:
            return import_asked_by(transaction, self._asked_by) > self._before

    def take(self, file: TriggerFile, may_have_crashed: bool) -> FileState:
        """Import a file unless its content was; what became of it. An outage is raised, and so is what stops the job.

        `may_have_crashed`: where its import was begun before, it is what ended its worker.
        """
        if may_have_crashed and self._state(file) is FileState.READING:
            return self._settle(file, FileState.BROKEN, "importing it crashed the worker")
        self._settle(file, FileState.READING)
        try:
            return self._settle(file, self._import(file))
        except FileChanged:
            return self._settle(file, FileState.SEEN)
        except (LeaseLost, JobInterrupted, DatabaseUnavailable, KeyWrong):
            raise
        except Exception as error:  # a reader of a file may raise anything
            if is_outage(error) and not (isinstance(error, OSError) and error.errno == errno.EIO):
                raise
            where = f"{self._backends.root / file.path}: "
            return self._settle(file, FileState.BROKEN, message_of(error).removeprefix(where))

    def _import(self, file: TriggerFile) -> FileState:
        path = self._backends.root / file.path
        self._check_unchanged(file)
        digest = file_digest(path)
        if self._is_known(digest):
            return FileState.KNOWN
        settings, options = self._backends.settings, self._options
        with suppress(AlreadyImported):  # when the job was begun before
            self._backends.examples.import_file(
                options.collection or settings.collection,
                path,
                file_options(options, settings.limits.text_bytes),
                options.on_conflict or settings.conflicts,
                progress=lambda _: self._guard.check(),
                fold_case=options.fold_case,
                asked_by=self._asked_by,
                then_check=lambda: self._check_unchanged(file),
            )
        self._taken.add(digest)
        return FileState.IMPORTED

    def _is_known(self, digest: str) -> bool:
        """From before this firing, or from another of its files."""
        with self._backends.database.read() as transaction:
            found = import_asked_by(transaction, self._asked_by, digest)
        return digest in self._taken or 0 < found <= self._before

    def _check_unchanged(self, file: TriggerFile) -> None:
        now = file_as_it_is(self._backends.root, file.path)
        if now is None:
            raise ExamplesInvalid(f"{file.path}: the file no longer exists")
        if why := refusal(self._backends.root, self._backends.root / file.path):
            raise ExamplesInvalid(f"{file.path}: {why}")
        if now != file:
            raise FileChanged(f"{file.path} has changed since it was checked")

    def _state(self, file: TriggerFile) -> FileState | None:
        """What became of it since the job was queued; None where it is another by now."""
        with self._backends.database.read() as transaction:
            return self._place.state(transaction, file)

    def _settle(self, file: TriggerFile, state: FileState, problem: str = "") -> FileState:
        with self._backends.database.write() as transaction:
            self._place.set(transaction, [NotedFile(file, state, problem)])
        return state


def _as_key(option: str, value: str = "") -> str:
    """An option as a plan writes it."""
    return f"import.{option}: {msgspec.json.encode(value).decode() if value else 'true'}"
