"""Calls over gRPC that arrive shortly after each other go to the data plane together.

gRPC hands over one call after the other, with several turns of the event loop between them, so that each would be
scored, sealed and logged alone. Only turns are waited for, no time passes in which the server could have done
something: a call that no other follows goes on after QUIET_TURNS of them, some tens of microseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Final

QUIET_TURNS: Final = 8
"""Under load every fourth or fifth turn brings a call."""
MOST_SECONDS: Final = 0.002
"""For the first of them; turns are long where HTTP is busy too."""


class CallGathering:
    """Belongs to the event loop's thread."""

    def __init__(self, now: Callable[[], float] = perf_counter) -> None:
        self._now = now
        self._held: list[asyncio.Future[None]] = []
        self._quiet_turns, self._since = 0, 0.0

    async def gather(self) -> None:
        """Return at the same turn as the calls that follow soon."""
        loop = asyncio.get_running_loop()
        going_on: asyncio.Future[None] = loop.create_future()
        if not self._held:
            self._since = self._now()
            loop.call_soon(self._turn)
        self._held.append(going_on)
        self._quiet_turns = 0
        await going_on

    def _turn(self) -> None:
        self._quiet_turns += 1
        if self._quiet_turns < QUIET_TURNS and self._now() - self._since < MOST_SECONDS:
            asyncio.get_running_loop().call_soon(self._turn)
            return
        held, self._held = self._held, []
        for one in held:
            if not one.done():  # its caller went away
                one.set_result(None)
