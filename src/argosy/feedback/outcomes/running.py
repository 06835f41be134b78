"""Outcomes joined without end: as a duty of workers, or by a process of its own."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Final

from argosy.backends import Backends
from argosy.database import Transaction, in_transaction
from argosy.errors import LeaseLost
from argosy.feedback.outcomes.joiner import OutcomeJoiner
from argosy.feedback.outcomes.states import forget_source
from argosy.jobs.duties import Duty, DutyTurn, kept_duties
from argosy.jobs.workers import own_identity
from argosy.vault.master_keys import ROLES

LOOK_SECONDS: Final = 1.0
IDLE_SECONDS: Final = 0.2
FORGET_EVERY: Final = 3600.0


def outcome_duties(backends: Backends) -> list[Duty]:
    """For a list of its own: it reads databases of others, which may take their time."""
    joiner = OutcomeJoiner(backends)

    def look(turn: DutyTurn) -> None:
        joiner.look(turn.confirm)

    def is_wanted(_: Transaction) -> bool:
        return bool(joiner.sources())

    def forget(turn: DutyTurn) -> None:
        def remove(transaction: Transaction) -> None:
            turn.confirm(transaction)
            for name in joiner.to_forget(transaction):
                forget_source(transaction, name)

        in_transaction(backends.database, remove)

    def has_removed(transaction: Transaction) -> bool:
        return bool(joiner.to_forget(transaction))

    return [
        Duty("outcomes", LOOK_SECONDS, look, is_wanted),
        Duty("removed outcomes", FORGET_EVERY, forget, has_removed),
    ]


def joined_by_turns(backends: Backends, name: str = "") -> AbstractContextManager[None]:
    """Join outcomes in a thread for as long as the block runs, taking turns with workers and others that do.

    `name` is the worker's; another process makes one.
    """
    return kept_duties(backends.database, name or own_identity("", {}).name, outcome_duties(backends))


def run_outcomes(backends: Backends, stop: threading.Event) -> None:
    """Join outcomes until `stop` is set."""
    backends.require_keys(*ROLES)
    with joined_by_turns(backends):
        stop.wait()


def join_until_idle(backends: Backends, stop: threading.Event) -> dict[str, str]:
    """Look at all sources until nothing of any was new twice in a row; why those could not be read that could not."""
    backends.require_keys(*ROLES)
    joiner, idle = OutcomeJoiner(backends), 0
    while idle < 2 and not stop.is_set():
        try:
            is_new = joiner.look(stop=stop, is_all=True)
        except LeaseLost:  # another joiner has read on meanwhile
            is_new = True
        idle = 0 if is_new else idle + 1
        stop.wait(IDLE_SECONDS)
    return joiner.problems()
