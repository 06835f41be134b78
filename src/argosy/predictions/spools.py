"""The list of spools. Each has a row from its first drain to its end, for requests of others and its drainer's replies.

- A spool is moved by processes that work in its folder, and by no other. A look-up from elsewhere asks it to drain.
- Nothing leaves a spool that has an erasure to carry out: a drainer holds the spool's lock and compares. An erasure
  holds the locks of all spools, so that what they had moved before is in the database for it to delete.
- A new spool with nothing in it owes nothing. One with files and without a row carries out every erasure there was.
- Ages are by the database's clock.
"""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argosy.database import Database, Row, Transaction
from argosy.errors import SpoolNotForgotten, nearest
from argosy.predictions import segments
from argosy.predictions.held import Held
from argosy.predictions.spool_names import name_of_spool
from argosy.version import __version__

SEEN_SECONDS: Final = 5.0
"""Between two signs of life."""
SILENT_SECONDS: Final = 20.0
ANSWER_SECONDS: Final = 2.0
"""For how long a look-up waits for spools elsewhere."""
LOOK_SECONDS: Final = 0.02
REGISTRY: Final = "spools"
"""The lock under which spools come, and erasures are ordered."""
_OWED = """
(SELECT count(*) FROM subject_erasures WHERE number > obeyed)"""
_ALL = f"""
SELECT name, host, folder, version, entered_at, seen_at, waiting, waiting_seconds, damaged, drained,
{_OWED}, forgotten_at FROM spool_folders ORDER BY entered_at, name"""  # noqa: S608  # our own words
_NAMES = "SELECT name FROM spool_folders ORDER BY name"
_NEWEST = "SELECT coalesce(max(number), 0) FROM subject_erasures"
_ENTER = """
INSERT INTO spool_folders (name, host, folder, version, entered_at, seen_at, obeyed)
VALUES (:name, :host, :folder, :version, :now, 0, :obeyed) ON CONFLICT (name) DO NOTHING"""
_LEAVE = "DELETE FROM spool_folders WHERE name = :name AND seen_at < :before"
_CLEAR = "DELETE FROM spool_folders"
_SEE = """
UPDATE spool_folders SET host = :host, folder = :folder, version = :version, seen_at = :now, waiting = :waiting,
waiting_seconds = :seconds, damaged = :damaged, forgotten_at = NULL WHERE name = :name"""
_ORDERS = f"SELECT asked, drained, {_OWED} FROM spool_folders WHERE name = :name"  # noqa: S608
_ASK = "UPDATE spool_folders SET asked = asked + 1 WHERE name IN (:names) RETURNING name, asked"
_ANSWER = "UPDATE spool_folders SET drained = :drained WHERE name = :name AND drained < :drained"
_FORGET = "UPDATE spool_folders SET forgotten_at = :now WHERE name = :name"


@dataclass(frozen=True)
class SpoolStatus:
    """A spool as its row was read."""

    name: str
    host: str
    folder: str
    version: str
    entered_at: float
    seen_at: float
    """0: no drainer was ever seen."""
    seconds_silent: float
    """Since its newest sign of life, or since it came."""
    waiting: int
    """Predictions in it at that time, roughly where there are many."""
    waiting_seconds: float
    """How old the oldest of them was."""
    damaged: int
    """Files in it that cannot be moved, nor all of them searched."""
    drained: int
    erasures: int
    """That it has not carried out yet."""
    is_forgotten: bool

    @property
    def is_silent(self) -> bool:
        """Its drainer was killed or stopped, or does not reach the database."""
        return not self.seen_at or self.seconds_silent > SILENT_SECONDS

    @property
    def owes(self) -> bool:
        """Whether an erasure waits for it, and it was not given up."""
        return self.erasures > 0 and not self.is_forgotten


@dataclass(frozen=True)
class SpoolOrders:
    """What a spool's drainer has to do next to moving what there is."""

    asked: int
    drained: int
    erasures: int


def first_obeyed(is_empty: bool, newest: int) -> int:
    """Of a spool that no row knows, the erasure from which on it owes the later ones. Pure."""
    return newest if is_empty else 0


def still_behind(asked: Mapping[str, int], spools: Sequence[SpoolStatus]) -> list[SpoolStatus]:
    """Those that may yet answer what they were asked. One that is gone has left nothing behind. Pure."""
    return [one for one in spools if not one.is_silent and one.drained < asked.get(one.name, 0)]


class Spools:
    """Any thread, any number of processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[SpoolStatus]:
        """In the order in which they came."""
        with self._database.read() as transaction:
            now = transaction.now()
            return [_status(row, now) for row in transaction.execute(_ALL)]

    def enter(self, folder: Path) -> str:
        """Be among the spools; the name. To be called before anything is written into a new one."""
        name = name_of_spool(folder)
        if self.orders(name) is None:
            with self._database.write() as transaction:
                transaction.lock(REGISTRY)
                newest = newest_erasure(transaction)
                # looked at after that: what is written from now on came after all of these
                is_empty = not segments.segments_in(folder) and not segments.damaged(folder)
                obeyed = first_obeyed(is_empty, newest)
                transaction.execute(_ENTER, {**_place(name, folder), "now": transaction.now(), "obeyed": obeyed})
        return name

    def leave(self, name: str, folder: Path, is_ending: bool) -> None:
        """Where nothing is left in it, and no drainer lives but the caller, if that `is_ending`."""
        with self._database.write() as transaction:
            transaction.lock(REGISTRY)
            hold_spool(transaction, name)
            if not segments.segments_in(folder) and not segments.damaged(folder):
                before = math.inf if is_ending else transaction.now() - SILENT_SECONDS
                transaction.execute(_LEAVE, {"name": name, "before": before})

    def clear(self) -> None:
        """Know of none: one that comes again with files owes every erasure."""
        with self._database.write() as transaction:
            transaction.lock(REGISTRY)
            transaction.execute(_CLEAR)

    def see(self, name: str, folder: Path, held: Held) -> None:
        """That its drainer lives, and what is still in it."""
        found = {"waiting": held.predictions, "seconds": held.seconds, "damaged": len(segments.damaged(folder))}
        with self._database.write() as transaction:
            transaction.execute(_SEE, {**_place(name, folder), **found, "now": transaction.now()})

    def orders(self, name: str) -> SpoolOrders | None:
        """None where there is no such spool."""
        with self._database.read() as transaction:
            rows = transaction.execute(_ORDERS, {"name": name})
        return SpoolOrders(*rows[0]) if rows else None

    def acknowledge(self, name: str, asked: int) -> None:
        """That all is moved that was in it when this was read."""
        with self._database.write() as transaction:
            transaction.execute(_ANSWER, {"name": name, "drained": asked})

    def have_drained(self, own: str, seconds: float = ANSWER_SECONDS) -> list[SpoolStatus]:
        """Have every other spool drain, as far as their drainers live; those that had not after that time."""
        others = [one.name for one in self.all() if one.name != own and not one.is_silent]
        asked = self._ask(others) if others else {}
        deadline = time.monotonic() + seconds
        while (behind := still_behind(asked, self.all()) if asked else []) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        return behind

    def have_erased(self, seconds: float, silent_too: bool) -> list[SpoolStatus]:
        """Wait until every spool, or every one that lives, has erased what it was ordered to; those that have not."""
        deadline = time.monotonic() + seconds
        while True:
            owing = [one for one in self.all() if one.owes]
            if all(one.is_silent and not silent_too for one in owing) or time.monotonic() >= deadline:
                return owing
            time.sleep(LOOK_SECONDS)

    def forget(self, name: str) -> SpoolStatus:
        """Give up one that is gone for good: erasures no longer wait for it.

        Should it come back, it carries them out before it moves anything. Raises SpoolNotForgotten
        where there is none of that name, or its drainer lives.
        """
        found = {one.name: one for one in self.all()}
        if name not in found:
            raise SpoolNotForgotten(
                f"no spool is called '{name}'{nearest(name, found)}; 'argosy spools list' names them"
            )
        if not found[name].is_silent:
            raise SpoolNotForgotten(
                f"the spool '{name}' is alive on {found[name].host}: stop its server, which empties it"
            )
        with self._database.write() as transaction:
            transaction.execute(_FORGET, {"name": name, "now": transaction.now()})
        return found[name]

    def _ask(self, names: Collection[str]) -> dict[str, int]:
        with self._database.write() as transaction:
            return dict(transaction.execute(_ASK, {"names": list(names)}))


def hold_spool(transaction: Transaction, name: str) -> None:
    """No other transaction moves or overwrites what is in that spool until this one ends."""
    transaction.lock(f"spool {name}")


def hold_all_spools(transaction: Transaction) -> None:
    """No other transaction moves or overwrites what is in any spool, or adds a spool, until this one ends."""
    transaction.lock(REGISTRY)
    for (name,) in transaction.execute(_NAMES):
        hold_spool(transaction, name)


def newest_erasure(transaction: Transaction) -> int:
    """The number of the last erasure, 0 where there was none."""
    return int(transaction.execute(_NEWEST)[0][0])


def may_move(transaction: Transaction, name: str) -> bool:
    """Whether the spool, which is held, has carried out every erasure."""
    rows = transaction.execute(_ORDERS, {"name": name})
    return bool(rows) and SpoolOrders(*rows[0]).erasures == 0


def _place(name: str, folder: Path) -> dict[str, str]:
    return {"name": name, "host": platform.node(), "folder": str(folder), "version": __version__}


def _status(row: Row, now: float) -> SpoolStatus:
    *place, entered_at, seen_at, waiting, waiting_seconds, damaged, drained, erasures, forgotten_at = row
    name, host, folder, version = place
    silent, is_forgotten = max(0.0, now - (seen_at or entered_at)), forgotten_at is not None
    known = (name, host, folder, version, entered_at, seen_at, silent, waiting, waiting_seconds, damaged, drained)
    return SpoolStatus(*known, erasures, is_forgotten)
