"""Collections of examples: adding, counting, reading back, erasing.

- Examples are revised, never overwritten: the same input in one collection is the same example under one permanent
  random id; another label for it is a new revision, by the conflict rule.
- `add` is all or nothing and its memory does not grow with its rows.
- Inputs and subjects rest sealed under the collection's data key. Labels, times, sources, splits and counts rest in
  the clear.
- `erase` removes every revision of every example of a subject, and their bytes from the database's files.

May be used from any thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from argosy.database import Database, Transaction
from argosy.database.database import in_lists
from argosy.datasets import statements as sql
from argosy.datasets.conflicts import check_rule
from argosy.datasets.example import Example, read_payload, sealed_identity
from argosy.datasets.file_options import FileOptions
from argosy.datasets.files import read_file
from argosy.datasets.imports import ImportOrigin, file_digest
from argosy.datasets.reading import Reading
from argosy.datasets.staging import Defaults, ImportReport, Staging
from argosy.errors import CollectionNotFound, ExamplesInvalid, nearest
from argosy.label_sets import as_members, counted
from argosy.models.inputs import TEXT_BYTES
from argosy.storable_text import NUL_PROBLEM, has_nul
from argosy.types import Part
from argosy.vault import Scope, Vault

if TYPE_CHECKING:
    from argosy.datasets.erasure import Erased


class CollectionCounts(msgspec.Struct, frozen=True):
    """How many examples a collection has, and of what."""

    examples: int
    revisions: int
    labels: dict[str, int]
    """By single label: of a text with several, each is counted."""
    sources: dict[str, int]
    splits: dict[str, int]
    first_seen_at: float
    last_seen_at: float


def scope_name(collection: str) -> str:
    """The vault's scope of a collection."""
    return f"collection:{collection}"


class Examples:
    """`now` takes the place of the database's clock."""

    def __init__(
        self, database: Database, vault: Vault, now: Callable[[], float] | None = None, text_bytes: int = TEXT_BYTES
    ) -> None:
        self._database, self._vault, self._now, self._text_bytes = database, vault, now, text_bytes

    def add(
        self,
        collection: str,
        rows: Iterable[Example],
        on_conflict: str = "latest",
        source: str = "python",
        progress: Callable[[int], None] = lambda _: None,
        fold_case: bool = False,
        origin: Callable[[], ImportOrigin] | None = None,
    ) -> ImportReport:
        """Add rows, all or none; `source` and the present moment are for rows that do not say theirs.

        `origin` is called once the rows were read, and says what the import is recorded as: by default rows of
        Python's, under the name of the source.

        `fold_case`: labels that differ in case, white space or Unicode's form alone become the usual one of them.
        Raises ExamplesInvalid on a row that cannot be stored, or under on_conflict='error' on labels that disagree.
        """
        rule = check_rule(on_conflict)
        if has_nul(source):
            raise ExamplesInvalid(f"the source {NUL_PROBLEM}")
        with self._database.read() as transaction:
            now = (self._now or transaction.now)()
        scope = self._vault.scope(scope_name(checked_collection(collection)))
        with Staging(self._database, scope, self._text_bytes, fold_case) as staging:
            staging.add(rows, Defaults(now, source), progress)
            return staging.take(rule, now, origin() if origin else ImportOrigin("rows", source))

    def import_file(
        self,
        collection: str,
        path: Path,
        options: FileOptions | None = None,
        on_conflict: str = "latest",
        progress: Callable[[int], None] = lambda _: None,
        fold_case: bool = False,
        asked_by: str = "",
        then_check: Callable[[], None] = lambda: None,
    ) -> ImportReport:
        """Add a file, all or nothing; docs/examples.md says of which formats, and how columns are found.

        `asked_by` names the trigger that does, see `imports`. `then_check` is called when all of it has been read, and
        may raise.
        """
        options = msgspec.structs.replace(options or FileOptions(), text_bytes=self._text_bytes)
        reading = read_file(path, options)
        source = os.fsencode(path.name).decode(errors="backslashreplace")  # a name may be of any bytes

        def origin() -> ImportOrigin:
            found = ImportOrigin("file", source, file_digest(path), asked_by)
            then_check()
            return found

        report = self.add(collection, reading, on_conflict, source, progress, fold_case, origin)
        return with_reading(report, reading)

    def collections(self) -> dict[str, int]:
        """Every collection and its number of examples."""
        with self._database.read() as transaction:
            return dict(transaction.execute(sql.COLLECTIONS))

    def labels(self, collections: Iterable[str] | None = None) -> set[str]:
        """Every single label of those collections, or of all; those in lists one by one."""
        with self._database.read() as transaction:
            names = dict(transaction.execute(sql.COLLECTIONS)) if collections is None else collections
            rows = [row for name in names for row in transaction.execute(sql.LABELS, {"collection": name})]
        return {label for row in rows for label in as_members(row[0])}

    def count(self, collection: str) -> CollectionCounts:
        """Raises CollectionNotFound, which lists those there are."""
        with self._database.read() as transaction:
            rows = transaction.execute(sql.COUNTS, {"collection": collection})
            revisions = transaction.execute(sql.REVISIONS, {"collection": collection})[0][0]
        if not rows:
            raise self._not_found(collection)
        tallies: tuple[dict[str, int], ...] = ({}, {}, {})
        for row in rows:
            for tally, key in zip(tallies, row[:3], strict=True):
                tally[key or ""] = tally.get(key or "", 0) + row[3]
        first, last = min(row[4] for row in rows), max(row[5] for row in rows)
        by_label, by_source, by_split = tallies
        examples = sum(by_label.values())
        return CollectionCounts(examples, revisions, counted(by_label), by_source, _ordered(by_split), first, last)

    def show(self, example_id: str) -> list[Example]:
        """Every revision of an example, oldest first; raises ExamplesInvalid where there is none."""
        try:
            key = bytes.fromhex(example_id)
        except ValueError:
            raise ExamplesInvalid(f"'{example_id}' is no example id: it has 32 hex digits") from None
        with self._database.read() as transaction:
            rows = transaction.execute(sql.SHOW, {"example_id": key})
        if not rows:
            raise ExamplesInvalid(f"there is no example {example_id}")
        scope = self._vault.scope(scope_name(rows[0][0]))
        return [_opened(scope, row[1:]) for row in rows]

    def export(self, collection: str) -> Iterator[Example]:
        """The current revision of every example, in the order of their first import, a page in memory at a time."""
        if collection not in self.collections():
            raise self._not_found(collection)
        scope, after = self._vault.scope(scope_name(collection)), 0
        while page := self._page(collection, after):
            after = page[-1][0]
            yield from (_opened(scope, row[1:]) for row in page)

    def erase(self, subject: str) -> Erased:
        """Remove a subject from every collection; idempotent."""
        from argosy.datasets.erasure import erase  # numpy, which importing and counting do without

        names = list(self.collections())
        scopes = [self._vault.scope(scope_name(name)) for name in names]
        return erase(self._database, scopes, subject)

    def _page(self, collection: str, after: int) -> list[tuple[Any, ...]]:
        with self._database.read() as transaction:
            return transaction.execute(sql.EXPORT, {"collection": collection, "after": after})

    def _not_found(self, collection: str) -> CollectionNotFound:
        return collection_not_found(collection, self.collections())


def with_reading(report: ImportReport, reading: Reading) -> ImportReport:
    """The report with what became of the source's rows before they were added."""
    return msgspec.structs.replace(
        report, skipped=reading.skipped, columns=reading.columns, problems=reading.problems, hint=reading.hint
    )


def examples_there(transaction: Transaction, example_ids: Iterable[bytes]) -> set[bytes]:
    """Those of the examples that were not erased."""
    found = (transaction.execute(sql.THERE, {"ids": some}) for some in in_lists(example_ids))
    return {bytes(row[0]) for rows in found for row in rows}


def count_all(transaction: Transaction) -> int:
    """How many examples there are in all collections."""
    return sum(row[1] for row in transaction.execute(sql.COLLECTIONS))


def checked_collection(name: str) -> str:
    """A collection's name; raises ExamplesInvalid where it is not a plain word."""
    if not name or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise ExamplesInvalid(f"'{name}' is no name for a collection: use letters, digits, '-', '_' and '.'")
    return name


def collection_not_found(name: str, known: Iterable[str]) -> CollectionNotFound:
    there = ", ".join(known := sorted(known))
    hint = f"there are: {there}" if known else "there is none yet: argosy examples import FILE --into COLLECTION"
    return CollectionNotFound(f"no collection is called '{name}'{nearest(name, known)}; {hint}")


def _opened(scope: Scope, row: tuple[Any, ...]) -> Example:
    example_id, revision, label, seen_at, source, split, origin, sealed = row
    given, subject = read_payload(scope.open(sealed, sealed_identity(example_id, revision)))
    prediction = None if origin is None else origin.decode()
    return Example(given, label, seen_at, source, subject, split, example_id.hex(), revision, prediction)


def _ordered(by_split: dict[str, int]) -> dict[str, int]:
    """Published splits in their usual order; examples without one are left out."""
    return {part.value: by_split[part.value] for part in Part if part.value in by_split}
