"""Where the rows of datasets come from: which examples predictions became, and which a model has learned from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from argosy.database import Transaction
from argosy.datasets import statements as sql
from argosy.datasets.frozen import collections_of, frozen_content, frozen_members
from argosy.datasets.membership import RevisionIds, decode
from argosy.datasets.split import PARTS, TEST, PartCodes
from argosy.types import Part

ROWS = "SELECT revision_id, example_id, origin, label, source FROM examples WHERE collection = :collection"
LIVE = "SELECT DISTINCT example_id FROM examples WHERE collection = :collection AND origin IS NOT NULL"
ORIGINS = """
SELECT revision_id, import_id, added_at, source, origin IS NOT NULL FROM examples
WHERE collection = :collection AND revision_id BETWEEN :first AND :last"""
OF_PREDICTION = """
SELECT DISTINCT example_id FROM examples WHERE collection = :collection AND origin = :origin ORDER BY example_id"""
REVISIONS = "SELECT collection, revision_id FROM examples WHERE example_id = :example_id ORDER BY revision_id"
IMPORTED = "SELECT revision_id FROM examples WHERE import_id = :import_id ORDER BY revision_id"
UNRECORDED = """
SELECT collection, revision_id FROM examples
WHERE import_id IS NULL AND source = :source ORDER BY collection, revision_id"""
_CHUNK = 10_000


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
    """The examples in the training and validation parts of those frozen datasets, whatever their revision.

    A dataset that was never frozen here is another project's: no example of this one is in it.
    """
    by_collection: dict[str, set[int]] = {}
    for digest in digests:
        if not collections_of(transaction, [digest]):
            continue
        revision_ids, parts = frozen_members(transaction, digest)
        learned = by_collection.setdefault(frozen_content(transaction, digest)[0], set())
        learned.update(revision_ids[parts != TEST].tolist())
    return {
        row.example_id
        for collection, learned in by_collection.items()
        for row in collection_rows(transaction, collection)
        if row.revision_id in learned
    }


@dataclass(frozen=True, slots=True)
class RowsAdded:
    """Rows of a dataset that one import added; without a number, those from before imports were recorded."""

    import_id: int | None
    added_at: float
    sources: Mapping[str, int]
    """By what the rows themselves name as their source."""
    parts: Mapping[Part, int]
    live: Mapping[str, int]
    """Of them those that feedback on predictions became: corrections, outcomes."""


def rows_added(transaction: Transaction, digest: str) -> tuple[list[RowsAdded], int]:
    """What a frozen dataset's rows came with, oldest first, and how many of its rows were erased since."""
    revision_ids, parts = frozen_members(transaction, digest)
    bounds = {"first": int(revision_ids[0]), "last": int(revision_ids[-1])}
    found: dict[tuple[int | None, float], tuple[Counter[str], Counter[Part], Counter[str]]] = {}
    rows = transaction.stream(ORIGINS, {"collection": frozen_content(transaction, digest)[0], **bounds})
    there = 0
    while chunk := list(islice(rows, _CHUNK)):
        codes = _codes([row[0] for row in chunk], revision_ids, parts)
        for (_, import_id, added_at, source, is_live), code in zip(chunk, codes, strict=True):
            if code < 0:
                continue
            there += 1
            sources, counts, live = found.setdefault((import_id, added_at), (Counter(), Counter(), Counter()))
            sources[source] += 1
            counts[PARTS[code]] += 1
            if is_live:
                live[source] += 1
    ordered = sorted(found.items(), key=lambda item: item[0][1])
    added = [
        RowsAdded(*key, sources, {part: counts[part] for part in PARTS if counts[part]}, live)
        for key, (sources, counts, live) in ordered
    ]
    return added, len(revision_ids) - there


def revisions_of_example(transaction: Transaction, example_id: bytes) -> tuple[str, list[int]]:
    """An example's collection and its revisions that are there, oldest first; empty where there is none."""
    rows = transaction.execute(REVISIONS, {"example_id": example_id})
    return (rows[0][0] if rows else ""), [row[1] for row in rows]


def examples_of_prediction(transaction: Transaction, collection: str, prediction_id: str) -> list[str]:
    """The ids of a collection's examples that were derived from a prediction."""
    rows = transaction.execute(OF_PREDICTION, {"collection": collection, "origin": prediction_id.encode()})
    return [bytes(row[0]).hex() for row in rows]


def revisions_of_import(transaction: Transaction, import_id: int) -> list[int]:
    """The revisions that an import added and that are there still."""
    return [row[0] for row in transaction.execute(IMPORTED, {"import_id": import_id})]


def unrecorded_revisions(transaction: Transaction, source: str) -> dict[str, list[int]]:
    """By collection, the revisions from before imports were recorded whose rows had that source."""
    found: dict[str, list[int]] = {}
    for collection, revision_id in transaction.stream(UNRECORDED, {"source": source}):
        found.setdefault(collection, []).append(revision_id)
    return found


def datasets_holding(
    transaction: Transaction, collection: str, revision_ids: Iterable[int]
) -> dict[str, dict[Part, int]]:
    """By digest, how many of those revisions a frozen dataset has in which part."""
    wanted, found = np.unique(np.fromiter(revision_ids, np.int64)), {}
    for digest, members in transaction.execute(sql.DATASETS, {"collection": collection}):
        inside, parts = decode(members)
        counts = np.bincount(parts[np.isin(inside, wanted)], minlength=len(PARTS))
        if counts.any():
            found[digest] = {part: int(count) for part, count in zip(PARTS, counts, strict=False) if count}
    return found


def _codes(wanted: list[int], revision_ids: RevisionIds, parts: PartCodes) -> list[int]:
    """The part of each revision; -1 for one that is not in the dataset."""
    ids = np.array(wanted, np.int64)
    places = np.minimum(np.searchsorted(revision_ids, ids), len(revision_ids) - 1)
    codes: list[int] = np.where(revision_ids[places] == ids, parts[places].astype(np.int64), -1).tolist()
    return codes
