"""Whether the sealed rows of the prediction log open: one that was altered, or moved to another's place, does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from argosy.database import Database
from argosy.errors import SealBroken
from argosy.predictions.ids import PredictionIds
from argosy.vault import Scope

PAGE_ROWS: Final = 1000
_NEWEST: Final = "SELECT id, sealed FROM predictions WHERE id < :before ORDER BY id DESC LIMIT :rows"
_LAST: Final = "~"
"""After every id: those are hexadecimal."""


def broken_predictions(database: Database, scope: Scope, most: int | None, seen: Callable[[int], None]) -> list[str]:
    """The ids of those that do not open, of the newest `most` or of all; `seen` receives how many were looked at.

    Those that another key logged are left out: `PredictionLog.foreign` counts them.
    """
    ids = PredictionIds(scope)
    broken: list[str] = []
    wanted = {"before": _LAST, "rows": PAGE_ROWS}
    count = 0
    while most is None or count < most:
        with database.read() as transaction:
            page = transaction.execute(_NEWEST, wanted)
        for prediction_id, sealed in page:
            if not ids.is_issued(prediction_id):
                continue
            try:
                scope.open(sealed, bytes.fromhex(prediction_id))
            except (SealBroken, TypeError, ValueError):
                broken.append(prediction_id)
        count += len(page)
        seen(count)
        if len(page) < PAGE_ROWS:
            break
        wanted["before"] = page[-1][0]
    return broken
