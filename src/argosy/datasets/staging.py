"""Rows on their way into a collection: sealed in batches into a scratch store, then taken in one transaction.

Nothing is half-imported: until `take` commits, nothing that others see has changed, and what waits meanwhile is sealed.
Memory holds one batch. Rows must be staged and taken on one thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from argosy.database import Database, Transaction
from argosy.datasets import statements as sql
from argosy.datasets.conflicts import Rule, Staged, Stored, resolve_conflict
from argosy.datasets.conversion import checked_example
from argosy.datasets.example import FIRST, ID_BYTES, Example, content, payload, sealed_identity
from argosy.datasets.imports import ImportOrigin, note_import
from argosy.datasets.reading import Reading
from argosy.errors import ExamplesInvalid
from argosy.label_sets import alike, missing_words, respelled, spellings, usual_spellings
from argosy.vault import Scope

BATCH_ROWS = 1000
BATCH_BYTES = 2_000_000
LISTED = 100
MOST_LABELS = 100_000
"""Of more different labels than that, those that come later are not compared with each other."""


class ImportReport(msgspec.Struct, frozen=True):
    """What became of the rows of an import."""

    added: int
    """New examples."""
    revised: int
    """New revisions of examples that were there; see `relabelled`."""
    duplicates: int
    """Rows that say nothing new."""
    conflicts: int
    """Inputs whose rows disagree on the label."""
    dropped: int
    """Rows that lost by the conflict rule."""
    relabelled: int = 0
    """Of the new revisions, those with another label; the others add a subject."""
    skipped: int = 0
    """Bad rows that were left out, and lines of malformed ones."""
    problems: list[str] = []
    """What was wrong with the first of them."""
    hint: str = ""
    """What would read some of them."""
    columns: dict[str, str] = {}
    """What was read from which column of a file."""
    disagreements: list[dict[str, str]] = []
    """Of the first LISTED conflicts, which label which row gave: {`line 12`: label}."""
    alike: list[tuple[str, ...]] = []
    """Labels of the collection that differ in case, in white space or in Unicode's form alone, in groups."""
    merged: dict[str, str] = {}
    """By `fold_case`: which labels of the rows became which."""
    missing_words: dict[str, int] = {}
    """Labels that look like missing values, with the rows that have them."""


_LABEL = 5
"""Where the label is in a staged row."""


class Defaults(NamedTuple):
    """What a row that does not say gets."""

    seen_at: float
    source: str


class Staging:
    """One import on its way; see the module. Use as a context manager, which drops what was not taken."""

    def __init__(self, database: Database, scope: Scope, text_bytes: int, fold_case: bool = False) -> None:
        self._database, self._scope, self._text_bytes, self._fold_case = database, scope, text_bytes, fold_case
        self._collection = scope.name.removeprefix("collection:")
        self.rows = self._relabelled = 0
        self._disagreements: list[dict[str, str]] = []
        self._spelling: dict[str, str] = {}
        """How labels from before there was one form of them are written in this collection."""
        self._usual: dict[str, str] = {}
        """By `fold_case`: labels of the collection and of the rows to the usual spelling of each."""
        self._noun = "row"
        """What a row's number counts."""
        self._labels: set[str] = set()
        """Those of the collection and of the rows."""
        self._open = ExitStack()

    def __enter__(self) -> Staging:
        self._scratch = self._open.enter_context(self._database.scratch())
        self._scratch.execute(sql.CREATE_STAGED)
        with self._database.read() as transaction:
            labels = [row[0] for row in transaction.execute(sql.LABELS, {"collection": self._collection})]
        self._spelling, self._labels = spellings(labels), set(labels)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, rows: Iterable[Example], defaults: Defaults, progress: Callable[[int], None]) -> None:
        """Seal and stage every row; `progress` receives the number so far after each batch.

        Raises ExamplesInvalid at a row that cannot be stored; those of a Reading have been looked at already.
        """
        sound = rows if isinstance(rows, Reading) else _checked(rows, self._text_bytes)
        for batch in _batches(sound):
            staged = self._sealed(batch, defaults)
            if len(self._labels) < MOST_LABELS:
                self._labels.update([row[_LABEL] for row in staged])
            self._scratch.execute_many(sql.STAGE, staged)
            self.rows += len(batch)
            progress(self.rows)
        self._noun = rows.noun if isinstance(rows, Reading) else "row"

    def take(self, rule: Rule, added_at: float, origin: ImportOrigin) -> ImportReport:
        """Move what is staged into the collection, all or nothing."""
        merged = self._merge() if self._fold_case else {}
        words = self._missing_words()
        _fold(self._scratch)
        parameters = {"collection": self._collection}
        with self._database.write() as transaction:
            transaction.lock(self._scope.name)
            if transaction.execute(sql.HAS_EXAMPLES, parameters):
                self._compare(transaction)
            revised, conflicts, dropped = self._settle(transaction, rule)
            taken = self._scratch.execute(sql.COUNT_STAGED)[0][0]
            import_id = None
            if taken or origin.digest:  # what feedback says again is no import
                counts = (self.rows, taken - revised, revised)
                import_id = note_import(transaction, self._collection, origin, added_at, *counts)
            values = {**parameters, "added_at": added_at, "import_id": import_id}
            transaction.load("examples", sql.TAKEN, self._scratch, sql.ALL_STAGED, values)
            if merged:
                self._labels = {row[0] for row in transaction.execute(sql.LABELS, parameters)}
        return ImportReport(
            added=taken - revised,
            revised=revised,
            duplicates=self.rows - taken - dropped,
            conflicts=conflicts,
            dropped=dropped,
            relabelled=self._relabelled,
            disagreements=self._disagreements,
            alike=alike(self._labels)[:LISTED],
            merged=merged,
            missing_words=words,
        )

    def _sealed(self, batch: list[Example], defaults: Defaults) -> list[tuple[Any, ...]]:
        scope, randomness = self._scope, os.urandom(ID_BYTES * len(batch))
        ids = [randomness[at : at + ID_BYTES] for at in range(0, len(randomness), ID_BYTES)]
        contents = [content(row.input) for row in batch]
        payloads = [
            payload(row.input, row.subject) if row.subject else same for row, same in zip(batch, contents, strict=True)
        ]
        sealed = scope.seal_many(payloads, [example_id + FIRST for example_id in ids])
        (seen_at, source), spelling = defaults, self._spelling
        return [
            (
                row.row,
                example_id,
                content_hash,
                example_subject_hash(scope, row.subject) if row.subject else None,
                row.origin.encode() if row.origin else None,
                respelled(row.label, spelling) if spelling else row.label,
                seen_at if row.seen_at is None else row.seen_at,
                row.source or source,
                row.split,
                seal,
                row.seen_at is not None,
            )
            for row, example_id, content_hash, seal in zip(
                batch, ids, scope.hash_many("content", contents), sealed, strict=True
            )
        ]

    def _compare(self, transaction: Transaction) -> None:
        """Leave out the rows that say nothing new; those whose input is stored already are contested."""
        self._scratch.execute(sql.CREATE_STORED)
        hashes = self._scratch.stream(sql.STAGED_HASHES)
        while some := [row[0] for row in islice(hashes, BATCH_ROWS)]:
            found = transaction.execute(sql.STORED_AMONG, {"collection": self._collection, "hashes": some})
            self._scratch.execute_many(sql.PUT_STORED, found)
        self._scratch.execute(sql.DELETE_KNOWN)
        self._scratch.execute(sql.CONTEST_STORED)

    def _missing_words(self) -> dict[str, int]:
        if not missing_words(dict.fromkeys(self._labels, 1)):
            return {}
        return missing_words(dict(self._scratch.execute(sql.STAGED_LABELS)))

    def _merge(self) -> dict[str, str]:
        """Give labels that are alike the usual spelling of them; which became which."""
        counts: dict[str, int] = dict(self._scratch.execute(sql.STAGED_LABELS))
        with self._database.read() as transaction:
            stored: dict[str, int] = dict(transaction.execute(sql.COUNTED_LABELS, {"collection": self._collection}))
        spelling = self._usual = usual_spellings(stored, counts)
        merged = {label: to for label in sorted(counts) if (to := respelled(label, spelling)) != label}
        self._scratch.execute_many(sql.RESPELL_STAGED, [(to, label) for label, to in merged.items()])
        return merged

    def _settle(self, transaction: Transaction, rule: Rule) -> tuple[int, int, int]:
        """Decide every input that has several rows; how many revisions, conflicts and dropped rows there are."""
        revised = conflicts = dropped = 0
        after = b""
        while hashes := [row[0] for row in self._scratch.execute(sql.CONTESTED, {"after": after})]:
            for content_hash in hashes:
                found = self._settle_one(transaction, content_hash, rule)
                revised, conflicts, dropped = revised + found[0], conflicts + found[1], dropped + found[2]
            after = hashes[-1]
        return revised, conflicts, dropped

    def _settle_one(self, transaction: Transaction, content_hash: bytes, rule: Rule) -> tuple[int, int, int]:
        key = {"collection": self._collection, "content_hash": content_hash}
        rows = self._scratch.execute(sql.STAGED_OF, {"content_hash": content_hash})
        old = transaction.execute(sql.STORED_OF, key)
        labels = {row[3] for row in rows} | {row[1] for row in old[-1:]}
        is_merge = len({respelled(label, self._usual) for label in labels}) == 1
        staged = [Staged(*row[:7]) for row in rows]
        decision = resolve_conflict(
            [Stored(*row[1:5]) for row in old], staged, "latest" if is_merge else rule, self._noun
        )
        is_conflict = decision.is_conflict and not is_merge
        if is_conflict and len(self._disagreements) < LISTED:
            said = {f"{self._noun} {row[0]}": row[3] for row in sorted(rows)}
            self._disagreements.append({"stored": old[-1][1], **said} if old else said)
        kept = set(decision.keep)
        self._scratch.execute_many(sql.DELETE_STAGED, [(row[0],) for row in rows if row[0] not in kept])
        example_ids = {row[0]: row[7] for row in rows}
        example_id = old[0][5] if old else example_ids[decision.keep[0]] if kept else b""
        self._revise(decision.keep, example_ids, example_id, old[-1][0] if old else 0)
        if old and kept:
            self._relabelled += next(row[3] for row in rows if row[0] in kept) != old[-1][1]
            transaction.execute(sql.RETIRE, key)
        return len(kept) - (not old and bool(kept)), int(is_conflict), decision.dropped if is_conflict else 0

    def _revise(self, keep: list[int], own_ids: dict[int, bytes], example_id: bytes, last: int) -> None:
        """Make rows revisions of the example: sealed anew, since a seal is bound to the example and the revision."""
        for revision, n in enumerate(keep, last + 1):
            sealed = self._scratch.execute(sql.SEALED_OF, {"n": n})[0][0]
            plaintext = self._scope.open(sealed, sealed_identity(own_ids[n], 1))
            again = self._scope.seal(plaintext, sealed_identity(example_id, revision))
            self._scratch.execute_many(sql.REVISE_STAGED, [(example_id, revision, int(n == keep[-1]), again, n)])


def example_subject_hash(scope: Scope, subject: str) -> bytes:
    """What a subject's rows are found by."""
    return scope.hash("subject", subject.encode())


def _fold(scratch: Transaction) -> None:
    """Rows alike in input, label and subject become one with their votes; what still shares an input is contested."""
    scratch.execute(sql.INDEX_STAGED)
    scratch.execute(sql.CREATE_CONTESTED)
    scratch.execute(sql.CREATE_FOLDED)
    scratch.execute(sql.INDEX_FOLDED)
    scratch.execute(sql.DELETE_FOLDED)
    scratch.execute(sql.UPDATE_FOLDED)
    scratch.execute(sql.DROP_CONTESTED)
    scratch.execute(sql.CREATE_CONTESTED)


def _batches(rows: Iterable[Example]) -> Iterator[list[Example]]:
    """Batches bounded in rows and in bytes."""
    batch: list[Example] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.input) if isinstance(row.input, str) else len(content(row.input))
        size += len(row.label) + len(row.subject or "") + len(row.source)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _checked(rows: Iterable[Example], text_bytes: int) -> Iterator[Example]:
    """The rows; raises ExamplesInvalid at the first that cannot be stored."""
    for number, row in enumerate(rows, 1):
        try:
            yield msgspec.structs.replace(checked_example(row, text_bytes), row=number)
        except ValueError as error:
            raise ExamplesInvalid(f"row {number}: {error}; nothing was imported") from None
