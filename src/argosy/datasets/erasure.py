"""Removing a subject: rows, the bytes they leave in the database's files, and what was built from them.

Every revision of every example that carried a row of the subject goes, no matter who else sent the same input. Frozen
datasets keep their digest and lose those rows; `Erased.datasets` names them, and through them the models that were
trained on the subject. A kill between the deletion and the purge leaves unreadable bytes that the next erase, of
any subject, purges.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from argosy.database import Database, Transaction
from argosy.datasets import statements as sql
from argosy.datasets.membership import decode
from argosy.datasets.staging import example_subject_hash
from argosy.identities import resting_forms
from argosy.vault import Scope


class Erased(msgspec.Struct, frozen=True):
    """How many examples and revisions are gone, and the digests of the datasets that had them."""

    examples: int
    revisions: int
    datasets: list[str]


def erase(database: Database, scopes: Iterable[Scope], subject: str) -> Erased:
    """Remove the subject, in every form in which it may rest, from the collections of those scopes, then purge.

    Idempotent.
    """
    examples = revisions = 0
    digests: list[str] = []
    with database.write() as transaction:
        for scope in sorted(scopes, key=lambda one: one.name):
            transaction.lock(scope.name)
            collection = scope.name.removeprefix("collection:")
            keys = [
                {"collection": collection, "subject_hash": example_subject_hash(scope, one)}
                for one in resting_forms(subject)
            ]
            rows = sorted({row for key in keys for row in transaction.execute(sql.SUBJECT_ROWS, key)})
            examples += len({content_hash for _, content_hash in rows})
            revisions += len(rows)
            digests += datasets_with(transaction, collection, [revision_id for revision_id, _ in rows])
            transaction.execute_many(sql.ERASE, [(revision_id,) for revision_id, _ in rows])
        if revisions:
            hold_erasures(transaction)
            transaction.execute(sql.NOTE_ERASURE, {"now": transaction.now()})
    database.purge()
    return Erased(examples, revisions, digests)


def hold_erasures(transaction: Transaction) -> int:
    """Nobody erases until the transaction ends; how often that was done before."""
    transaction.lock("erasures")
    return erasures(transaction)


def erasures(transaction: Transaction) -> int:
    """How often examples were erased: what was decrypted at another count may hold what must be forgotten."""
    return int(transaction.execute(sql.ERASURES)[0][0])


def datasets_with(transaction: Transaction, collection: str, revision_ids: list[int]) -> list[str]:
    """The digests of the collection's frozen datasets that hold any of those revisions."""
    if not revision_ids:
        return []
    frozen = transaction.execute(sql.DATASETS, {"collection": collection})
    return [digest for digest, members in frozen if np.isin(revision_ids, decode(members)[0]).any()]
