"""Checks the steps of a project periodically, by the worker on this machine that has the turn.

The settings are read again when they change: a step that is edited counts from the next look on, without any restart.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from argosy import clock
from argosy.backends import Backends
from argosy.database import Transaction
from argosy.definitions import load_settings
from argosy.definitions.project import FILE_NAME
from argosy.definitions.steps import Step, parse_steps
from argosy.errors import DefinitionInvalid
from argosy.jobs.duties import Duty, DutyTurn
from argosy.jobs.workers import place_of_project
from argosy.steps import keeping
from argosy.steps.looking import Looking
from argosy.telemetry import logger

EVERY_SECONDS: Final = 2.0
_log = logger("argosy.steps")


class Watching:
    """What one worker looks with. One thread, that of its duties."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends
        self._looking: Looking | None = None
        self._steps: Mapping[str, Step] = parse_steps(backends.settings.steps)
        self._read_at = self._changed_at()

    def duty(self) -> Duty:
        """One for each folder of the project: what is in it only its own machine sees.

        A worker that looks twice, since its turn was taken meanwhile, asks for nothing twice: a look needs no token.
        """
        return Duty(f"steps {place_of_project(self._backends.root)}", EVERY_SECONDS, self._look, self._has_steps)

    def keeping_duty(self) -> Duty:
        """Outputs that are older than they are kept go, whichever machine made them."""
        return Duty("outputs of steps", keeping.EVERY_SECONDS, self._prune, self._has_limits)

    def _has_limits(self, transaction: Transaction) -> bool:
        return self._has_steps(transaction) and any(step.keep is not None for step in self._steps.values())

    def _prune(self, turn: DutyTurn) -> None:
        with self._backends.database.write() as transaction:
            turn.confirm(transaction)
        keeping.log_pruned(*keeping.prune_steps(self._backends.database, self._backends.queue, self._steps))

    def _has_steps(self, _: Transaction) -> bool:
        changed_at = self._changed_at()
        if changed_at != self._read_at:
            self._read_at = changed_at
            try:
                self._steps = parse_steps(load_settings(self._backends.root, os.environ).steps)
            except DefinitionInvalid as error:
                _log.warning("the previous steps stay in use: %s", error)
        return bool(self._steps)

    def _look(self, _: DutyTurn) -> None:
        self._looking = self._looking or Looking.of(self._backends)
        for found in self._looking.look(self._steps, clock.now()).values():
            if found.is_new:
                _log.info("new inputs of the step %s: %s", found.step, found.label)

    def _changed_at(self) -> int:
        try:
            return (self._backends.root / FILE_NAME).stat().st_mtime_ns
        except OSError:
            return 0
