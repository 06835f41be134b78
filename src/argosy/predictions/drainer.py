"""Drains a spool in a process next to its server: moves predictions, carries out erasures, and reports its state."""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from argosy import clock
from argosy.database import Database
from argosy.errors import ArgosyError, DatabaseUnavailable
from argosy.periodic_thread import repeated
from argosy.predictions.drain import drain_once, drained_positions
from argosy.predictions.held import held
from argosy.predictions.spool_erasure import carry_out_erasures
from argosy.predictions.spools import SEEN_SECONDS, Spools
from argosy.telemetry import logger

EVERY_SECONDS: Final = 0.2
_log = logger("argosy.predictions")


def follow(folder: Path, database: Database, stop: threading.Event, every_seconds: float = EVERY_SECONDS) -> None:
    """Drain until `stop` is set, and once more after it. An outage of the database is outlived: the spool keeps."""
    problem = ""
    # also while much is being moved
    with repeated(partial(_show_life, folder, database), SEEN_SECONDS, "presence"):
        while True:
            is_last = stop.wait(every_seconds)
            try:
                _attend(folder, database)
                problem = ""
            except (DatabaseUnavailable, OSError) as error:
                if str(error) != problem:
                    _log.warning("predictions stay in the spool: %s", error)
                problem = str(error)
            if is_last:
                break
    with suppress(ArgosyError, OSError):  # it is silent then, as others see it
        spools = Spools(database)
        spools.leave(spools.enter(folder), folder, is_ending=True)


def _attend(folder: Path, database: Database) -> None:
    """Drain, with what others have asked of this spool."""
    spools = Spools(database)
    name = spools.enter(folder)
    orders = spools.orders(name)
    carry_out_erasures(folder, database)
    drain_once(folder, database)
    if orders is not None and orders.asked > orders.drained:
        spools.acknowledge(name, orders.asked)


def _show_life(folder: Path, database: Database) -> None:
    """Say that it lives, and what is still in the spool."""
    with suppress(ArgosyError, OSError):  # the drain reports it
        spools = Spools(database)
        spools.see(spools.enter(folder), folder, held(folder, drained_positions(database), clock.now()))
