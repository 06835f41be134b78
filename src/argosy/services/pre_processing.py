"""The first part of a service: rows completed with features, in one read for all, and by the project's function."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from argosy import clock
from argosy.caching.cache import Cache
from argosy.definitions.service import Service
from argosy.error_messages import message_of
from argosy.errors import ArgosyError, CacheUnavailable
from argosy.features.look_ups import FoundFeature, LookUps
from argosy.services.calls import ServiceRow
from argosy.services.filling import Filling, Place
from argosy.services.functions import FunctionCaller, called_for
from argosy.services.made_rows import Row
from argosy.services.underway import Underway
from argosy.telemetry import logger

WARN_SECONDS = 60.0
_log = logger("argosy.services")


class PreProcessor:
    """`caller` calls the service's `prepare`, where it has one."""

    def __init__(self, service: Service, cache: Cache | None, caller: FunctionCaller | None) -> None:
        self._service, self._caller, self._filling = service, caller, Filling(service)
        self._look_ups = None if cache is None else LookUps(cache)
        self._warned_at = float("-inf")

    async def prepared(self, calls: Sequence[Underway]) -> Sequence[Underway]:
        """Those that go on to the models; the others have been ended."""
        if self._service.features:
            found = await self._looked_up(calls)
            calls = [one for one in calls if self._is_filled(one, found)]
        if self._caller is not None:
            calls = await called_for(self._caller, calls, lambda row: row.values, _prepared)
        return calls

    async def _looked_up(self, calls: Sequence[Underway]) -> Mapping[Place, FoundFeature | None] | None:
        """What there is of all that they need; None where the cache does not answer in time."""
        wanted = {place: one for call in calls for place, one in self._filling.wanted(call.rows, call.chosen).items()}
        if not wanted or self._look_ups is None:
            return {}
        reading = self._look_ups.find(list(wanted.values()), clock.now())
        try:
            found = await (reading if self._look_ups.is_immediate else asyncio.wait_for(reading, self._service.timeout))
        except (CacheUnavailable, TimeoutError) as error:
            self._warn(error)
            return None
        return dict(zip(wanted, found, strict=True))

    def _warn(self, error: Exception) -> None:
        """Once a minute."""
        if (now := asyncio.get_running_loop().time()) > self._warned_at + WARN_SECONDS:
            self._warned_at = now
            late = f"no answer within {self._service.timeout:g} s"
            why = message_of(error) if isinstance(error, ArgosyError) else late
            _log.warning("%s answers without features: %s", self._service.name, why)

    def _is_filled(self, one: Underway, found: Mapping[Place, FoundFeature | None] | None) -> bool:
        try:
            self._filling.fill(one.rows, one.chosen, found)
        except ArgosyError as error:
            one.end(error)
            return False
        return True


def _prepared(row: ServiceRow, made: Row) -> None:
    row.inputs = made
    row.values = {**row.values, **made}
