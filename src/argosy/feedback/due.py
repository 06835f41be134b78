"""What `argosy up` asks for, of every model: retrainings, replays and drift checks that are due.

Each returns the labels of the jobs asked for. A model that cannot be asked about is left alone and named in the log.
Raises DatabaseUnavailable.
"""

from __future__ import annotations

from collections.abc import Callable

from argosy.backends import Backends
from argosy.errors import ArgosyError, DatabaseUnavailable, VersionNotFound
from argosy.feedback.drift_requests import DriftRequests
from argosy.feedback.policies import schedule
from argosy.feedback.replay_requests import Replays
from argosy.feedback.requests import Retrainings
from argosy.telemetry import logger

_log = logger("argosy.up")


def request_due_retrainings(backends: Backends, waiting: dict[str, str] | None = None) -> list[str]:
    """`waiting` remembers what each model's retraining waits for from one call to the next, so that it is said once."""
    when = schedule(backends.settings)
    if not when.is_on:
        return []
    asked, known = Retrainings.of(backends), {} if waiting is None else waiting

    def ask(model: str) -> str | None:
        def on_wait(reason: str, obstacle: str) -> None:
            if known.get(model) != obstacle:
                known[model] = obstacle
                _log.info("%s: a retraining is due, %s; it waits for %s", model, reason, obstacle)

        return asked.request_if_due(model, when, on_wait=on_wait)

    return _of_each(backends, ask, "retraining as %s")


def request_due_replays(backends: Backends) -> list[str]:
    asked, line = Replays.of(backends), "replaying the version before on fresh feedback as %s"
    return _of_each(backends, asked.request_if_due, line)


def request_drift_checks(backends: Backends) -> list[str]:
    hours = backends.settings.drift.window_hours
    asked = DriftRequests(backends.queue, backends.store)
    return _of_each(backends, lambda model: asked.request_if_answered(model, hours))


def _of_each(backends: Backends, ask: Callable[[str], str | None], line: str = "") -> list[str]:
    labels = []
    for model in backends.store.models():
        try:
            label = ask(model)
        except VersionNotFound:  # no champion yet
            continue
        except DatabaseUnavailable:
            raise
        except ArgosyError as error:
            _log.warning("%s: %s", model, error)
            continue
        if label:
            labels.append(label)
            if line:
                _log.info(f"%s: {line}", model, label)
    return labels
