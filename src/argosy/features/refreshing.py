"""Tables are refreshed from where the settings say, as a whole: by a duty of the workers, or by a command.

What was found at the last look is kept in the cache, next to the tables: files that are as they were are not read
again. A refresh that fails leaves the version that is there, and says why in the list of tables.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import msgspec

from argosy.backends import Backends
from argosy.caching.cache import Cache, Key
from argosy.definitions.feature_tables import TableSettings
from argosy.error_messages import message_of
from argosy.errors import ArgosyError, FeaturesInvalid, nearest
from argosy.features.table_sources import content_mark, opened_table
from argosy.features.tables import FeatureTable, Tables
from argosy.jobs.duties import Duty, DutyTurn
from argosy.telemetry import logger

REFRESHES: Final[Key] = ("tables", "refreshes")
LOOK_SECONDS: Final = 1.0
_log = logger("argosy.features")


class TableRefresh(msgspec.Struct, frozen=True):
    """The last look at a table's source."""

    looked_at: float
    mark: str = ""
    """What its files were like; empty for a query."""
    problem: str = ""
    version: str = ""
    """Of the table that was put."""


class TableRefreshes:
    """For any thread. Where two refresh a table at once, it is put twice, or one of them raises FeaturesInvalid."""

    def __init__(self, backends: Backends) -> None:
        self._backends = backends

    @property
    def sources(self) -> Mapping[str, TableSettings]:
        return self._backends.settings.tables

    def known(self) -> dict[str, TableRefresh]:
        """Of each table, the last look at its source."""
        return _known(self._backends.cache)[1]

    def due(self, now: float) -> list[str]:
        """The tables whose time has come."""
        known = self.known()
        return [
            name
            for name, source in self.sources.items()
            if name not in known or not 0 <= now - known[name].looked_at < source.every_seconds
        ]

    def refresh(self, name: str, *, is_forced: bool = True) -> FeatureTable | None:
        """Put the table as its source has it now; None where its files are as they were, unless forced.

        Raises what is wrong with the source, and then leaves the table as it was; FeaturesInvalid where the settings
        name no such table.
        """
        if name not in self.sources:
            raise FeaturesInvalid(f"the settings name no table '{name}'{nearest(name, self.sources)}: see `tables`")
        source, backends = self.sources[name], self._backends
        tables, before = Tables(backends.cache), self.known().get(name)
        try:
            mark = content_mark(source, backends.root)
            there = tables.found().get(name)
            if before and there and there.version == before.version and mark == before.mark and mark and not is_forced:
                self._note(name, TableRefresh(time.time(), mark, "", before.version))
                return None
            with opened_table(source, backends.root, backends.settings.databases) as (columns, rows):
                shown = f"query of {source.database}" if source.query else source.files.partition("?")[0]
                table = tables.put(name, source.key, columns, rows, shown, source.live_seconds)
        except (ArgosyError, OSError) as error:
            kept = before or TableRefresh(0.0)
            self._note(name, TableRefresh(time.time(), kept.mark, message_of(error), kept.version))
            raise
        self._note(name, TableRefresh(table.put_at, mark, "", table.version))
        return table

    def look(self) -> None:
        """Refresh what is due; one that cannot be is logged, once for each problem."""
        for name in self.due(time.time()):
            before = self.known().get(name)
            try:
                table = self.refresh(name, is_forced=False)
            except (ArgosyError, OSError) as error:
                if before is None or before.problem != message_of(error):
                    every = self.sources[name].every
                    _log.warning("the table '%s': %s; trying again in %s", name, message_of(error), every)
            else:
                if table is not None:
                    _log.info("the table '%s': %d rows", name, table.rows)

    def _note(self, name: str, refresh: TableRefresh) -> None:
        cache = self._backends.cache
        while True:
            stored, known = _known(cache)
            value = msgspec.json.encode({**known, name: refresh})
            if cache.write({REFRESHES: value}, expected={REFRESHES: stored}):
                return


def table_duties(backends: Backends) -> list[Duty]:
    """For a list of its own: it reads databases and stores of others, which may take their time."""
    refreshes = TableRefreshes(backends)

    def look(_: DutyTurn) -> None:
        refreshes.look()  # of two workers at once, one swaps the table

    return [Duty("tables of features", LOOK_SECONDS, look)] if refreshes.sources else []


def _known(cache: Cache) -> tuple[bytes | None, dict[str, TableRefresh]]:
    """As they are stored, and decoded."""
    [stored] = cache.read([REFRESHES])
    return stored, {} if stored is None else msgspec.json.decode(stored, type=dict[str, TableRefresh])
