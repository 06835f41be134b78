"""A frozen dataset in the clear: what a worker trains on.

Rows come in the order of their revision ids, so that training from the same digest sees them in the same order.
Plaintext exists in the memory of the process that loads, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from argosy.database import Database, Transaction
from argosy.datasets import membership
from argosy.datasets import statements as sql
from argosy.datasets.example import read_payload, sealed_identity
from argosy.datasets.examples import scope_name
from argosy.datasets.frozen import frozen_content
from argosy.datasets.membership import RevisionIds
from argosy.datasets.split import PARTS
from argosy.types import Input, Part
from argosy.vault import Scope, Vault

_GAP = 64
"""Ids that differ by more than this are asked for in separate queries: fewer rows are read than skipped."""


@dataclass(frozen=True)
class Rows:
    """Columns of the same length."""

    revision_ids: RevisionIds
    example_ids: list[bytes]
    inputs: list[Input]
    labels: list[str]

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Dataset:
    """`parts` has all three; `missing` is how many rows were erased since it was frozen."""

    digest: str
    collection: str
    parts: dict[Part, Rows]
    missing: int

    @property
    def classes(self) -> list[str]:
        """The labels of the training part, sorted."""
        return sorted(set(self.parts[Part.TRAIN].labels))


def load(database: Database, vault: Vault, digest: str) -> Dataset:
    """Decrypt a frozen dataset; raises DatasetInvalid for an unknown digest, KeyWrong, SealBroken."""
    with database.read() as transaction:
        collection, data = frozen_content(transaction, digest)
    scope = vault.scope(scope_name(collection))
    revision_ids, codes = membership.decode(data)
    with database.read() as transaction:
        found = list(_sealed_rows(transaction, collection, revision_ids))
    where = codes[np.searchsorted(revision_ids, np.array([row[0] for row in found], dtype=np.int64))].tolist()
    by_part: list[list[tuple[Any, ...]]] = [[] for _ in PARTS]
    for code, row in zip(where, found, strict=True):
        by_part[code].append(row)
    parts = {part: _opened(scope, rows) for part, rows in zip(PARTS, by_part, strict=True)}
    return Dataset(digest, collection, parts, len(revision_ids) - len(found))


def load_revisions(database: Database, vault: Vault, collection: str, revision_ids: RevisionIds) -> Rows:
    """Decrypt those revisions of one collection (ids ascending); erased ones are missing."""
    scope = vault.scope(scope_name(collection))
    with database.read() as transaction:
        found = list(_sealed_rows(transaction, collection, revision_ids))
    return _opened(scope, found)


def _sealed_rows(transaction: Transaction, collection: str, revision_ids: RevisionIds) -> Iterator[tuple[Any, ...]]:
    if not len(revision_ids):
        return
    wanted = set(revision_ids.tolist())
    breaks = np.flatnonzero(np.diff(revision_ids) > _GAP)
    firsts = revision_ids[np.concatenate(([0], breaks + 1))].tolist()
    lasts = revision_ids[np.concatenate((breaks, [len(revision_ids) - 1]))].tolist()
    for first, last in zip(firsts, lasts, strict=True):
        bounds = {"first": first, "last": last, "collection": collection}
        yield from (row for row in transaction.execute(sql.SEALED_BETWEEN, bounds) if row[0] in wanted)


def _opened(scope: Scope, rows: list[tuple[Any, ...]]) -> Rows:
    plain = scope.open_many(
        (sealed, sealed_identity(example_id, revision)) for _, example_id, revision, _, sealed in rows
    )
    return Rows(
        np.array([row[0] for row in rows], dtype=np.int64),
        [row[1] for row in rows],
        [read_payload(data)[0] for data in plain],
        [row[3] for row in rows],
    )
