"""The kind of job that a worker does not begin in quiet hours."""

from __future__ import annotations

import logging
from collections.abc import Callable

from argosy import clock
from argosy.definitions.project import TrainingSettings
from argosy.jobs.submission import TRAIN

_log = logging.getLogger(__name__)


def paused_kind(settings: TrainingSettings) -> Callable[[], str]:
    """What says that training is paused, in quiet hours; both ends of them are logged."""
    reported: list[str | None] = [None]

    def kind() -> str:
        until = settings.quiet_until(clock.now())
        if until != reported[0]:
            _log.info("quiet hours until %s: no training starts", until) if until else _log.info("quiet hours are over")
            reported[0] = until
        return TRAIN if until else ""

    return kind
