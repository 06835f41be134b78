"""A joiner takes each source in turn: reads new rows, closes windows, makes examples of rows without a prediction.

Any number may run; as a duty of workers, one at a time does. A source that cannot be read stops no other: the problem
is kept with it and logged once, and the source is tried again.
"""

from __future__ import annotations

import threading
import time
from functools import cached_property

from argosy.backends import Backends
from argosy.database import Transaction
from argosy.error_messages import message_of
from argosy.errors import ArgosyError, DatabaseUnavailable, LeaseLost
from argosy.feedback.outcomes.closing import WindowClosing
from argosy.feedback.outcomes.rows import NamedSource
from argosy.feedback.outcomes.services import OutcomeServices
from argosy.feedback.outcomes.sources import read_batches
from argosy.feedback.outcomes.states import SourceState, removed_sources
from argosy.feedback.outcomes.taking import Confirm, OutcomeTaking, unconfirmed
from argosy.feedback.outcomes.teaching import OutcomeTeaching
from argosy.telemetry import logger

_log = logger("argosy.outcomes")


class OutcomeJoiner:
    """Of one thread."""

    def __init__(self, backends: Backends) -> None:
        self._backends, self._services = backends, OutcomeServices(backends.root)
        self._due: dict[str, float] = {}
        self._problem = ""

    @cached_property
    def _taking(self) -> OutcomeTaking:
        """Made when there is something to take: a worker of a project without outcomes needs no predictions key."""
        return OutcomeTaking.of(self._backends)

    @cached_property
    def _closing(self) -> WindowClosing:
        return WindowClosing(self._taking, self._backends.prediction_log)

    @cached_property
    def _teaching(self) -> OutcomeTeaching:
        return OutcomeTeaching(self._backends)

    def sources(self) -> list[NamedSource]:
        """Those that the services name by now; what is wrong with their files is logged once."""
        return self._defined() or []

    def to_forget(self, transaction: Transaction) -> list[str]:
        """Sources that no service names any more, and nobody has looked at for a month."""
        defined = self._defined()
        return [] if defined is None else removed_sources(transaction, [one.name for one in defined])

    def _defined(self) -> list[NamedSource] | None:
        """None where the files cannot be read."""
        try:
            found = self._services.sources()
            self._problem = ""
        except (ArgosyError, OSError) as error:
            if message_of(error) != self._problem:
                self._problem = message_of(error)
                _log.warning("services: %s", self._problem)
            return None
        return found

    def problems(self) -> dict[str, str]:
        """By name, what is wrong with sources that could not be read when they were last looked at."""
        problems = {named.name: self._taking.state(named.name).problem for named in self.sources()}
        found = {name: problem for name, problem in problems.items() if problem}
        return {"services": self._problem, **found} if self._problem else found

    def look(
        self, confirm: Confirm = unconfirmed, stop: threading.Event | None = None, *, is_all: bool = False
    ) -> bool:
        """Look at the sources that are due, with `is_all` at every one; whether anything was new.

        Raises LeaseLost and DatabaseUnavailable.
        """
        is_new = False
        for named in self.sources():
            if stop is not None and stop.is_set():
                break
            now = time.monotonic()
            if is_all or self._due.get(named.name, now) <= now:
                is_new = self._look_at(named, confirm) or is_new
                self._due[named.name] = time.monotonic() + named.source.every
        return is_new

    def _look_at(self, named: NamedSource, confirm: Confirm) -> bool:
        before = state = self._taking.state(named.name)
        from_ = None if state.read_up_to is None else state.read_up_to - named.source.late
        try:
            for batch in read_batches(self._backends, named, state.position, from_):
                if batch.rows or batch.position != state.position or batch.is_end:
                    state = self._taking.take(named, state, batch, confirm)
            state = self._closing.close(named, state, confirm)
            taught = self._teaching.teach(named)
        except (LeaseLost, DatabaseUnavailable):
            raise
        except (ArgosyError, OSError) as error:
            problem = message_of(error)
            if problem != state.problem:
                _log.warning("%s: %s", named.name, problem)
            self._taking.note_problem(named.name, problem)
            return False
        if state.taken > before.taken:
            _log.info(
                "%s: %d outcomes, %d joined", named.name, state.taken - before.taken, state.joined - before.joined
            )
        return bool(taught) or _content(state) != _content(before)


def _content(state: SourceState) -> tuple[object, ...]:
    return state.position, state.taken, state.joined, state.otherwise, state.poison, state.read_up_to
