"""What `argosy up` looks after once a second: what is due of every model, and what gates have decided meanwhile."""

from __future__ import annotations

import logging
import threading
import time

from argosy.backends import Backends
from argosy.errors import DatabaseUnavailable, SchemaNewer
from argosy.feedback.due import request_drift_checks, request_due_replays, request_due_retrainings
from argosy.feedback.outcomes.running import joined_by_turns
from argosy.feedback.requests import Retrainings
from argosy.predictions.retention import Retention
from argosy.telemetry import logger
from argosy.vault.master_keys import ROLES

_log = logger("argosy.up")

WATCH_SECONDS = 1.0


class Upkeep:
    """Of one thread. An outage of the database is waited out, and logged once for as long as it lasts."""

    def __init__(self, backends: Backends) -> None:
        self._backends, self._reported = backends, decisions(backends)
        self._replayed_at, self._drift_at = float("-inf"), time.monotonic()
        self._waiting: dict[str, str] = {}
        self._retention = Retention(backends.database, backends.settings.predictions.keep_seconds)
        self._problem = ""

    def step(self) -> None:
        """Ask for what is due, and report what was decided; raises SchemaNewer."""
        try:
            self._ask(time.monotonic())
            self._report()
            self._problem = ""
        except SchemaNewer:
            raise
        except DatabaseUnavailable as error:
            if str(error) != self._problem:
                _log.warning("%s; trying again", error)
            self._problem = str(error)

    def _ask(self, now: float) -> None:
        settings = self._backends.settings
        replays, drift = settings.rollback.every_seconds, settings.drift.every_seconds
        request_due_retrainings(self._backends, self._waiting)
        if replays is not None and now - self._replayed_at >= replays:
            request_due_replays(self._backends)
            self._replayed_at = now
        if drift is not None and now - self._drift_at >= drift:
            request_drift_checks(self._backends)
            self._drift_at = now
        self._retention.step(now)

    def _report(self) -> None:
        found = decisions(self._backends)
        for _, level, text in sorted(found - self._reported):
            _log.log(level, "%s", text)
        self._reported = found


def look_after(backends: Backends, stop: threading.Event) -> None:
    """Join outcomes and ask for what is due, until `stop` is set: what `argosy analyse` does where no server runs.

    Any number may run, next to workers: retrainings and replays are asked for once, and outcomes joined by one of them.
    """
    backends.require_keys(*ROLES)
    backends.load_plugins()
    upkeep = Upkeep(backends)
    with joined_by_turns(backends):
        while not stop.wait(WATCH_SECONDS):
            upkeep.step()


def decisions(backends: Backends) -> set[tuple[float, int, str]]:
    """What gates have decided, and how retrainings ended that reached no gate: when, log level, text."""
    found: set[tuple[float, int, str]] = set()
    asked = Retrainings.of(backends)
    for model in backends.store.models():
        for one in asked.judgements(model):
            decided = "takes over from" if one.verdict.promote else "does not replace"
            text = f"{model}: version {one.challenger} {decided} {one.champion}, {one.verdict.reason}"
            found.add((one.judged_at, logging.INFO, text))
        for end in asked.came_to_nothing(model):
            level = logging.WARNING if end.is_worrying else logging.INFO
            found.add((end.ended_at, level, f"{model}: the retraining made no challenger: {end.reason}"))
    return found
