"""Transactions that are repeated where another one was in the way.

Two writers that wait for each other, or one that has a lock for too long, end a transaction of which nothing is
written. A caller that can run it again passes it as a function to `in_transaction`; all others let the error go on to
where the whole of their work is tried again: a worker postpones its job, a server answers 503, a command reports it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from argosy.database.database import Database, Transaction
from argosy.errors import TransactionConflict

ATTEMPTS: Final = 6
SECONDS: Final = 60.0
"""After which no other attempt begins."""
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0

T = TypeVar("T")


def in_transaction(database: Database, function: Callable[[Transaction], T]) -> T:
    """What the function returns, once its transaction is committed.

    It may be run several times, each in a new transaction: it must change nothing but rows, through its argument.
    Raises what it raises, and TransactionConflict where the last attempt met one too.
    """
    deadline = time.monotonic() + SECONDS
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with database.write() as transaction:
                return function(transaction)
        except TransactionConflict:
            if attempt == ATTEMPTS or time.monotonic() >= deadline:
                raise
            time.sleep(pause_after(attempt, random.random()))  # noqa: S311  # two that met must not meet again
    raise AssertionError


def pause_after(attempt: int, draw: float) -> float:
    """Seconds before the next attempt, longer each time; `draw` is a random number from 0 to 1."""
    return float(min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * (0.5 + draw))
