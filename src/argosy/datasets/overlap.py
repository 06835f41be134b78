"""How many examples two sets of revisions share, whatever the revision that each side has."""

from __future__ import annotations

from argosy.database import Transaction
from argosy.datasets.membership import RevisionIds

_IDENTITIES = "SELECT revision_id, example_id FROM examples WHERE collection = :collection"


def shared_examples(transaction: Transaction, collection: str, first: RevisionIds, second: RevisionIds) -> int:
    """Examples of the collection that are on both sides."""
    sides: tuple[set[bytes], set[bytes]] = (set(), set())
    wanted = tuple(frozenset(side.tolist()) for side in (first, second))
    for revision_id, example_id in transaction.stream(_IDENTITIES, {"collection": collection}):
        for side, ids in zip(sides, wanted, strict=True):
            if revision_id in ids:
                side.add(bytes(example_id))
    return len(sides[0] & sides[1])
