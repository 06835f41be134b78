"""Removes artifacts that no result refers to: what a worker left that died between storing an artifact and its result.

No result can lose its artifact to this, whatever the age asked for: see `removals.py`. The age only spares work that is
under way.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from argosy.database.database import Database, Transaction
from argosy.error_messages import message_of
from argosy.errors import ArtifactNotFound, Outage
from argosy.store import removals
from argosy.store.artifact_store import ArtifactStore
from argosy.telemetry import logger

ORPHAN_SECONDS: Final = 3600.0
EVERY_SECONDS: Final = 600.0
_log = logger("argosy.store")

_NAMED = "SELECT artifact FROM trained UNION SELECT digest FROM kept_files"
_IS_REFERRED = """
SELECT 1 FROM trained WHERE artifact = :artifact UNION SELECT 1 FROM kept_files WHERE digest = :artifact"""


def artifacts_named(transaction: Transaction) -> set[str]:
    """The digests of the artifacts that results refer to, and of the files kept with them."""
    return {row[0] for row in transaction.execute(_NAMED)}


def collect(database: Database, artifacts: ArtifactStore, now: float, age: float = ORPHAN_SECONDS) -> list[str]:
    """Delete every unreferenced artifact that was last put at least `age` seconds before `now`; their digests.

    Any number may run at once, also while workers run.
    """
    with database.write() as transaction:
        referred = artifacts_named(transaction)
        begun = removals.unfinished_removals(transaction)
    for number, digest in begun:
        _end(database, artifacts, number, digest)
    orphans = [
        one.digest for one in artifacts.list_artifacts() if one.digest not in referred and one.put_at <= now - age
    ]
    return [digest for digest in orphans if _delete(database, artifacts, digest)]


def _delete(database: Database, artifacts: ArtifactStore, digest: str) -> bool:
    began = time.monotonic()
    with database.write() as transaction:
        removals.hold_removals(transaction)
        if transaction.execute(_IS_REFERRED, {"artifact": digest}):
            return False
        number = removals.begin_removal(transaction, digest)
    if time.monotonic() - began > removals.PATIENCE / 2:  # we were stopped: another may have ended it
        return False
    return _end(database, artifacts, number, digest)


def _end(database: Database, artifacts: ArtifactStore, number: int, digest: str) -> bool:
    is_deleted = False
    with suppress(ArtifactNotFound):  # what an older release took for an artifact
        is_deleted = artifacts.delete(digest)
    with database.write() as transaction:
        removals.end_removal(transaction, number)
    return is_deleted


class Collector:
    """Collects now and then. To be asked whenever there is nothing else to do."""

    def __init__(self, database: Database, artifacts: ArtifactStore, every_seconds: float = EVERY_SECONDS) -> None:
        self._database, self._artifacts, self._every_seconds = database, artifacts, every_seconds
        self._collected_at = float("-inf")

    def collect_if_due(self, uptime: float, now: float) -> list[str]:
        """Collect, unless that was done less than `every_seconds` of `uptime` ago. Errors of a store are logged."""
        if uptime - self._collected_at < self._every_seconds:
            return []
        self._collected_at = uptime
        try:
            removed = collect(self._database, self._artifacts, now)
        except (OSError, Outage) as error:
            _log.warning("artifacts cannot be listed: %s", message_of(error))
            return []
        if removed:
            _log.info("%d artifacts that no result refers to were removed", len(removed))
        return removed
