"""Whether the sealed rows of a collection open: one that was altered, or moved to another row's place, does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from argosy.database import Database
from argosy.datasets.example import sealed_identity
from argosy.errors import SealBroken
from argosy.vault import Scope

PAGE_ROWS: Final = 1000
_NEWEST: Final = """
SELECT revision_id, example_id, revision, sealed FROM examples
WHERE collection = :collection AND revision_id < :before ORDER BY revision_id DESC LIMIT :rows"""
_LAST: Final = 1 << 62


def broken_examples(
    database: Database, scope: Scope, collection: str, most: int | None, seen: Callable[[int], None]
) -> list[str]:
    """The examples of which a revision does not open, of the newest `most` revisions or of all.

    A page at a time: no transaction is open while rows are. `seen` receives how many were looked at so far.
    """
    broken: dict[str, None] = {}
    wanted = {"collection": collection, "before": _LAST, "rows": PAGE_ROWS}
    count = 0
    while most is None or count < most:
        with database.read() as transaction:
            page = transaction.execute(_NEWEST, wanted)
        for _, example_id, revision, sealed in page:
            try:
                scope.open(sealed, sealed_identity(example_id, revision))
            except (SealBroken, TypeError, ValueError, OverflowError):  # or columns that no import wrote
                broken[example_id.hex() if isinstance(example_id, bytes) else str(example_id)] = None
        count += len(page)
        seen(count)
        if len(page) < PAGE_ROWS:
            break
        wanted["before"] = page[-1][0]
    return list(broken)
