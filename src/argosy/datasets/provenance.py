"""Where the rows of datasets come from: which examples predictions became, and which a model has learned from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from argosy.database import Transaction
from argosy.datasets.frozen import frozen_content, frozen_members
from argosy.datasets.split import TEST

ROWS = "SELECT revision_id, example_id, origin, label, source FROM examples WHERE collection = :collection"
LIVE = "SELECT DISTINCT example_id FROM examples WHERE collection = :collection AND origin IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Provenance:
    """A revision of an example, and the prediction that it was derived from, if any."""

    revision_id: int
    example_id: bytes
    origin: str | None
    label: str
    source: str


def collection_rows(transaction: Transaction, collection: str) -> Iterator[Provenance]:
    """Every revision of a collection's examples."""
    for revision_id, example_id, origin, label, source in transaction.stream(ROWS, {"collection": collection}):
        prediction = None if origin is None else bytes(origin).decode()
        yield Provenance(revision_id, bytes(example_id), prediction, label, source)


def live_examples(transaction: Transaction, collection: str) -> set[bytes]:
    """The examples that were derived from predictions."""
    return {bytes(row[0]) for row in transaction.execute(LIVE, {"collection": collection})}


def learned_examples(transaction: Transaction, digests: Iterable[str]) -> set[bytes]:
    """The examples in the training and validation parts of those frozen datasets, whatever their revision."""
    by_collection: dict[str, set[int]] = {}
    for digest in digests:
        revision_ids, parts = frozen_members(transaction, digest)
        learned = by_collection.setdefault(frozen_content(transaction, digest)[0], set())
        learned.update(revision_ids[parts != TEST].tolist())
    return {
        row.example_id
        for collection, learned in by_collection.items()
        for row in collection_rows(transaction, collection)
        if row.revision_id in learned
    }
