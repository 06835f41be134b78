"""Asking for drift checks, by schedule."""

from __future__ import annotations

import msgspec

from argosy.errors import VersionNotFound
from argosy.feedback.drifting import DRIFT, DriftRequest
from argosy.jobs.queue import Queue, hold_jobs, under_way
from argosy.predictions.live_profiles import HORIZON_HOURS, HOUR
from argosy.predictions.log import has_answered
from argosy.store.aliases import CHAMPION
from argosy.store.store import Store


class DriftRequests:
    """Any thread, any number of processes; needs no key."""

    def __init__(self, queue: Queue, store: Store) -> None:
        self._queue, self._store = queue, store

    def request_if_answered(self, model: str, window_hours: int) -> str | None:
        """Queue a `drift` job where the model answered anything lately and none is under way; its label."""
        requires = self._requires(model)
        with self._queue.database.write() as transaction:
            hold_jobs(transaction)
            now = transaction.now()
            since = now - HORIZON_HOURS * HOUR
            if not has_answered(transaction, model, since) or under_way(transaction, DRIFT, model) is not None:
                return None
            label = f"{DRIFT}-{model}-{round(now * 1000)}"
            request = msgspec.to_builtins(DriftRequest(model, window_hours))
            self._queue.submit(transaction, DRIFT, label, request, requires)
            return label

    def _requires(self, model: str) -> dict[str, str]:
        """The plug-ins of the champion, whatever their code has become since."""
        try:
            champion = self._store.trained(self._store.stored_version(f"{model}@{CHAMPION}").label)
        except VersionNotFound:
            return {}
        return dict.fromkeys(champion.environment.get("plugins", {}), "")
