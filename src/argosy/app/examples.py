"""The examples of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argosy.backends import Backends
from argosy.datasets.example import Example
from argosy.datasets.examples import CollectionCounts, with_reading
from argosy.datasets.file_options import Columns, FileOptions, as_argument
from argosy.datasets.imports import ImportOrigin
from argosy.datasets.python_rows import examples_of
from argosy.datasets.query_reading import QueryReading
from argosy.datasets.reading import Reading
from argosy.datasets.staging import ImportReport

if TYPE_CHECKING:
    from argosy.operations.erasure import ErasedSubject


class ProjectExamples:
    """`project.examples`. Where no collection is named, the project's default one is meant."""

    def __init__(self, backends: Backends) -> None:
        self._backends, self._settings, self._examples = backends, backends.settings, backends.examples

    def add(
        self,
        rows: Any,
        into: str = "",
        on_conflict: str = "",
        source: str = "python",
        *,
        text: str | None = None,
        label: str | None = None,
        seen_at: str | None = None,
        subject: str | None = None,
        split: str | None = None,
        fields: Sequence[str] = (),
        missing: Sequence[str] = (),
        skip_bad: bool = False,
        fold_case: bool = False,
    ) -> ImportReport:
        """Add rows, all or nothing: a data frame, or a list of dictionaries, `(input, label)` pairs or `Example`s.

        `text`, `label` and so on name the columns of a data frame or of dictionaries, which are found by their usual
        names else; `seen_at='none'` means that there is none. `missing` are words, such as 'nan', that stand for no
        label there. `source` is for rows that do not say theirs. `fold_case`: labels that differ in case, white space
        or Unicode's form alone become the usual one of them.
        """
        columns = Columns(text, label, seen_at, subject, None, split, None, _names(fields))
        limit = self._settings.limits.text_bytes
        options = FileOptions(columns, skip_bad, missing=frozenset(_names(missing)), text_bytes=limit)
        examples = examples_of(rows, options)
        rule = self._rule(on_conflict)
        report = self._examples.add(self._named(into), examples, rule, source, fold_case=fold_case)
        return with_reading(report, examples) if isinstance(examples, Reading) else report

    def import_file(
        self,
        path: str | PathLike[str],
        into: str = "",
        *,
        text: str | None = None,
        label: str | None = None,
        seen_at: str | None = None,
        subject: str | None = None,
        source: str | None = None,
        split: str | None = None,
        fields: Sequence[str] = (),
        encoding: str = "",
        quoting: str = "check",
        sheet: str = "",
        on_conflict: str = "",
        missing: Sequence[str] = (),
        skip_bad: bool = False,
        fold_case: bool = False,
        progress: Callable[[int], None] = lambda _: None,
        spelled: Callable[[str, str], str] = as_argument,
    ) -> ImportReport:
        """Add a file of JSON, CSV, TSV, Parquet or a spreadsheet, all or nothing.

        The options are those of `argosy examples import`; `spelled` is how messages write one. Raises ExamplesInvalid
        with the numbers of bad rows.
        """
        columns = Columns(text, label, seen_at, subject, source, split, None, _names(fields))
        words = frozenset(_names(missing))
        options = FileOptions(columns, skip_bad, encoding, quoting, sheet, words, spelled=spelled)
        rule = self._rule(on_conflict)
        return self._examples.import_file(self._named(into), Path(path), options, rule, progress, fold_case)

    def import_query(
        self,
        query: str,
        database: str,
        into: str = "",
        *,
        text: str | None = None,
        label: str | None = None,
        seen_at: str | None = None,
        subject: str | None = None,
        source: str | None = None,
        split: str | None = None,
        fields: Sequence[str] = (),
        on_conflict: str = "",
        missing: Sequence[str] = (),
        skip_bad: bool = False,
        fold_case: bool = False,
        progress: Callable[[int], None] = lambda _: None,
        spelled: Callable[[str, str], str] = as_argument,
    ) -> ImportReport:
        """Add what a query returns, all or nothing; `database` is a URL of SQLite or PostgreSQL, and is only read.

        Other options as those of `import_file`.
        """
        columns = Columns(text, label, seen_at, subject, source, split, None, _names(fields))
        limit = self._settings.limits.text_bytes
        words = frozenset(_names(missing))
        options = FileOptions(columns, skip_bad, missing=words, text_bytes=limit, spelled=spelled)
        reading = QueryReading(database, query, options)
        rule = self._rule(on_conflict)
        origin = partial(ImportOrigin, "query", reading.name)
        report = self._examples.add(self._named(into), reading, rule, reading.name, progress, fold_case, origin)
        return with_reading(report, reading)

    def collections(self) -> dict[str, int]:
        """Every collection and its number of examples."""
        return self._examples.collections()

    def count(self, collection: str = "") -> CollectionCounts:
        """How many there are, by label, source and split; raises CollectionNotFound."""
        return self._examples.count(self._named(collection))

    def show(self, example_id: str) -> list[Example]:
        """Every revision of one example, decrypted."""
        return self._examples.show(example_id)

    def export(self, collection: str = "") -> Iterator[Example]:
        """The current revision of every example, decrypted."""
        return self._examples.export(self._named(collection))

    def erase(self, subject: str, mark: bool = False, wait: float | None = None) -> ErasedSubject:
        """Remove a subject from examples, predictions, feedback, every spool and jobs. Idempotent: see `is_nothing`.

        `mark`: mark the versions that learned from it, so that they are not promoted by mistake. `wait`: for how many
        seconds to wait for spools on other machines; those that have not erased it by then are in `waiting`.
        """
        from argosy.operations.erasure import erase_subject

        return erase_subject(self._backends, subject, mark, wait)

    def _named(self, collection: str) -> str:
        return collection or self._settings.collection

    def _rule(self, on_conflict: str) -> str:
        return on_conflict or self._settings.conflicts


def _names(fields: Sequence[str]) -> tuple[str, ...]:
    """Names or words, also as one text with commas."""
    return tuple(fields.split(",")) if isinstance(fields, str) and fields else tuple(fields)
